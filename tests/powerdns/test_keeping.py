"""What PowerDNS keeps beside records: comments and disabled records, types of its own, zones of others."""

import asyncio

import pytest

from reconciler.model.rrsets import RRset
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.powerdns.house import change, provider_of, read
from tests.servers.pdns import entry

ZONE = "keeping.example"
_TEXT = RRset(ZONE, "TXT", 3600, ('"v=spf1 -all"',))
_NOTE = {"content": "ask Anna first", "account": "ops", "modified_at": 1_700_000_000}
_OFF = {"content": '"off"', "disabled": True}


@pytest.fixture
def server(pdns):
    """The server with a zone whose TXT rrset has a comment and a disabled record."""
    pdns.add_zone(ZONE)
    told = entry(_TEXT, comments=[_NOTE])
    told["records"].append(_OFF)
    pdns.patch(ZONE, told)
    return pdns


def test_a_comment_and_a_disabled_record_outlive_a_change(server):
    """A changed value leaves what somebody noted beside it, and what is switched off stays so."""
    new = RRset(ZONE, "TXT", 300, ('"v=spf1 mx -all"',))
    with provider_of(server) as provider:
        assert read(provider, ZONE).rrsets[_TEXT.id] == _TEXT
        assert change(provider, ZONE, (_TEXT, new)) == Done()
        assert read(provider, ZONE).rrsets[_TEXT.id] == new
    told = server.rrset(ZONE, ZONE, "TXT")
    assert told["comments"] == [_NOTE]
    assert _OFF in told["records"]
    assert told["ttl"] == 300


def test_what_others_wrote_in_odd_ways_stays_to_the_letter(server):
    """A text that somebody cut in odd places, beside which ours is put, is written back as it was."""
    odd = r'"site-verification=" "cut" " in odd places; \"quoted\" \\ and \195\188"'
    told = entry(_TEXT)
    told["records"] = [{"content": odd, "disabled": False}]
    server.patch(ZONE, told)
    with provider_of(server) as provider:
        before = read(provider, ZONE).rrsets[_TEXT.id]
        both = RRset(ZONE, "TXT", 3600, tuple(sorted((*before.values, *_TEXT.values))))
        assert change(provider, ZONE, (before, both)) == Done()
        assert change(provider, ZONE, (both, before)) == Done()
    contents = [each["content"] for each in server.rrset(ZONE, ZONE, "TXT")["records"] if not each["disabled"]]
    assert contents == [odd]


def test_a_disabled_record_outlives_the_deletion_of_the_others(server):
    """When our records go, a disabled one stays, with its comment and its TTL."""
    with provider_of(server) as provider:
        assert change(provider, ZONE, (_TEXT, None)) == Done()
        assert _TEXT.id not in read(provider, ZONE).rrsets
        assert change(provider, ZONE, (None, _TEXT)) == Done(), "a disabled record is nothing in the way"
    told = server.rrset(ZONE, ZONE, "TXT")
    assert told["comments"] == [_NOTE]
    assert _OFF in told["records"]
    assert len(told["records"]) == 2


def test_a_record_that_is_switched_off_is_not_there(server):
    """What is disabled is neither read nor in the way; where it is declared it is switched on."""
    off = RRset(f"off.{ZONE}", "A", 300, ("192.0.2.1",))
    told = entry(off)
    told["records"][0]["disabled"] = True
    server.patch(ZONE, told)
    with provider_of(server) as provider:
        assert off.id not in read(provider, ZONE).rrsets
        assert change(provider, ZONE, (None, off)) == Done()
        assert read(provider, ZONE).rrsets[off.id] == off
    assert server.rrset(ZONE, off.name, "A")["records"] == [{"content": "192.0.2.1", "disabled": False}]


def test_records_of_powerdns_own_types_are_read_and_stay(server):
    """ALIAS and LUA are no types of the DNS, and are no trouble."""
    alias = RRset(ZONE, "ALIAS", 300, ("host.example.net.",))
    lua = RRset(f"lua.{ZONE}", "LUA", 300, ("A \"ifportup(443, {'192.0.2.1'})\"",))
    server.patch(ZONE, entry(alias), entry(lua))
    before = server.zone_text(ZONE)
    with provider_of(server) as provider:
        rrsets = read(provider, ZONE).rrsets
        assert rrsets[alias.id] == alias
        assert rrsets[lua.id] == lua
        other = RRset(ZONE, "ALIAS", 300, ("other.example.net.",))
        assert change(provider, ZONE, (alias, other)) == Done()
        assert change(provider, ZONE, (other, alias)) == Done()
    assert _without_soa(server.zone_text(ZONE)) == _without_soa(before)


def test_a_zone_in_whose_name_is_a_slash_is_found(pdns):
    """Classless reverse zones (RFC 2317) have one; the API wants it written in its own way."""
    zone = "0/25.2.0.192.in-addr.arpa"
    body = {"name": f"{zone}.", "kind": "Native", "nameservers": []}
    pdns.call("POST", "/zones", body)
    pointer = RRset(f"1.{zone}", "PTR", 300, ("mail.example.org.",))
    with provider_of(pdns) as provider:
        assert change(provider, zone, (None, pointer)) == Done()
        assert read(provider, zone).rrsets[pointer.id] == pointer
    pdns.call("DELETE", "/zones/0=2F25.2.0.192.in-addr.arpa.")


def test_a_secondary_zone_is_neither_listed_nor_changed(pdns):
    """What comes from another server would be overwritten by it."""
    zone = "secondary.example"
    pdns.remove_zone(zone)
    pdns.call("POST", "/zones", {"name": f"{zone}.", "kind": "Slave", "masters": ["127.0.0.1"], "nameservers": []})
    new = RRset(f"www.{zone}", "A", 300, ("192.0.2.1",))
    with provider_of(pdns) as provider:
        with pytest.raises(ProviderError, match="come from another server"):
            read(provider, zone)
        outcome = change(provider, zone, (None, new))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert pdns.rrset(zone, new.name, "A") == {}


def test_zones_can_be_limited(pdns):
    """With `zones`, the others of the server are not seen and not touched."""
    pdns.add_zone(ZONE)
    pdns.add_zone("other.example")
    with provider_of(pdns, zones=(ZONE,)) as provider:
        assert _zones(provider) == [ZONE]
        with pytest.raises(ProviderError, match=r"other\.example is not among the `zones`"):
            read(provider, "other.example")
    with provider_of(pdns) as provider:
        assert {ZONE, "other.example"} <= set(_zones(provider))


def _zones(provider):
    return list(asyncio.run(provider.zone_reader().zones()))


def _without_soa(text):
    return [line for line in text.splitlines() if "\tSOA\t" not in line]
