"""After a write: is it there? Providers are distrusted, and their background work is waited for."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from reconciler.apply import steps
from reconciler.apply.context import ApplyContext
from reconciler.apply.lane import Found, Lane
from reconciler.apply.progress import Progress
from reconciler.apply.recording import record
from reconciler.apply.result import OperationResult, Status
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, Live
from reconciler.model.resources import Resource
from reconciler.plan.document import Operation
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Write
from reconciler.state.resolve import Verdict, after_write, verdict
from reconciler.state.values import Ended, Intent

#: What is to be recorded with the next commit, by position.
Ends = Mapping[int, tuple[Ended, OperationResult]]

_OK = OperationResult(Status.DONE)


@dataclass(slots=True)
class Job:
    """A write on its way.

    Attributes:
        given: The id the provider answered with.
        unsure: Whether a try of it may have had an effect without saying so.
    """

    position: int
    operation: Operation
    intent: Intent
    write: Write
    given: str = ""
    unsure: bool = False


class Settling:
    """Reads back what one provider says it did."""

    def __init__(
        self, context: ApplyContext, lane: Lane, progress: Progress,
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:  # fmt: skip
        """Take the run's tools; `spawn` runs what outlives its batch."""
        self._context = context
        self._session = context.session
        self._patience = context.patience
        self._lane = lane
        self._progress = progress
        self._spawn = spawn
        self._jobs: list[Job] = []
        self._ends: dict[int, tuple[Ended, OperationResult]] = {}
        self._busy = False

    def confirm(self, jobs: Sequence[Job], ends: Ends) -> None:
        """Have writes that were answered verified and recorded, with other ends.

        What comes while others are being verified waits for them, and is then verified and recorded in one go.
        """
        self._jobs += jobs
        self._ends.update(ends)
        if not self._busy and (jobs or ends):
            self._busy = True
            self._spawn(self._confirm_all())

    async def _confirm_all(self) -> None:
        try:
            while self._jobs or self._ends:
                jobs, self._jobs = self._jobs, []
                settled, self._ends = self._ends, {}
                await self._confirm(jobs, settled)
        finally:
            self._busy = False

    async def _confirm(self, jobs: list[Job], settled: dict[int, tuple[Ended, OperationResult]]) -> None:
        waiting: list[Job] = []
        if jobs and not self._lane.capabilities.read_back:
            settled.update((job.position, (self._taken_at_its_word(job), _OK)) for job in jobs)
        elif jobs:
            waiting = await self._look(jobs, 0.0, settled)
        await self._record(settled)
        if waiting:
            # what can not be seen yet is looked at again apart: nothing else waits for it
            self._lane.inside.difference_update(job.position for job in waiting)
            self._spawn(self._linger(waiting))

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the run is asked to stop."""
        nap = asyncio.ensure_future(self._patience.sleep(seconds))
        stop = asyncio.ensure_future(self._context.stop.wait())
        await asyncio.wait({nap, stop}, return_when=asyncio.FIRST_COMPLETED)
        for each in (nap, stop):
            each.cancel()

    def leave_open(self, job: Job, why: str) -> None:
        """Note a write whose outcome can not be known now; its intent stays in the journal."""
        message = f"what became of it is not known ({why}); the next run finds out"
        self._progress.lost(job.position, OperationResult(Status.FAILED, message))

    async def _linger(self, jobs: list[Job]) -> None:
        """Look again until each write can be seen, or its time is over."""
        start = self._patience.clock()
        delay = self._patience.look
        for job in jobs:
            self._context.listener.waiting(job.operation, "the provider is still at it")
        while jobs:
            await self.pause(delay)
            settled: dict[int, tuple[Ended, OperationResult]] = {}
            jobs = await self._look(jobs, self._patience.clock() - start, settled)
            await self._record(settled)
            delay = min(delay * 2, self._patience.longest)

    async def _look(
        self, jobs: Sequence[Job], elapsed: float, settled: dict[int, tuple[Ended, OperationResult]]
    ) -> list[Job]:
        """Judge jobs by what is there; add what is settled, return what may still come."""
        wanted: dict[Kind, list[str]] = {}
        for job in jobs:
            wanted.setdefault(job.operation.kind, []).append(job.operation.key)
        try:
            found: Found = await self._lane.look_up(wanted, jobs[0].position)
        except ProviderError as error:
            for job in jobs:
                self.leave_open(job, str(error))
            return []
        waiting: list[Job] = []
        stopping = self._context.stop.is_set()
        for job in jobs:
            live = found.get((job.operation.kind, job.operation.key))
            if (live is None or live.ready) and verdict(job.intent, live) is Verdict.DONE:
                settled[job.position] = (self._done(job, live), _OK)
                continue
            behind = live is not None and not live.ready
            limit = self._patience.provisioning if behind else self._lane.capabilities.consistency
            if elapsed < limit and not stopping:
                waiting.append(job)
            elif elapsed < limit and not behind:
                self.leave_open(job, "the run was stopped before it could be seen")
            else:
                settled[job.position] = self._not_as_said(job, live, behind=behind)
        return waiting

    async def _record(self, settled: Ends) -> None:
        if not settled:
            return
        await record(self._context, [ended for ended, _ in settled.values()])
        self._progress.done(position for position, (_, result) in settled.items() if result is _OK)
        for position, (_, result) in settled.items():
            if result is not _OK:
                self._progress.lost(position, result)

    def _done(self, job: Job, live: Live | None) -> Ended:
        operation, intent = job.operation, job.intent
        if live is None or intent.release:
            return Ended(operation.action, operation.kind, operation.key, operation.provider, gone=True)
        given = Applied(live.resource, operation.provider, live.id or job.given, intent.remember)
        held = self._session.get(operation.kind, operation.key)
        applied = after_write(given, held, self._patience.now(), _stood(job))
        return Ended(operation.action, operation.kind, operation.key, operation.provider, applied=applied)

    def _taken_at_its_word(self, job: Job) -> Ended:
        after = job.write.after
        given = job.given or (job.write.before.id if job.write.before else "")
        return self._done(job, None if after is None else Live(after, given))

    def _not_as_said(self, job: Job, live: Live | None, *, behind: bool) -> tuple[Ended, OperationResult]:
        """Return the end of a write that can not be seen, or whose background work takes too long.

        What is there is recorded as it is, so that the next plan starts from the truth.
        """
        operation = job.operation
        message = self._complaint(job, live, behind=behind)
        ended = Ended(operation.action, operation.kind, operation.key, operation.provider, done=False, message=message)
        if live is not None and operation.action is not Action.DELETE:
            held = self._session.get(operation.kind, operation.key)
            created = operation.action is Action.CREATE
            remember = job.intent.remember if created or held is None else held.remember
            given = live.id or job.given
            applied = Applied(live.resource, operation.provider, given, remember)
            ended = ended._replace(applied=after_write(applied, held, self._patience.now(), _stood(job)))
        return ended, OperationResult(Status.FAILED, message)

    def _complaint(self, job: Job, live: Live | None, *, behind: bool) -> str:
        if behind:
            return "the provider is still at it in the background; the next run goes on from there"
        if live is None:
            return f"{self._lane.name} reports success, but it is not there"
        if job.operation.action is Action.DELETE:
            return f"{self._lane.name} reports success, but it is still there"
        return f"{self._lane.name} reports success, but {steps.describe(live.resource, job.intent.fields)}"


def _stood(job: Job) -> Resource | None:
    """What was there when a write was made."""
    before = job.write.before
    return None if before is None else before.resource
