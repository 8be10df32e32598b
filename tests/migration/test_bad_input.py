"""What is wrong with a zone on real BIND is told before anything is changed: the record, what is wrong, what to do."""

import pytest

from reconciler.model.answers import Question
from reconciler.resolution.authorities import Authorities
from tests.migration.world import CONSENTS, ZONE, Move
from tests.resolution.speaker import NO_SUCH_NAME, NOTHING, Says, refers, speaking
from tests.rfc2136.hosts import stranger
from tests.servers.keeper import free_port


@pytest.fixture
def house(pair, tmp_path):
    """A domain that was never applied; its zone has what others put there."""
    return Move(pair, tmp_path / "house")


def traces(move):
    """All that a run could have changed: the zone, the state, the mail hosts."""
    zone = move.pair.primary.zone_text(ZONE) if move.pair.primary.hosts(ZONE) else ""
    return zone, {name: data for name, data in move.house.files().items() if name != "mail.yaml"}


def refused(move, *words):
    """Plan and apply end with exit 1, say these words, and change nothing."""
    before = traces(move)
    for command in (("plan",), ("apply", "--yes", *CONSENTS)):
        told = " ".join(move.house.run(*command, exit=1).err.split())
        for each in words:
            assert each in told, f"{each!r} is not in: {told}"
        assert "help: " in told
    assert traces(move) == before


@pytest.fixture
def top(house, monkeypatch):
    """A server of .org; a recursive resolver leads to it, and knows nothing else."""
    says = {
        Question("org", "NS"): Says(("org NS a.nic.org.",), authoritative=False),
        Question("a.nic.org", "A"): Says(("a.nic.org A 127.0.0.2",), authoritative=False),
        Question("a.nic.org", "AAAA"): Says(authoritative=False),
    }
    with speaking("127.0.0.2") as server, speaking("127.0.0.3", says=says) as resolver:
        monkeypatch.setitem(Authorities.__init__.__kwdefaults__, "port", server.port)
        house.house.edit((f'  servers: ["{house.pair.primary.address}"]', f'  servers: ["{resolver.address}"]'))
        yield server


def test_a_zone_that_does_not_exist(house):
    """The server does not host it."""
    house.pair.drop(ZONE)
    refused(house, house.pair.primary.address, ZONE)


def test_a_zone_that_is_delegated_elsewhere(house, top):
    """What is written here, nobody would see."""
    top.says[ZONE] = refers(ZONE, "ns9.other.example")
    said = f"org delegates {ZONE} to ns9.other.example, not to ns1.{ZONE}, ns2.{ZONE}"
    refused(house, "[zone-not-delegated-to-provider]", said)


def test_a_zone_that_nobody_delegates(house, top):
    """The parent knows of no such zone."""
    top.says["org"] = NO_SUCH_NAME
    refused(house, "[zone-not-delegated-to-provider]", f"org delegates {ZONE} to nobody")


def test_answers_that_differ_on_two_servers(house):
    """One server is behind: its serial and its address are named."""
    house.pair.primary.nsupdate(f"update add new.{ZONE} 300 A 192.0.2.9")
    primary, secondary = house.pair.both
    refused(
        house, "[ns-answers-differ]", f"{primary.address} has the serial 2", f"{secondary.address} has the serial 1"
    )
    house.pair.sync(ZONE)
    house.house.run("plan", exit=2)


def test_a_server_that_can_not_be_reached_stops_nothing(house):
    """What it says is not known, which is told; a plan is made from what is known."""
    nobody = f"127.0.0.1:{free_port()}"
    secondary = house.pair.secondary.address
    house.house.edit((f'servers: ["{secondary}"]', f'servers: ["{secondary}", "{nobody}"]'))
    told = " ".join(house.house.run("plan", exit=2).out.split())
    assert f"warning[ns-unreachable]: {nobody} can not be reached" in told
    assert "ready, with care" in told


def test_a_zone_whose_signatures_are_broken(house, top):
    """The parent says that it is signed, and it is not; once that is mended there is a plan."""
    top.says[ZONE] = refers(ZONE, f"ns1.{ZONE}", f"ns2.{ZONE}")
    top.says[ZONE, "DS"] = Says((f"{ZONE} DS 12345 13 2 " + "ab" * 32,))
    refused(house, "[dnssec-broken]", f"the parent has a DS record for {ZONE}, but {ZONE} has no DNSKEY")
    top.says[ZONE, "DS"] = NOTHING
    house.house.run("plan", exit=2)


def test_a_wrong_key(house):
    """A key of the right name with another secret."""
    wrong = stranger(house.pair.primary.keys["hmac-sha256"]).secret
    house.house.env["TSIG_SECRET"] = wrong
    refused(house, house.pair.primary.address, house.pair.primary.key_name)
    assert wrong not in house.house.run("plan", exit=1).err


def test_a_key_that_is_none(house):
    """A secret that is not base64; it is not shown."""
    house.house.env["TSIG_SECRET"] = "not base64 at all!"
    refused(house, "providers.zones.key")
    assert "at all" not in house.house.run("plan", exit=1).err


@pytest.mark.parametrize("name", ["_dmarc", "mta-sts", "_imaps._tcp"])
def test_a_record_that_another_holds(house, name):
    """A CNAME of somebody else's stands where a record of ours has to be."""
    house.pair.primary.nsupdate(f"update add {name}.{ZONE} 300 CNAME somewhere.news.example.")
    house.pair.sync(ZONE)
    refused(house, "[cname-in-the-way]", f"{name}.{ZONE}", "CNAME")


def test_an_spf_record_that_would_exceed_ten_lookups(house):
    """Nine lookups of others and ours beside are told with the number, and the zone stays."""
    terms = " ".join(f"a:h{number}.news.example" for number in range(9))
    house.pair.primary.nsupdate(f'update add {ZONE} 7200 TXT "v=spf1 {terms} -all"')
    house.pair.sync(ZONE)
    refused(house, "[spf-lookups]", f"{ZONE}", "11", "10")
