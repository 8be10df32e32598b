"""Records over zones, for writing: a batch of record writes becomes one change of each zone it is in.

The values of other classes in an rrset stay as they are, and nothing is written over what was not read just before
(compare-and-swap).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.dns.records import classes, gate_of, read_zone
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Record, split_record_key
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.reader import ProviderError, ZoneReader
from reconciler.providers.writer import Failed, Outcome, Write, ZoneWriter

_DEFAULT_TTL = 3600  # seconds


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

    def __init__(self, zone_reader: ZoneReader, zone_writer: ZoneWriter, gate: asyncio.Semaphore | None = None) -> None:
        """Write through a zone writer, after a look through a zone reader.

        Args:
            zone_reader: The provider's.
            zone_writer: The provider's.
            gate: Lets as many calls through at once as the provider takes; the reader's of the same run.
        """
        self._reader = zone_reader
        self._writer = zone_writer
        self._gate = gate or gate_of(zone_reader)

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
        told = (self._in_turn(zone, batch, indexes) for zone, indexes in zones.items())
        for each in await asyncio.gather(*told, return_exceptions=True):  # what is under way is not left alone
            if isinstance(each, BaseException):
                raise each
            for index, outcome in each.items():
                outcomes[index] = outcome
        return outcomes

    async def _in_turn(self, zone: str, batch: Sequence[Write], indexes: Sequence[int]) -> dict[int, Outcome]:
        async with self._gate:
            return await self._write_zone(zone, batch, indexes)

    async def _write_zone(self, zone: str, batch: Sequence[Write], indexes: Sequence[int]) -> dict[int, Outcome]:
        try:
            content = await read_zone(self._reader, zone, [split_record_key(batch[index].key)[:2] for index in indexes])
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
    return _Draft(rrset, {cls: tuple(values) for cls, values in classes(rrset).items()}, rrset.ttl)


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
