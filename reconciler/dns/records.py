"""Records over zones: the reader and the writer of kind `record`, whatever the DNS provider.

A zone provider knows whole rrsets. Here they are taken apart into value classes for reading, and put together again for
writing, so that a change of one class leaves the values of every other as they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.dns.classes import value_class
from reconciler.dns.derive import zone_of
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Record, split_record_key
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import ProviderError, ZoneReader
from reconciler.providers.writer import Failed, Outcome, Write, ZoneWriter

#: Types that the zone's host makes itself; they are never resources.
_HOSTS_OWN = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM"})
_DEFAULT_TTL = 3600  # seconds


def records_of(content: ZoneContent) -> Iterator[Record]:
    """Yield the resources in a zone: each value class of each rrset, without what belongs to the zone's host."""
    zone = content.zone
    for (name, rtype), rrset in content.rrsets.items():
        if rtype in _HOSTS_OWN or (rtype == "NS" and name == zone):
            continue
        if rtype != "TXT":
            yield Record(name, rtype, "", zone, rrset.ttl, rrset.values)
            continue
        for cls, values in _classes(rrset).items():
            yield Record(name, rtype, cls, zone, rrset.ttl, tuple(values))


def _classes(rrset: RRset) -> dict[str, list[str]]:
    classes: dict[str, list[str]] = {}
    for value in rrset.values:
        classes.setdefault(value_class(rrset.name, rrset.type, value), []).append(value)
    return classes


class RecordReader:
    """The records of a DNS provider. Every method may raise ProviderError."""

    def __init__(self, zone_reader: ZoneReader) -> None:
        """Read through a zone reader."""
        self._zones = zone_reader
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
        lives: list[Live] = []
        for zone in zones:
            lives.extend(map(Live, records_of(await self._zones.read(zone))))
        return lives

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        """The named records as they are now; one that is not there is missing from the answer."""
        if kind is not Kind.RECORD or not keys:
            return {}
        wanted: dict[str, set[str]] = {}
        for key in keys:
            zone = await self._zone(split_record_key(key)[0])
            if zone is not None:
                wanted.setdefault(zone, set()).add(key)
        found: dict[str, Live] = {}
        for zone, names in wanted.items():
            content = await self._zones.read(zone)
            ids = {split_record_key(key)[:2] for key in names}
            part = {each: content.rrsets[each] for each in ids if each in content.rrsets}
            for record in records_of(ZoneContent(zone, part)):
                if record.key in names:
                    found[record.key] = Live(record)
        return found

    async def _zone(self, name: str) -> str | None:
        """The zone a name stands in; the provider is asked for its zones once."""
        if not self._hosted:
            self._hosted = frozenset(await self._zones.zones())
        return zone_of(name, self._hosted)


@dataclass(slots=True)
class _Draft:
    """An rrset while the writes of a batch are put into it.

    Attributes:
        before: As it was read.
        values: By class.
        writes: Indexes of the writes in it.
        touched: Classes that were written.
        ttl: Seconds.
    """

    before: RRset | None
    values: dict[str, tuple[str, ...]]
    ttl: int
    writes: list[int] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def change(self, key: RRsetKey) -> RRsetChange:
        values = tuple(sorted(value for each in self.values.values() for value in each))
        return RRsetChange(self.before, RRset(*key, self.ttl, values) if values else None)


class RecordWriter:
    """Turns a batch of record writes into one change of each zone they are in."""

    def __init__(self, zone_reader: ZoneReader, zone_writer: ZoneWriter) -> None:
        """Write through a zone writer, after a look through a zone reader."""
        self._reader = zone_reader
        self._writer = zone_writer

    async def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """Carry out writes, one outcome each; a failed one does not stop the others."""
        outcomes: list[Outcome] = [Failed("the record's zone is not known", code="zone")] * len(batch)
        zones: dict[str, list[int]] = {}
        for index, write in enumerate(batch):
            zone = _zone_written(write)
            if write.kind is not Kind.RECORD:
                outcomes[index] = Failed(f"a DNS provider has no {write.kind}", code="kind")
            elif zone is not None:
                zones.setdefault(zone, []).append(index)
        for zone, indexes in zones.items():
            for index, outcome in (await self._write_zone(zone, batch, indexes)).items():
                outcomes[index] = outcome
        return outcomes

    async def _write_zone(self, zone: str, batch: Sequence[Write], indexes: Sequence[int]) -> dict[int, Outcome]:
        try:
            content = await self._reader.read(zone)
        except ProviderError as error:
            return dict.fromkeys(indexes, Failed(str(error), code="read", retryable=error.transient))
        outcomes: dict[int, Outcome] = {}
        drafts: dict[RRsetKey, _Draft] = {}
        for index in indexes:
            failure = _put(drafts, content, batch[index], index)
            if failure is not None:
                outcomes[index] = failure
        changes = [(draft.change(key), draft) for key, draft in drafts.items() if draft.writes]
        for part, outcome in await self._change(zone, changes):
            outcomes.update(dict.fromkeys((index for _, draft in part for index in draft.writes), outcome))
        return outcomes

    async def _change(
        self, zone: str, changes: Sequence[tuple[RRsetChange, _Draft]]
    ) -> list[tuple[Sequence[tuple[RRsetChange, _Draft]], Outcome]]:
        """Make all changes in one call; where that is surely refused, halve them until the culprits are alone."""
        if not changes:
            return []
        outcome = await self._writer.change(zone, [change for change, _ in changes])
        certain = isinstance(outcome, Failed) and outcome.certain and not outcome.retryable
        if not certain or len(changes) == 1:
            return [(changes, outcome)]
        middle = len(changes) // 2
        return [*await self._change(zone, changes[:middle]), *await self._change(zone, changes[middle:])]


def _zone_written(write: Write) -> str | None:
    record = write.after or (write.before.resource if write.before else None)
    return record.zone if isinstance(record, Record) else None


def _put(drafts: dict[RRsetKey, _Draft], content: ZoneContent, write: Write, index: int) -> Failed | None:
    """Put a write into its rrset's draft, or say why it can not be."""
    name, rtype, cls = split_record_key(write.key)
    draft = drafts.get((name, rtype)) or _draft(content.rrsets.get((name, rtype)))
    before = write.before.resource if write.before else None
    failure = _moved(write, draft, cls, before)
    if failure is not None:
        return failure
    drafts[name, rtype] = draft
    draft.writes.append(index)
    draft.touched.add(cls)
    if write.action is Action.DELETE:
        draft.values.pop(cls, None)
        return None
    after = write.after
    assert isinstance(after, Record), "a record is written as a record"
    strangers = draft.values.keys() - draft.touched
    if after.ttl is not None and not (before is None and strangers):
        draft.ttl = after.ttl
    draft.values[cls] = after.values
    return None


def _draft(rrset: RRset | None) -> _Draft:
    if rrset is None:
        return _Draft(None, {}, _DEFAULT_TTL)
    classes: Iterable[tuple[str, list[str]]] = (
        _classes(rrset).items() if rrset.type == "TXT" else [("", list(rrset.values))]
    )
    return _Draft(rrset, {cls: tuple(values) for cls, values in classes}, rrset.ttl)


def _moved(write: Write, draft: _Draft, cls: str, before: object) -> Failed | None:
    """Refuse to write over something other than what the write was made for."""
    there = draft.values.get(cls)
    if before is None:
        if there is not None:
            return Failed(f"{write.key} is there already", code="conflict")
        if write.action is not Action.CREATE:
            return Failed(f"{write.key} is to be changed, but what it was is not known", code="conflict")
        return None
    assert isinstance(before, Record), "a record is written over a record"
    live = draft.before
    wanted = {before.ttl, write.after.ttl if isinstance(write.after, Record) else before.ttl}
    if there is None:
        return Failed(f"{write.key} is not there any more", code="conflict")
    if sorted(there) != sorted(before.values) or (live is not None and live.ttl not in wanted):
        return Failed(f"{write.key} is not what was read before", code="conflict")
    return None
