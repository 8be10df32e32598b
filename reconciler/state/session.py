"""A run's hold on state: entries are added in memory, and one commit makes all added so far durable."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.state import codec, journal, problems
from reconciler.state.backend import Standing, StateWriter
from reconciler.state.codec import Data
from reconciler.state.kept import Keeper
from reconciler.state.lease import Lease, Timing
from reconciler.state.reading import Read
from reconciler.state.snapshot import Snapshot, identity
from reconciler.state.values import Ended, Intent, Loaded, LockInfo, RunHeader

if TYPE_CHECKING:
    from reconciler.state.sealing import Sealer

#: Bytes up to which a state is folded at the end of every run; above, once the journal is half of the snapshot.
SMALL = 1_000_000


class StateSession:
    """State under lock. It is used by one event loop; only a commit's write runs beside it, in a thread.

    Attributes:
        loaded: What was found when the lock was taken.
        took_over: The dead owner's lock, where this run took one over.
        fsyncs: Commits made so far, each of which made the journal durable once.
        written: Bytes written so far, to journal and snapshot.
    """

    def __init__(
        self, backend: StateWriter, lease: Lease, read: Read,
        *, took_over: LockInfo | None, timing: Timing, keeper: Keeper, sealer: "Sealer | None" = None,
    ) -> None:  # fmt: skip
        """Go on from what was read.

        Args:
            backend: Where state is kept.
            lease: The lock.
            read: The state so far; this session adds to its fold.
            took_over: The dead owner's lock, if any.
            timing: Where time comes from.
            keeper: Where entries go that the backend can not take any more.
            sealer: Seals what is written, where the state is encrypted.
        """
        self.loaded: Loaded = read.loaded(lease.info)
        self.took_over = took_over
        self.fsyncs = 0
        self.written = 0
        self._backend = backend
        self._lease = lease
        self._read = read
        self._fold = read.fold
        self._identity = read.identity
        self._at = read.whole if read.fresh else 0
        self._leftover = 0 if read.fresh else read.whole
        self._size = read.size
        self._timing = timing
        self._keeper = keeper
        self._sealer = sealer
        self._now = timing.clock()
        self._start_of_run = timing.steady()
        self._plan = ""
        self._header: RunHeader | None = None
        self._entries: list[Data] = []
        self._promises = 0  # how many of the entries are begins
        self._added = 0
        self._durable = 0
        self._flushing: asyncio.Task[None] | None = None  # held, as the loop itself holds tasks weakly
        self._flushed: asyncio.Future[None] | None = None
        self._broken: Problem | None = None
        self._closed = False
        self._writing = threading.Lock()
        if took_over is not None:
            self._start()  # a take-over is part of the history, whatever the run does

    @property
    def applied(self) -> AppliedState:
        """The state with every entry added so far, durable or not."""
        return self._fold.applied()

    @property
    def broken(self) -> Problem | None:
        """Why nothing can be recorded any more; None while all is well."""
        return self._broken

    @property
    def kept(self) -> Path | None:
        """The local file that outcomes went to once nothing could be recorded any more, if any did."""
        return self._keeper.path

    @property
    def in_flight(self) -> tuple[Intent, ...]:
        """Writes that began and have not ended."""
        return tuple(self._fold.in_flight.values())

    def get(self, kind: Kind, key: str) -> Applied | None:
        """One resource as this run has left it so far."""
        return self._fold.resources.get((kind, key))

    def remembered(self, kind: Kind, key: str) -> Remembered:
        """What is remembered of one resource."""
        held = self._fold.resources.get((kind, key))
        return NOTHING_REMEMBERED if held is None else held.remember

    def carry_out(self, plan: str) -> None:
        """Note the digest of the plan that is carried out; it becomes durable with the next commit."""
        if self._header is None:
            self._plan = plan
        else:
            self._entries.append({"plan": plan})
            self._added += 1

    def begin(self, intents: Iterable[Intent]) -> None:
        """Add intents. The provider is called only after a commit.

        Raises:
            Problem: If nothing can be promised any more, as an earlier commit failed.
        """
        if self._broken is not None:
            raise self._broken
        self._start()
        for intent in intents:
            self._fold.begin(intent)
            self._entries.append(codec.intent_data(intent))
            self._promises += 1
        self._added += 1

    def end(self, ended: Iterable[Ended]) -> None:
        """Add ends. What depends on one starts only after a commit."""
        self._start()
        for each in ended:
            # what was promised has said already what it replaces
            begun = (each.provider, each.kind, each.key) in self._fold.in_flight
            held = None if begun else self._fold.resources.get((each.kind, each.key))
            self._fold.end(each)
            entry = codec.ended_data(each)
            if held is not None:
                entry["before"] = held.resource.fields()
            self._entries.append(entry)
        self._added += 1

    def acknowledge(self, operation: str, note: str) -> None:
        """Add that a person says an operator operation is done."""
        self._start()
        self._fold.acknowledge(operation, note)
        self._entries.append({"ack": operation, "note": note})
        self._added += 1

    async def commit(self) -> None:
        """Return when everything added before the call is durable; concurrent callers share one write.

        Raises:
            Problem: If the lock was lost or the write failed; from then on every commit raises it.
        """
        wanted = self._added
        while self._durable < wanted:
            if self._flushed is None:
                loop = asyncio.get_running_loop()
                self._flushed = loop.create_future()
                self._flushing = loop.create_task(self._flush(self._flushed))
            await self._flushed

    def commit_now(self) -> None:
        """Commit without an event loop."""
        self._durable = self._write()

    def fold_up(self) -> None:
        """Fold the journal into a new snapshot now, whatever its size, as where another key is to seal it.

        Raises:
            Problem: If it can not be written.
        """
        self.commit_now()
        self._replace(anew=True)

    def close(self) -> None:
        """Commit what is left, fold the journal into the snapshot where that is worth it, and release the lock.

        A session that is closed already stays so.

        Raises:
            Problem: If something could not be written. What was committed before stands.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._broken is not None:
                with contextlib.suppress(Problem):  # it was told when it happened
                    self.commit_now()
            else:
                self.commit_now()
                grown = self._size + self._at < SMALL or self._at * 2 >= self._size
                worth = grown or self._backend.keeps_rows
                if self._header is not None and self._at and worth and not self._fold.in_flight:
                    self._replace()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Release the lock without writing anything more."""
        with self._writing:
            self._entries.clear()
        self._lease.release()
        with self._writing:
            self._backend.close()

    def _start(self) -> None:
        """Open the run: its header is the first entry it writes."""
        if self._header is not None:
            return
        info = self._lease.info
        lineage, serial, onto = self._next()
        self._header = RunHeader(
            run=uuid.uuid4().hex[:12],
            lineage=lineage,
            serial=serial,
            fence=info.fence,
            operation=info.operation,
            who=f"{info.owner}@{info.host}",
            ci=info.ci,
            at=self._now,
            plan=self._plan,
            took_over=self.took_over,
            onto=onto,
        )
        self._fold.run(self._header)
        self._entries.append(codec.header_data(self._header))
        self._added += 1

    def _next(self) -> tuple[str, int, tuple[str, int] | None]:
        """Lineage and serial of this run, and what it replaces where that is not the run before it."""
        return self._fold.lineage or uuid.uuid4().hex, self._fold.serial + 1, None

    def _fence(self, standing: Standing) -> None:
        """Be asked in the moment of each write: is the lock still ours, is the state the one this run started from?"""
        self._lease.check(standing)
        if standing.identity != self._identity:
            raise problems.changed_underneath(self._backend.where)

    async def _flush(self, flushed: asyncio.Future[None]) -> None:
        """Write what was added, and tell all who wait for it how that went."""
        try:
            await asyncio.sleep(0)  # whoever is ready to add entries now joins this write
            added = await asyncio.to_thread(self._write)
        except BaseException as error:
            self._flushed = None
            if not flushed.done():
                flushed.set_exception(error)
            if not isinstance(error, Problem):
                raise
        else:
            self._durable = added
            self._flushed = None
            if not flushed.done():
                flushed.set_result(None)

    def _write(self) -> int:
        """Make durable what was added, in the order it was; return how much that is.

        It may run in a thread while more is being added, or while a cancelled run is being closed: who comes first
        writes all there is, and what is added meanwhile is left to the next.
        """
        with self._writing:
            added, promises = self._added, self._promises
            entries, self._entries, self._promises = self._entries, [], 0
            if self._broken is not None:
                self._keep(entries, self._broken)
                if self._keeper.path is None:
                    raise self._broken
                return added
            if not entries:
                return added
            try:
                self._append(entries)
            except Problem as error:
                self._broken = error
                self._keep(entries, error)
                if promises or self._keeper.path is None:
                    raise
            return added

    def _append(self, entries: list[Data]) -> None:
        if self._leftover:
            self._backend.archive(self._leftover, self._fence)
            self._leftover = 0
        elapsed = self._timing.steady() - self._start_of_run
        data = journal.encode([*entries, {"t": round(elapsed, 3)}], self._sealer)
        if self._sealer is not None and "run" in entries[0]:
            data = journal.encode_keys(self._sealer) + data
        self._backend.append(data, self._at, self._fence)
        self._at += len(data)
        self.fsyncs += 1
        self.written += len(data)

    def _keep(self, entries: list[Data], why: Problem) -> None:
        """Put entries into a local file; only outcomes are worth it, as what was promised has not been begun.

        Of a run that state does not know yet nothing is kept: no provider was called, and its serial may be another's.
        """
        outcomes = [entry for entry in entries if "end" in entry or "ack" in entry]
        if outcomes and self._header is not None and self.fsyncs:
            self._keeper.keep(self._header, outcomes, self._sealer)
            self._broken = self._keeper.explain(why, self._backend.where)

    def _replace(self, *, anew: bool = False) -> None:
        if self._leftover:
            self._backend.archive(self._leftover, self._fence)
            self._leftover = 0
        image = Snapshot(self._fold, self._sealer, pages=self._read.pages, anew=anew or self._read.format_changed)
        self._backend.replace(image, self._at, self._fence)
        self._identity = identity(image.head)
        self._at = 0
        self._read.folded(image.pages)
        self._fold.dirty.clear()
        self.written += image.produced
