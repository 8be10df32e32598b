"""What is read of a zone that nobody can write to but people, and when it counts as entered."""

import asyncio

import pytest
from pydantic import ValidationError

from reconciler.dns.records import RecordReader
from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.dnsonly import DnsOnlyProvider, DnsOnlySettings
from reconciler.providers.reader import ProviderError
from reconciler.providers.registry import provider_names
from reconciler.providers.writer import Failed
from tests.resolution.speaker import Says, speaking

ZONE = "example.org"
MX = RRset(ZONE, "MX", 3600, ("10 mail.example.org.",))
DMARC = RRset(f"_dmarc.{ZONE}", "TXT", 300, ('"v=DMARC1; p=none"',))


def provider(*servers, **settings):
    """A provider of example.org."""
    return DnsOnlyProvider("panel", DnsOnlySettings(zones=(ZONE,), servers=servers, **settings), None)


def read(mine, *keys):
    """Read some names of example.org."""
    return asyncio.run(mine.zone_reader().read_names(ZONE, keys))


def soa(serial):
    """A zone's SOA on a second server."""
    record = f"{ZONE} SOA ns1.example.org. hostmaster.example.org. {serial} 3600 600 86400 300"
    return {(ZONE, "SOA"): Says((record,)), ZONE: Says(rcode="NXDOMAIN")}


def test_what_is_asked_for_is_read(bind_server):
    """Names that were asked for are there or are not; what was not asked for is not said to be absent."""
    bind_server.add_zone(ZONE, [MX, DMARC, RRset(f"www.{ZONE}", "CNAME", 60, ("mail.example.org.",))])
    content = read(
        provider(bind_server.address), MX.id, DMARC.id, (f"s1._domainkey.{ZONE}", "TXT"), (f"www.{ZONE}", "A")
    )
    assert (content.rrsets[MX.id], content.rrsets[DMARC.id]) == (MX, DMARC)
    assert (f"www.{ZONE}", "CNAME") in content.rrsets, "what is in the way is seen"
    assert (f"s1._domainkey.{ZONE}", "TXT") not in content.rrsets
    assert (content.whole, content.serial) == (False, 1)


def test_records_are_looked_up_one_by_one(bind_server):
    """Above the provider, its records are found by their keys as those of any other."""
    bind_server.add_zone(ZONE, [MX, DMARC])
    reader = RecordReader(provider(bind_server.address).zone_reader())
    found = asyncio.run(reader.look_up(Kind.RECORD, [f"{ZONE} MX", f"_dmarc.{ZONE} TXT dmarc", f"new.{ZONE} A"]))
    assert {key: live.resource.values for key, live in found.items()} == {
        f"{ZONE} MX": MX.values,
        f"_dmarc.{ZONE} TXT dmarc": DMARC.values,
    }


def test_what_a_wildcard_answers_does_not_stand_at_the_name(bind_server):
    """A name that only a wildcard answers for is free; one that has the very same data itself is not."""
    wild = [RRset(f"*.{ZONE}", "TXT", 300, ('"any"',)), RRset(f"*.{ZONE}", "MX", 300, ("5 any.example.net.",))]
    same = RRset(f"own.{ZONE}", "TXT", 300, ('"any"',))
    bind_server.add_zone(ZONE, [*wild, same, RRset(f"deep.under.{ZONE}", "A", 60, ("192.0.2.1",))])
    keys = [(f"{name}.{ZONE}", "TXT") for name in ("_dmarc", "own", "under", "*")]
    content = read(provider(bind_server.address), *keys)
    assert [key for key in keys if key in content.rrsets] == [(f"own.{ZONE}", "TXT"), (f"*.{ZONE}", "TXT")]


def test_a_record_stands_once_every_server_has_it(bind_server):
    """While one server is behind, what it still says counts; once it has caught up, the new record does."""
    bind_server.add_zone(ZONE, [MX, DMARC])
    with speaking(says=soa(0)) as behind:
        mine = provider(bind_server.address, behind.address)
        assert DMARC.id not in read(mine, DMARC.id).rrsets
        behind.says.update(soa(1))
        behind.says[DMARC.id] = Says((f"{DMARC.name} TXT {DMARC.values[0]}",))
        assert read(mine, DMARC.id).rrsets[DMARC.id] == DMARC


def test_a_name_with_a_wildcard_of_its_own_stands(bind_server):
    """The same data at a name, below it and beside it: the name is there all the same."""
    texts = [RRset(f"{name}.{ZONE}", "TXT", 300, ('"any"',)) for name in ("*", "own", "*.own")]
    bind_server.add_zone(ZONE, texts)
    assert texts[1].id in read(provider(bind_server.address), texts[1].id).rrsets


def test_what_is_in_the_way_of_a_cname_is_read(bind_server):
    """Where a CNAME is to stand, other types at its name are looked for."""
    address = RRset(f"www.{ZONE}", "A", 60, ("192.0.2.1",))
    bind_server.add_zone(ZONE, [address])
    assert address.id in read(provider(bind_server.address), (f"www.{ZONE}", "CNAME")).rrsets


def test_a_ttl_stands_once_every_server_has_it(bind_server):
    """A TTL that was raised at one server is not raised while the other has the older serial."""
    bind_server.add_zone(ZONE, [MX])
    with speaking(says=soa(0)) as behind:
        behind.says[MX.id] = Says((f"{ZONE} MX {MX.values[0]}",))
        assert read(provider(bind_server.address, behind.address), MX.id).rrsets[MX.id].ttl == 300


def test_a_ttl_that_a_cache_counts_down_is_no_change(bind_server):
    """Of servers that have the same data the highest TTL counts: a cache before a server makes it less, never more."""
    bind_server.add_zone(ZONE, [MX])
    with speaking(says=soa(1)) as cached:
        cached.says[MX.id] = Says((f"{ZONE} MX {MX.values[0]}",))
        for servers in ((bind_server.address, cached.address), (cached.address, bind_server.address)):
            assert read(provider(*servers), MX.id).rrsets[MX.id] == MX


def test_servers_that_differ_for_good_are_told(bind_server):
    """Different answers under one serial are no matter of time: the record and both servers are named."""
    bind_server.add_zone(ZONE, [MX])
    with speaking(says=soa(1)) as other:
        other.says[MX.id] = Says((f"{ZONE} MX 10 other.example.org.",))
        with pytest.raises(ProviderError) as caught:
            read(provider(bind_server.address, other.address), MX.id)
    words = (
        f"{ZONE} MX",
        f"{bind_server.address}: 10 mail.example.org.",
        f"{other.address}: 10 other.example.org.",
    )
    assert all(each in str(caught.value) for each in words)


def test_a_server_that_does_not_answer_is_told(bind_server):
    """A record is not verified by those servers alone that happen to answer."""
    bind_server.add_zone(ZONE, [MX])
    with speaking(says={ZONE: lambda wire, tcp: None}) as silent, pytest.raises(ProviderError) as caught:
        read(provider(bind_server.address, silent.address, timeout=0.3), MX.id)
    assert silent.address in str(caught.value)
    assert caught.value.transient


def test_a_zone_that_its_servers_do_not_have_is_told(bind_server):
    """A server that knows no such zone is named with what it says."""
    bind_server.add_zone("example.net", [])
    mine = DnsOnlyProvider("panel", DnsOnlySettings(zones=("nowhere.net",), servers=(bind_server.address,)), None)
    with pytest.raises(ProviderError, match=r"the zone nowhere\.net can not be read: .* says REFUSED"):
        asyncio.run(mine.zone_reader().read("nowhere.net"))


def test_nothing_is_ever_written(bind_server):
    """There is no way to write: whoever tries is told that a person does it."""
    bind_server.add_zone(ZONE, [MX])
    before = bind_server.zone_text(ZONE)
    outcome = asyncio.run(provider(bind_server.address).zone_writer().change(ZONE, [RRsetChange(MX, None)]))
    assert outcome == Failed(f"panel has no access to the zone {ZONE}: a person enters its records", code="by-hand")
    assert bind_server.zone_text(ZONE) == before


def test_it_is_a_provider_that_proposes():
    """Planning is told that its steps are for a person, and whom to ask whether they were done."""
    able = provider("192.0.2.53").capabilities
    assert (able.proposes, able.public, able.servers) == (True, True, ("192.0.2.53",))
    assert "dnsonly" in provider_names()


@pytest.mark.parametrize(
    "block",
    [{}, {"zones": []}, {"zones": [ZONE], "servers": ["192.0.2.53:dns"]}, {"zones": [ZONE], "timeout": 0}],
)
def test_settings_that_can_not_work_are_refused(block):
    """No zone, no server and no time are told when the configuration is read."""
    with pytest.raises(ValidationError):
        DnsOnlySettings.model_validate(block)
