"""Whether all servers of a zone say the same, its parent leads to them, and its signatures hold."""

import asyncio
import subprocess
import time

import pytest

from reconciler.model.answers import Question, Status
from reconciler.model.desired import ResolverSettings
from reconciler.model.rrsets import RRset
from reconciler.resolution.authorities import Authorities
from tests.programs import program
from tests.resolution.speaker import Says, refers, speaking

MX, NEW = Question("example.org", "MX"), Question("new.example.org", "A")
RECORDS = [
    RRset("example.org", "MX", 3600, ("10 mail.example.org.",)),
    RRset("mail.example.org", "A", 60, ("192.0.2.1",)),
]
DAY = 86400


def soa(serial):
    """What a second server says of the zone."""
    return {
        Question("example.org", "SOA"): Says(
            (f"example.org SOA ns1.example.org. hostmaster.example.org. {serial} 3600 600 86400 300",)
        ),
        Question("example.org", "NS"): Says(("example.org NS ns1.example.org.",)),
        MX: Says(("example.org MX 10 mail.example.org.",)),
        "example.org": Says(rcode="NXDOMAIN"),
    }


def configured(*servers, zone="example.org", timeout=3.0, **more):
    """Authorities for one zone's servers."""
    return Authorities(ResolverSettings(authoritative={zone: servers, **more}, timeout=timeout))


def authorities(world, now=None):
    """Authorities that find servers by delegation."""
    settings = ResolverSettings(servers=(world.resolver.address,))
    return Authorities(settings, port=world.named.port, clock=lambda: now or time.time())


def facts(mine, *servers):
    """What is found out about example.org."""
    return asyncio.run(mine.zone_facts("example.org", servers))


def test_servers_that_say_the_same_agree(named):
    """Every server is asked every question, and its serial."""
    named.add_zone("example.org", RECORDS)
    with speaking(says=soa(1)) as second:
        second.says[MX] = Says(("example.org MX 10 mail.example.org.",))
        mine = configured(named.address, second.address)
        told = asyncio.run(mine.everywhere("example.org", [NEW]))
        assert told.servers == (named.address, second.address)
        assert told.serials == {named.address: 1, second.address: 1}
        assert not told.differing
        assert told.said(NEW).status is Status.NXDOMAIN


def test_one_server_that_is_behind_is_a_disagreement(named):
    """A record that one server has and another has not yet is not published everywhere."""
    named.add_zone("example.org", [*RECORDS, RRset("new.example.org", "A", 60, ("192.0.2.2",))])
    with speaking(says=soa(0)) as second:
        told = asyncio.run(configured(named.address, second.address).everywhere("example.org", [NEW, NEW]))
        differing = {server: answer.status for server, answer in told.differing[NEW].items()}
        assert differing == {named.address: Status.FOUND, second.address: Status.NXDOMAIN}
        assert told.said(NEW) is None
        assert told.serials == {named.address: 1, second.address: 0}


def test_a_server_that_says_nothing_does_not_agree(named):
    """Silence is not consent."""
    named.add_zone("example.org", RECORDS)
    with speaking(says={"example.org": lambda wire, tcp: None}) as second:
        told = asyncio.run(configured(named.address, second.address, timeout=0.3).everywhere("example.org", [NEW]))
        assert told.said(NEW) is None
        assert told.answers[second.address][NEW].detail == f"{second.address} did not answer within 0.1 s"


def test_servers_that_all_say_nothing_do_not_agree():
    """That nobody answers is not an answer."""
    with speaking() as one, speaking() as other:
        told = asyncio.run(configured(one.address, other.address).everywhere("example.org", [NEW]))
        assert told.said(NEW) is None
        assert NEW in told.differing


def test_the_machine_resolvers_are_not_asked_for_a_configured_zone(named, monkeypatch):
    """Servers that are configured may be those of a private zone, of which nobody else is to hear."""
    named.add_zone("example.org", RECORDS)
    asked = []
    monkeypatch.setattr("reconciler.resolution.zones.system_resolvers", lambda: asked.append("asked") or ())
    assert facts(configured(named.address)).facts == {}
    assert not asked


def test_a_sound_zone_has_no_troubles(world):
    """Serial and negative TTL are told, and nothing is found against it."""
    world.named.add_zone("example.org", RECORDS, negative_ttl=900, ttl=600)
    found = facts(authorities(world), "ns1.example.org", "ns2.example.org")
    assert (found.facts, found.detail) == ({}, "")
    assert (found.serial, found.minimum, found.negative_ttl) == (1, 900, 600)
    assert found.servers == (f"ns1.example.org:{world.named.port}",)


def test_servers_with_different_serials_differ(named):
    """Both serials are named."""
    named.add_zone("example.org", RECORDS)
    with speaking(says=soa(7)) as second:
        found = facts(configured(named.address, second.address))
        sentence = f"{named.address} has the serial 1, {second.address} has the serial 7"
        assert (found.facts, found.serial) == ({"servers-differ": sentence}, 7)


def test_a_server_that_does_not_have_the_zone_differs(named):
    """A lame server is named."""
    named.add_zone("example.org", RECORDS)
    with speaking() as lame:
        found = facts(configured(named.address, lame.address))
        assert found.facts == {"servers-differ": f"{lame.address} says REFUSED"}


def test_a_server_that_is_silent_does_not_differ(named):
    """What it says is not known; the others are compared all the same."""
    named.add_zone("example.org", RECORDS)
    silence = {"example.org": lambda wire, tcp: None}
    with speaking(says=silence) as silent, speaking(says=soa(7)) as second:
        found = facts(configured(named.address, silent.address, timeout=0.3))
        sentence = f"{silent.address} did not answer within 0.1 s"
        assert (found.facts, found.serial) == ({"servers-silent": sentence}, 1)
        found = facts(configured(named.address, silent.address, second.address, timeout=0.3))
        serials = f"{named.address} has the serial 1, {second.address} has the serial 7"
        assert found.facts == {"servers-silent": sentence, "servers-differ": serials}


def test_servers_that_name_different_servers_differ(named):
    """The same serial is not enough: the NS records are compared."""
    named.add_zone("example.org", RECORDS, ttl=300)
    with speaking(says=soa(1)) as second:
        second.says[Question("example.org", "NS")] = Says(("example.org NS ns9.example.org.",))
        found = facts(configured(named.address, second.address))
        assert found.facts == {"servers-differ": "the servers of example.org have different NS records"}


def test_a_zone_delegated_elsewhere_is_told(world):
    """The parent leads to other servers than the provider's: what is changed there, nobody sees."""
    world.named.add_zone("example.org", RECORDS)
    for server in ("ns1.other.example", "192.0.2.77"):
        found = facts(authorities(world), server)
        assert found.facts == {"not-delegated": f"org delegates example.org to ns1.example.org, not to {server}"}
    assert not facts(authorities(world), "127.0.0.1").facts
    assert not facts(authorities(world)).facts


def test_a_zone_that_nobody_delegates_is_told(world):
    """The parent knows of no such zone."""
    del world.top.says["example.org"]
    found = facts(authorities(world), "ns1.example.org")
    assert found.facts == {"not-delegated": "org delegates example.org to nobody"}
    assert found.servers == ()


def test_a_server_of_both_zones_is_found_by_its_answers(world):
    """Where the parent's server has the zone too it refers to nobody, and its NS records tell."""
    world.named.add_zone("example.org", RECORDS)
    for question, says in soa(3).items():
        world.top.says[question] = says
    world.resolver.says["ns1.example.org", "A"] = Says(("ns1.example.org A 127.0.0.1",), authoritative=False)
    world.resolver.says["ns1.example.org", "AAAA"] = Says(authoritative=False)
    found = facts(authorities(world), "ns1.example.org")
    assert (found.servers, found.facts) == ((f"ns1.example.org:{world.named.port}",), {})


def test_a_configured_zone_is_held_to_its_own_ns_records(world):
    """A hidden primary is no trouble as long as the parent leads to servers that the zone names; else it is told."""
    settings = ResolverSettings(
        servers=(world.resolver.address,), authoritative={"example.org": (world.named.address,)}, timeout=3.0
    )
    for name, expected in (
        ("ns1.example.org.", {}),
        ("ns.example.net.", {"not-delegated": "org delegates example.org to ns1.example.org, not to ns.example.net"}),
    ):
        world.named.add_zone("example.org", RECORDS, name_servers=(name,))
        mine = Authorities(settings, port=world.named.port)
        assert facts(mine, "192.0.2.77").facts == expected


class Signed:
    """A zone signed by BIND's own tools, and the DS record for its parent."""

    def __init__(self, folder, records):
        self.folder, self.records = folder, records
        self._run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "example.org")
        self._run("dnssec-keygen", "-q", "-a", "ECDSAP256SHA256", "example.org")
        key = next(each for each in folder.glob("K*.key") if " 257 " in each.read_text())
        self.ds = self._run("dnssec-dsfromkey", "-2", key.name).split("DS ")[1].strip()

    def _run(self, tool, *words):
        argv = [program(tool, "bind9-utils"), *words]
        return subprocess.run(argv, cwd=self.folder, check=True, capture_output=True, text=True, timeout=60).stdout

    def text(self, begin="now-3600", end="now+86400"):
        """The zone file, with signatures between two times."""
        plain = self.folder / "plain"
        plain.write_text(self.records)
        self._run(
            "dnssec-signzone", "-S", "-P", "-s", begin, "-e", end, "-o", "example.org", "-f", "signed", plain.name
        )
        return (self.folder / "signed").read_text()


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A signed zone."""
    text = "example.org. 60 IN SOA ns1.example.org. hostmaster.example.org. 1 3600 600 86400 300\n"
    text += "example.org. 60 IN NS ns1.example.org.\nns1.example.org. 60 IN A 127.0.0.1\n"
    return Signed(tmp_path_factory.mktemp("signed"), text)


def has_ds(world, ds):
    """Let the parent have a DS record."""
    world.top.says["example.org", "DS"] = Says((f"example.org DS {ds}",))


def test_a_signed_zone_that_its_parent_vouches_for_is_sound(world, signed):
    """DS, key and signatures fit together."""
    world.named.add_zone_text("example.org", signed.text(), update=False)
    has_ds(world, signed.ds)
    assert facts(authorities(world)).facts == {}


def test_a_ds_record_without_a_key_is_broken(world):
    """A zone that moved to a host that does not sign, while the parent says that it is signed."""
    world.named.add_zone("example.org", RECORDS)
    has_ds(world, "12345 13 2 " + "ab" * 32)
    expected = "the parent has a DS record for example.org, but example.org has no DNSKEY"
    assert facts(authorities(world)).facts == {"dnssec-broken": expected}


def test_a_ds_record_of_another_key_is_broken(world, signed):
    """The keys were changed and the parent was not told."""
    world.named.add_zone_text("example.org", signed.text(), update=False)
    tag, algorithm, _ = signed.ds.split(" ", 2)
    has_ds(world, f"{tag} {algorithm} 2 " + "ab" * 32)
    expected = "no DNSKEY of example.org is the one that the DS record at its parent is of"
    assert facts(authorities(world)).facts == {"dnssec-broken": expected}


def test_signatures_that_have_expired_are_broken(world, signed):
    """The sentence names the record and the moment."""
    world.named.add_zone_text("example.org", signed.text(), update=False)
    has_ds(world, signed.ds)
    (sentence,) = facts(authorities(world, time.time() + 10 * DAY)).facts.values()
    assert sentence.startswith("the signature of example.org DNSKEY expired at 20")
    (sentence,) = facts(authorities(world, time.time() - 10 * DAY)).facts.values()
    assert sentence.startswith("the signature of example.org DNSKEY begins at 20")


def test_a_signature_of_other_data_is_broken(world, signed):
    """The SOA was changed and not signed anew."""
    pytest.importorskip("cryptography", reason="signatures are verified where the package cryptography is installed")
    text = signed.text()
    changed = text.replace("hostmaster", "somebody", 1)
    assert changed != text
    world.named.add_zone_text("example.org", changed, update=False)
    has_ds(world, signed.ds)
    assert facts(authorities(world)).facts == {"dnssec-broken": "the signature of example.org SOA is wrong"}


def test_a_digest_that_nobody_knows_counts_as_unsigned(world):
    """A validating resolver that does not know the algorithm takes the zone as unsigned (RFC 4035 §5.2)."""
    world.named.add_zone("example.org", RECORDS)
    has_ds(world, "12345 13 99 " + "ab" * 32)
    assert facts(authorities(world)).facts == {}


def test_a_configured_parent_is_asked_for_the_ds_record(named, signed):
    """Where the servers of the parent are configured too, nothing has to be found."""
    named.add_zone("example.org", RECORDS)
    with speaking(says={Question("example.org", "DS"): Says((f"example.org DS {signed.ds}",))}) as parent:
        parent.says["example.org"] = refers("example.org", "ns1.example.org")
        mine = configured(named.address, org=(parent.address,))
        assert set(facts(mine).facts) == {"dnssec-broken"}
