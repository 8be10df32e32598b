"""Zones are read and written as many at once as their provider takes, and never more."""

import asyncio
from dataclasses import replace

import pytest

from reconciler.dns.records import RecordReader
from reconciler.dns.writing import RecordWriter
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Record
from reconciler.model.rrsets import ZoneContent
from reconciler.providers.writer import Done, Write
from tests.dns.house import Zones

WIDTH, NAMES = 3, tuple(f"unit-{number}.example" for number in range(7))


class Busy(Zones):
    """A provider with seven zones, whose calls end when three of them are under way, or no more can come."""

    capabilities = replace(Zones.capabilities, concurrency=WIDTH)

    def __init__(self):
        super().__init__()
        self.inside, self.most, self.full = 0, 0, asyncio.Event()

    async def zones(self):
        return list(NAMES)

    async def read(self, zone):
        async with asyncio.timeout(5), self:
            await self.full.wait()
            return ZoneContent(zone, {})

    async def change(self, zone, changes):
        async with self:
            return Done()

    async def __aenter__(self):
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == WIDTH:
            self.full.set()

    async def __aexit__(self, *_):
        self.inside -= 1


def _writes():
    keys = {f"www.{zone}": zone for zone in NAMES}
    made = [Record(name, "A", "", zone, 300, ("192.0.2.1",)) for name, zone in keys.items()]
    return [Write(Action.CREATE, Kind.RECORD, each.key, None, each) for each in made]


async def _most(way):
    busy, writes = Busy(), _writes()
    reader = RecordReader(busy)
    steps = {
        "read": reader.read,
        "look up": lambda: reader.look_up(Kind.RECORD, [each.key for each in writes]),
        "write": lambda: RecordWriter(busy, busy, reader.gate).write(writes),
    }
    await asyncio.gather(*(steps[each]() for each in way))
    return busy.most


@pytest.mark.parametrize("way", [("read",), ("look up",), ("write",), ("look up", "write")])
def test_as_many_zones_at_once_as_the_provider_takes(way):
    """Three calls are in flight and never a fourth, also where reader and writer of one run work together."""
    assert asyncio.run(_most(way)) == WIDTH
