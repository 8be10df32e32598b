"""What planning needs of every DNS provider: a pytest class to derive from beside `ZoneProviderConformance`.

class TestMyProvider(RecordConformance, ZoneProviderConformance):
    ...
"""

import asyncio
from collections.abc import Sequence

from reconciler.dns.records import RecordReader, records_of
from reconciler.dns.writing import RecordWriter
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone_data import SHAPES, ZONE
from reconciler.providers.conformance.zone_harness import ZoneHarness, read, same
from reconciler.providers.limits import refusal
from reconciler.providers.writer import Done, Outcome, Write


class RecordConformance(ZoneHarness):
    """Records over the zones of a provider: what is written once is not written again."""

    def test_a_second_plan_is_empty(self, provider: ZoneProvider) -> None:
        """Records of every shape that the provider holds are read as they were written, and those of others stay."""
        wanted = _records(self, provider)
        keys = sorted({(record.name, record.type) for record in wanted})
        before = read(provider, keys=keys)
        writes = [Write(Action.CREATE, Kind.RECORD, record.key, None, record) for record in wanted]
        for at in range(0, len(writes), provider.capabilities.batch):
            outcomes = asyncio.run(_write(provider, writes[at : at + provider.capabilities.batch]))
            assert outcomes == [Done()] * len(outcomes)
        found = asyncio.run(_look_up(provider, [record.key for record in wanted]))
        assert not {record.key for record in wanted} ^ found.keys()
        ttl = read(provider).ttl
        for record in wanted:
            live = found[record.key].resource
            assert isinstance(live, Record)
            assert live.values == record.values, record.key
            assert live.ttl == (record.ttl if ttl is None else ttl), record.key
        assert same(provider, before, *keys, keys=keys), "nothing of others has moved"
        deletes = [Write(Action.DELETE, Kind.RECORD, key, live) for key, live in found.items()]
        for at in range(0, len(deletes), provider.capabilities.batch):
            assert set(asyncio.run(_write(provider, deletes[at : at + provider.capabilities.batch]))) == {Done()}
        assert same(provider, before, keys=keys)

    def test_a_value_class_is_written_beside_others(self, provider: ZoneProvider) -> None:
        """SPF is exchanged in the TXT rrset it shares, once from what was read and not again from that."""
        before = read(provider)
        (live,) = asyncio.run(_look_up(provider, [f"{ZONE} TXT spf"])).values()
        old = live.resource
        assert isinstance(old, Record)
        new = Record(old.name, old.type, old.value_class, old.zone, old.ttl, ('"v=spf1 mx a:mail.example.org -all"',))
        write = Write(Action.UPDATE, Kind.RECORD, old.key, live, new, frozenset({"values"}))
        assert asyncio.run(_write(provider, [write])) == [Done()]
        values = read(provider).rrsets[ZONE, "TXT"].values
        assert set(values) == set(before.rrsets[ZONE, "TXT"].values) - set(old.values) | set(new.values)
        (outcome,) = asyncio.run(_write(provider, [write]))
        assert outcome != Done(), "what it was made for is not there any more"
        assert same(provider, before, (ZONE, "TXT"))


def _records(harness: ZoneHarness, provider: ZoneProvider) -> list[Record]:
    """The records of the shapes that the provider can hold, one of each owner and type."""
    seconds, limits = harness.ttl(provider), provider.capabilities.zones
    rrsets: dict[RRsetKey, RRset] = {}
    for relative, rtype, values in SHAPES.values():
        rrset = RRset(f"{relative}.{ZONE}", rtype, seconds, tuple(sorted(values)))
        if refusal(limits, rrset, ZONE) is None:
            rrsets.setdefault(rrset.id, rrset)
    return list(records_of(ZoneContent(ZONE, rrsets)))


async def _look_up(provider: ZoneProvider, keys: Sequence[str]) -> dict[str, Live]:
    return dict(await RecordReader(provider.zone_reader()).look_up(Kind.RECORD, keys))


async def _write(provider: ZoneProvider, writes: Sequence[Write]) -> list[Outcome]:
    return list(await RecordWriter(provider.zone_reader(), provider.zone_writer()).write(writes))
