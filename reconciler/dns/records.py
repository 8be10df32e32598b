"""Records over zones, for reading: a reader of kind `record`, whatever the DNS provider.

A zone provider knows whole rrsets. Here they are taken apart into value classes; `dns.writing` puts them together
again.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from reconciler.dns.classes import SHARED, value_class
from reconciler.dns.derive import zone_of
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.resources import Record, split_record_key
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import NamedZoneReader, ZoneReader

#: Types that the zone's host makes itself; they are never resources.
_HOSTS_OWN = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM"})


def records_of(content: ZoneContent) -> Iterator[Record]:
    """Yield the resources in a zone: each value class of each rrset, without what belongs to the zone's host."""
    zone = content.zone
    for (name, rtype), rrset in content.rrsets.items():
        if rtype in _HOSTS_OWN or (rtype == "NS" and name == zone):
            continue
        if rtype not in SHARED:
            yield Record(name, rtype, "", zone, rrset.ttl, rrset.values)
            continue
        for cls, values in classes(rrset).items():
            yield Record(name, rtype, cls, zone, rrset.ttl, tuple(values))


def classes(rrset: RRset) -> dict[str, list[str]]:
    """Return the values of an rrset by value class; all of them under the empty one where the type is not shared."""
    by_class: dict[str, list[str]] = {}
    for value in rrset.values:
        by_class.setdefault(value_class(rrset.name, rrset.type, value), []).append(value)
    return by_class


async def read_zone(reader: ZoneReader, zone: str, keys: Sequence[RRsetKey]) -> ZoneContent:
    """Read a zone, or as much of it as these rrsets need where it can not be listed; may raise ProviderError."""
    if isinstance(reader, NamedZoneReader):
        return await reader.read_names(zone, keys)
    return await reader.read(zone)


def gate_of(reader: ZoneReader) -> asyncio.Semaphore:
    """Return what lets through as many calls at once as a provider takes."""
    return asyncio.Semaphore(max(1, reader.capabilities.concurrency))


class RecordReader:
    """The records of a DNS provider, as many zones at once as it takes. Every method may raise ProviderError.

    Attributes:
        gate: Lets so many calls through; for whoever writes there as well.
    """

    def __init__(self, zone_reader: ZoneReader) -> None:
        """Read through a zone reader."""
        self._zones = zone_reader
        self.gate = gate_of(zone_reader)
        self._hosted: frozenset[str] = frozenset()

    @property
    def capabilities(self) -> Capabilities:
        """What the DNS provider can do."""
        return self._zones.capabilities

    async def read(self) -> Sequence[Live]:
        """The records of every zone."""
        return await self.read_zones(await self._zones.zones())

    async def read_zones(self, zones: Sequence[str]) -> Sequence[Live]:
        """The records of some zones."""
        contents = await asyncio.gather(*(self._read(zone, None) for zone in zones))
        return [Live(record) for content in contents for record in records_of(content)]

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        """The named records as they are now; one that is not there is missing from the answer."""
        if kind is not Kind.RECORD or not keys:
            return {}
        wanted: dict[str, set[str]] = {}
        for key in keys:
            zone = await self._zone(split_record_key(key)[0])
            if zone is not None:
                wanted.setdefault(zone, set()).add(key)
        ids = {zone: sorted({split_record_key(key)[:2] for key in names}) for zone, names in wanted.items()}
        found: dict[str, Live] = {}
        for content in await asyncio.gather(*(self._read(zone, each) for zone, each in ids.items())):
            zone = content.zone
            part = {each: content.rrsets[each] for each in ids[zone] if each in content.rrsets}
            for record in records_of(ZoneContent(zone, part)):
                if record.key in wanted[zone]:
                    found[record.key] = Live(record)
        return found

    async def _read(self, zone: str, keys: Sequence[RRsetKey] | None) -> ZoneContent:
        """Read a zone in its turn: as a whole, or what some rrsets need."""
        async with self.gate:
            return await (self._zones.read(zone) if keys is None else read_zone(self._zones, zone, keys))

    async def _zone(self, name: str) -> str | None:
        """The zone a name stands in; the provider is asked for its zones once."""
        if not self._hosted:
            self._hosted = frozenset(await self._zones.zones())
        return zone_of(name, self._hosted)
