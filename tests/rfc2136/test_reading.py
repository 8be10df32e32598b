"""Reading: by transfer where it is allowed, else by questions that take nothing for what it is not."""

import asyncio

import dns.message
import dns.rcode
import pytest
from pydantic import ValidationError

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.conformance.zone import FOREIGN_TEXT, change, put, read
from reconciler.providers.reader import ProviderError
from reconciler.providers.rfc2136 import Rfc2136Settings
from reconciler.providers.rfc2136.settings import split_address
from reconciler.providers.writer import Done
from tests.rfc2136.fake import answering
from tests.rfc2136.hosts import HEAD, ZONE, provider_of

WILD = f"""\
{HEAD}*.{ZONE}. 300 IN A 192.0.2.7
*.{ZONE}. 300 IN MX 10 mail.{ZONE}.
mail.{ZONE}. 300 IN A 192.0.2.25
same.{ZONE}. 300 IN A 192.0.2.7
*.alias.{ZONE}. 300 IN CNAME www.example.net.
child.{ZONE}. 300 IN NS ns.example.net.
"""


@pytest.fixture(params=["bind_server", "knot_server"])
def server(request):
    """Each server, with a zone that may not be transferred."""
    found = request.getfixturevalue(request.param)
    found.add_zone_text(ZONE, WILD, transfer=False)
    return found


def names(provider, *keys):
    """What is read of rrsets that are asked for."""
    return dict(asyncio.run(provider.zone_reader().read_names(ZONE, keys)).rrsets)


def test_what_a_wildcard_answers_is_not_there(server, tmp_path):
    """A name that only a wildcard answers for has no records; one with the same data of its own has."""
    provider = provider_of(server, tmp_path)
    found = names(
        provider,
        (f"free.{ZONE}", "A"),
        (f"free.{ZONE}", "MX"),
        (f"same.{ZONE}", "A"),
        (f"mail.{ZONE}", "A"),
        (f"x.alias.{ZONE}", "CNAME"),
        (f"*.{ZONE}", "A"),
    )
    at = {key for key in found if key[0] != ZONE}
    assert at == {(f"same.{ZONE}", "A"), (f"mail.{ZONE}", "A"), (f"*.{ZONE}", "A")}
    assert found[f"*.{ZONE}", "A"] == RRset(f"*.{ZONE}", "A", 300, ("192.0.2.7",))


def test_a_name_under_a_wildcard_is_made_changed_and_deleted(server, tmp_path):
    """The wildcard's data is nobody's conflict, and stays."""
    provider = provider_of(server, tmp_path)
    for values in (["192.0.2.7"], ["192.0.2.8"], []):
        assert put(provider, f"free.{ZONE}", "A", 300, values) == Done()
        there = names(provider, (f"free.{ZONE}", "A")).get((f"free.{ZONE}", "A"))
        assert (list(there.values) if there else []) == values
    assert f"*.{ZONE}. 300 IN A 192.0.2.7" in server.zone_text(ZONE)


def test_a_delegation_is_seen(server, tmp_path):
    """The name servers of a child zone are this zone's data, though it does not answer for them."""
    assert names(provider_of(server, tmp_path), (f"child.{ZONE}", "NS"))[f"child.{ZONE}", "NS"].values == (
        "ns.example.net.",
    )


def test_all_that_is_in_the_way_of_an_alias_is_seen(server, tmp_path):
    """Where a CNAME is asked for, the other types at the name are looked for as well."""
    found = names(provider_of(server, tmp_path), (f"mail.{ZONE}", "CNAME"))
    assert (f"mail.{ZONE}", "A") in found


def test_a_zone_that_can_not_be_listed_says_so(server, tmp_path):
    """The content is marked as a part, has the serial and what stands at the zone's own name."""
    content = asyncio.run(provider_of(server, tmp_path).zone_reader().read(ZONE))
    assert not content.whole
    assert content.serial == 1
    assert (ZONE, "NS") in content.rrsets


def test_a_transfer_that_is_demanded_is_not_replaced(server, tmp_path):
    """With `transfer: true` the refusal is an error that says what to allow."""
    with pytest.raises(ProviderError, match=f"transfer of {ZONE}|does not accept the key") as caught:
        read(provider_of(server, tmp_path, transfer=True))
    assert caught.value.help


def test_both_ways_read_the_same(server, tmp_path):
    """What questions find is what the transfer has."""
    server.add_zone_text(ZONE, HEAD + FOREIGN_TEXT)
    whole = read(provider_of(server, tmp_path))
    part = read(provider_of(server, tmp_path, transfer="false"), keys=list(whole.rrsets))
    assert (whole.whole, part.whole) == (True, False)
    assert part.rrsets == whole.rrsets
    assert part.serial == whole.serial


def test_a_zone_of_the_settings_that_the_server_does_not_host_is_told(server, tmp_path):
    """The message names server and zone, and nothing is changed."""
    provider = provider_of(server, tmp_path, zones=["absent.example"])
    with pytest.raises(ProviderError, match=r"absent\.example") as caught:
        read(provider, "absent.example")
    assert server.address in str(caught.value)
    outcome = change(
        provider, [RRsetChange(None, RRset("www.absent.example", "A", 300, ("192.0.2.1",)))], "absent.example"
    )
    assert "absent.example" in outcome.message
    assert outcome.certain


def test_a_transfer_that_breaks_off_is_no_zone(tmp_path):
    """A zone without its end is an error that passes, not a smaller zone."""

    def half(question):
        answer = dns.message.make_response(question)
        answer.answer.append(dns.rrset.from_text(f"{ZONE}.", 300, "IN", "SOA", "a. b. 1 2 3 4 5"))
        return [answer.to_wire()]

    with answering(half) as fake, pytest.raises(ProviderError, match="did not answer") as caught:
        read(provider_of(fake, tmp_path, timeout=0.2))
    assert caught.value.transient


def test_a_server_in_trouble_passes(tmp_path):
    """SERVFAIL is worth another try."""

    def failing(question):
        answer = dns.message.make_response(question)
        answer.set_rcode(dns.rcode.SERVFAIL)
        return [answer.to_wire()]

    with answering(failing) as fake, pytest.raises(ProviderError, match="SERVFAIL") as caught:
        read(provider_of(fake, tmp_path))
    assert caught.value.transient


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ns1.example.org", "ns1.example.org", 53),
        ("ns1.example.org:5353", "ns1.example.org", 5353),
        ("192.0.2.53:5353", "192.0.2.53", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
        ("[2001:db8::53]", "2001:db8::53", 53),
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
    ],
)
def test_addresses_are_read(text, host, port):
    """Host, host and port, and both forms of an IPv6 address."""
    assert split_address(text) == (host, port)


@pytest.mark.parametrize("text", ["ns1:0", "ns1:99999", "ns1:x", ":53", "[::1", "[::1]x", "ns1:"])
def test_what_is_no_address_is_refused(text):
    """A port out of range, an open bracket, or nothing before the colon."""
    with pytest.raises(ValidationError, match="is not host:port"):
        Rfc2136Settings.model_validate({"server": text, "zones": [ZONE]})


def test_settings_are_read_as_people_write_them():
    """Algorithms in any case and in the old long form, flags as YAML or as text."""
    key = {"name": "k", "secret": {"env": "K"}, "algorithm": "HMAC-MD5.SIG-ALG.REG.INT."}
    block = {"server": "ns1", "zones": [ZONE], "key": key, "transfer": False, "timeout": "2 s"}
    settings = Rfc2136Settings.model_validate(block)
    assert (settings.key.algorithm, settings.transfer, settings.timeout) == ("hmac-md5", "false", 2.0)
    for wrong in ({"transfer": "maybe"}, {"zones": []}, {"timeout": "0 s"}, {"key": key | {"algorithm": "md5"}}):
        with pytest.raises(ValidationError):
            Rfc2136Settings.model_validate(block | wrong)


def test_the_servers_to_verify_are_told(tmp_path, bind_server):
    """The server itself, and the others of the settings."""
    provider = provider_of(bind_server, tmp_path, servers=["192.0.2.53", "[2001:db8::53]:5353", bind_server.address])
    assert provider.capabilities.servers == (bind_server.address, "192.0.2.53:53", "[2001:db8::53]:5353")
    assert provider.capabilities.public
