"""Keys: every algorithm signs, and what is wrong with a key or a clock is told without its secret."""

import asyncio
import time

import dns.message
import dns.opcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.conformance.zone import change, put, read
from reconciler.providers.reader import ProviderError
from reconciler.providers.rfc2136 import Rfc2136Provider, Rfc2136Settings
from reconciler.providers.rfc2136.settings import ALGORITHMS as ALL
from reconciler.providers.writer import Done, Failed
from tests.rfc2136.fake import KEY, answering, signing
from tests.rfc2136.hosts import HEAD, ZONE, provider_of, stranger
from tests.servers.nameserver import ALGORITHM, ALGORITHMS, Key

NEW = RRset(f"new.{ZONE}", "A", 300, ("192.0.2.1",))


@pytest.fixture(params=["bind_server", "knot_server"])
def server(request):
    """Each server with an empty zone."""
    found = request.getfixturevalue(request.param)
    found.add_zone_text(ZONE, HEAD)
    return found


def test_every_algorithm_of_the_server_signs(server, tmp_path):
    """A zone is read and changed with a key of each algorithm that BIND and Knot have."""
    for number, algorithm in enumerate(ALGORITHMS):
        provider = provider_of(server, tmp_path, server.keys[algorithm])
        assert put(provider, f"h{number}.{ZONE}", "A", 300, ["192.0.2.1"]) == Done()
        assert (f"h{number}.{ZONE}", "A") in read(provider).rrsets


@pytest.mark.parametrize("algorithm", sorted(set(ALL) - set(ALGORITHMS)))
def test_cut_signatures_are_made_and_verified(algorithm, tmp_path):
    """The algorithms that neither server has are spoken with one of dnspython."""
    key = Key("cut", ALL[algorithm], KEY.secret)
    with answering(_agree, key) as fake:
        provider = provider_of(fake, tmp_path, key._replace(algorithm=algorithm))
        assert change(provider, [RRsetChange(None, NEW)]) == Done()


def _agree(question):
    """Answer that nothing is there but the SOA, and that every update is made."""
    answer = dns.message.make_response(question)
    if question.opcode() == dns.opcode.QUERY and question.question[0].rdtype == dns.rdatatype.SOA:
        answer.answer.append(dns.rrset.from_text(f"{ZONE}.", 300, "IN", "SOA", "a. b. 1 2 3 4 5"))
    return [answer.to_wire()]


def _failures(provider):
    """What a read and a change say, in one text each."""
    with pytest.raises(ProviderError) as caught:
        read(provider)
    outcome = change(provider, [RRsetChange(None, NEW)])
    assert isinstance(outcome, Failed)
    assert outcome.certain
    assert not outcome.retryable
    assert not caught.value.transient
    return f"{caught.value}; {caught.value.help}", outcome.message


def test_a_wrong_secret_is_told_as_one(server, tmp_path):
    """The message says that it is the secret, names the key and shows neither secret."""
    key = stranger(server.keys[ALGORITHM])
    for said in _failures(provider_of(server, tmp_path, key)):
        assert f"does not accept the key {key.name}: the signature is wrong" in said
        assert key.secret not in said
        assert "exactly as the server's key statement has them" in said
    assert "new." not in server.zone_text(ZONE)


def test_an_unknown_key_is_told_as_one(server, tmp_path):
    """A name that the server does not know, or knows with another algorithm, is not its key."""
    known = server.keys[ALGORITHM]
    for key in (known._replace(name="nobody"), known._replace(algorithm="hmac-sha512")):
        for said in _failures(provider_of(server, tmp_path, key)):
            assert f"does not accept the key {key.name}: it has no key of that name and algorithm" in said


def test_without_a_key_nothing_is_changed(server, tmp_path):
    """What everybody may ask is read; the refusal of a change says that there was no key, and what to set."""
    provider = Rfc2136Provider("dns", Rfc2136Settings(server=server.address, zones=[ZONE]), tmp_path)
    assert not read(provider).whole
    outcome = change(provider, [RRsetChange(None, NEW)])
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert "without a key" in outcome.message
    assert f"allow this host to update and to transfer {ZONE}" in outcome.message


def test_a_key_without_rights_is_told_what_to_allow(server, tmp_path):
    """A zone that may be read and not changed is read, and the refusal names key and zone."""
    server.add_zone_text(ZONE, HEAD, update=False)
    provider = provider_of(server, tmp_path)
    assert (ZONE, "SOA") in read(provider).rrsets
    outcome = change(provider, [RRsetChange(None, NEW)])
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert server.key_name in outcome.message
    assert "let" in outcome.message or f"allow the key {server.key_name} to update" in outcome.message


@pytest.mark.parametrize(("by", "words"), [(1000, "is behind"), (-1000, "is ahead")])
def test_clocks_that_differ_are_told_by_how_much(server, tmp_path, monkeypatch, by, words):
    """Half an hour off and the signature does not hold: the message says by how many seconds, and which way."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + by)
    for said in _failures(provider_of(server, tmp_path)):
        assert words in said
        assert " 1000 s" in said or " 999 s" in said or " 1001 s" in said
        assert "NTP" in said


def test_a_yes_without_a_signature_is_not_believed(tmp_path):
    """An answer that anybody may have sent leaves the effect unknown."""

    def unsigned(question):
        made = question.id.to_bytes(2, "big") + b"\xa8\0" + b"\0" * 8
        return [made] if question.opcode() == dns.opcode.UPDATE else _agree(question)

    with answering(unsigned) as fake:
        outcome = change(provider_of(fake, tmp_path), [RRsetChange(None, NEW)])
    assert isinstance(outcome, Failed)
    assert not outcome.certain
    assert "is not signed with the key" in outcome.message


def _transfer(question, *, last_signed=True, tamper=False):
    """A transfer in three messages, of which the second has no signature."""
    soa = dns.rrset.from_text(f"{ZONE}.", 300, "IN", "SOA", "a. b. 1 2 3 4 5")
    parts = [[soa], [dns.rrset.from_text(f"www.{ZONE}.", 300, "IN", "A", "192.0.2.1")], [soa]]
    wires, context = [], None
    for number, rrsets in enumerate(parts):
        part = dns.message.make_response(question)
        part.answer.extend(rrsets)
        if number == 1 or (number == 2 and not last_signed):
            part.tsig = None
            part.keyring = None
            wire = part.to_wire()
            context.update(wire)
            wires.append(wire.replace(b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02") if tamper else wire)
        else:
            wires.append(part.to_wire(multi=True, tsig_ctx=context))
            context = part.tsig_ctx
    return wires


def test_a_transfer_is_verified_to_its_last_message(tmp_path):
    """Messages between two signatures count with the next one; a changed octet or a missing end is not believed."""
    for options, fine in (({}, True), ({"tamper": True}, False), ({"last_signed": False}, False)):
        with answering(lambda question, options=options: _transfer(question, **options)) as fake:
            provider = provider_of(fake, tmp_path)
            if fine:
                assert read(provider).rrsets[f"www.{ZONE}", "A"].values == ("192.0.2.1",)
                continue
            with pytest.raises(ProviderError, match="is not signed with the key"):
                read(provider)


@pytest.mark.parametrize(
    ("secret", "words"), [("not base64!", "is not base64"), (None, "can not be had"), ("", "is empty")]
)
def test_a_secret_that_can_not_be_used_is_told_without_it(tmp_path, secret, words):
    """The setting is named, and what stands there is not repeated."""
    if secret is not None:
        (tmp_path / "key").write_text(secret)
    block = {"server": "127.0.0.1", "zones": [ZONE], "key": {"name": "k", "secret": {"file": "key"}}}
    provider = Rfc2136Provider("dns", Rfc2136Settings.model_validate(block), tmp_path)
    with pytest.raises(ProviderError, match=words) as caught:
        asyncio.run(provider.zone_reader().read(ZONE))
    assert "providers.dns.key.secret" in str(caught.value.help)
    assert "not base64!" not in str(caught.value)
    assert signing(KEY).name.to_text() == "key."
