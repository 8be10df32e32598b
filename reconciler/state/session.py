"""A run's hold on state: entries are added in memory, and one commit makes all added so far durable."""

import asyncio
import threading
import uuid
from collections.abc import Iterable

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.state import codec, journal, problems, snapshot
from reconciler.state.backend import StateWriter
from reconciler.state.codec import Data
from reconciler.state.fold import Fold
from reconciler.state.lease import Lease
from reconciler.state.values import Ended, Intent, Loaded, LockInfo, RunHeader

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
        self, backend: StateWriter, lease: Lease, fold: Fold, loaded: Loaded, took_over: LockInfo | None,
        *, whole: int, size: int, now: float,
    ) -> None:  # fmt: skip
        """Go on from what was loaded.

        Args:
            backend: Where state is kept.
            lease: The lock.
            fold: The state so far; this session adds to it.
            loaded: The same, for the caller.
            took_over: The dead owner's lock, if any.
            whole: Bytes of the journal that stay.
            size: Bytes of the snapshot.
            now: Seconds since the epoch.
        """
        self.loaded = loaded
        self.took_over = took_over
        self.fsyncs = 0
        self.written = 0
        self._backend = backend
        self._lease = lease
        self._fold = fold
        self._at = whole
        self._size = size
        self._now = now
        self._plan = ""
        self._started = False
        self._entries: list[Data] = []
        self._added = 0
        self._durable = 0
        self._flushing: asyncio.Task[None] | None = None  # held, as the loop itself holds tasks weakly
        self._flushed: asyncio.Future[None] | None = None
        self._broken: Problem | None = None
        self._writing = threading.Lock()

    @property
    def applied(self) -> AppliedState:
        """The state with every entry added so far, durable or not."""
        return self._fold.applied()

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
        if not self._started:
            self._plan = plan
        else:
            self._entries.append({"plan": plan})
            self._added += 1

    def begin(self, intents: Iterable[Intent]) -> None:
        """Add intents. The provider is called only after a commit."""
        self._start()
        for intent in intents:
            self._fold.begin(intent)
            self._entries.append(codec.intent_data(intent))
        self._added += 1

    def end(self, ended: Iterable[Ended]) -> None:
        """Add ends. What depends on one starts only after a commit."""
        self._start()
        for each in ended:
            self._fold.end(each)
            self._entries.append(codec.ended_data(each))
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

    def close(self) -> None:
        """Commit what is left, fold the journal into the snapshot where that is worth it, and release the lock."""
        try:
            if self._broken is None:
                self.commit_now()
                self._fold_up()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Release the lock without writing anything more."""
        with self._writing:
            self._entries.clear()
            self._backend.close()
        self._lease.release()

    def _start(self) -> None:
        """Open the run: its header is the first entry it writes."""
        if self._started:
            return
        self._started = True
        info = self._lease.info
        fold = self._fold
        header = RunHeader(
            run=uuid.uuid4().hex[:12],
            lineage=fold.lineage or uuid.uuid4().hex,
            serial=fold.serial + 1,
            fence=info.fence,
            operation=info.operation,
            who=f"{info.owner}@{info.host}",
            at=self._now,
            plan=self._plan,
        )
        fold.run(header)
        self._entries.append(codec.header_data(header))

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
            if self._broken is not None:
                raise self._broken
            added = self._added
            entries, self._entries = self._entries, []
            if not entries:
                return added
            data = journal.encode(entries)
            try:
                self._backend.append(data, self._at, self._lease.check)
            except OSError as error:
                self._broken = problems.unwritable(self._backend.where, error)
                raise self._broken from error
            except Problem as lost:
                self._broken = lost
                raise
            self._at += len(data)
            self.fsyncs += 1
            self.written += len(data)
            return added

    def _fold_up(self) -> None:
        worth = self._size + self._at < SMALL or self._at * 2 >= self._size
        if not self._started or not worth or self._fold.in_flight:
            return
        data = snapshot.encode(self._fold)
        try:
            self._backend.replace(data, self._lease.check)
        except OSError as error:
            raise problems.unwritable(self._backend.where, error) from error
        self.written += len(data)
