"""Executing a plan: the list as it stands, as much at once as its order and its providers allow.

Each provider has a lane with its limits. Ready operations are handed to batches in plan order; a batch (see `batch`)
looks, promises, writes, looks again and records. When its record is durable, what depended on it becomes ready.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine

from reconciler.apply.batch import Batch
from reconciler.apply.context import ApplyContext
from reconciler.apply.lane import Lane
from reconciler.apply.progress import Progress
from reconciler.apply.result import OperationResult, RunResult, Status
from reconciler.apply.schedule import Schedule
from reconciler.apply.secrets import Secrets, prepare
from reconciler.apply.settle import Settling
from reconciler.model.collector import relaxed
from reconciler.model.kinds import Kind
from reconciler.plan.document import Plan
from reconciler.providers.reader import ProviderError

#: What others live in, and what a provider sets up in the background.
_SLOW = (Kind.INSTANCE, Kind.TEAM)


async def execute(plan: Plan, context: ApplyContext) -> RunResult:
    """Carry out a plan and return what became of each operation.

    Where state can no longer be written, nothing more is started; calls that are under way are let finish, and the
    result says why.

    Raises:
        Problem: If a secret can not be had, before anything was changed.
    """
    secrets = await prepare(plan, context.declaration, context.patience.command)
    with relaxed():
        return await _Run(plan, context, secrets).go()


class _Run:
    def __init__(self, plan: Plan, context: ApplyContext, secrets: Secrets) -> None:
        self._context = context
        self._secrets = secrets
        self._schedule = Schedule(plan.operations)
        self._progress = Progress(self._schedule, context.listener, leave=self._leave, wake=self._pump)
        places = Counter((operation.provider, operation.kind, operation.key) for operation in plan.operations)
        repeated = frozenset(place for place, count in places.items() if count > 1)
        self._lanes: dict[str, Lane] = {}
        self._batches: dict[str, Batch] = {}
        self._settlings: dict[str, Settling] = {}
        for name in self._schedule.providers:
            lane = Lane(
                name, context.readers[name], context.writers.get(name), context.capabilities[name], context.patience
            )
            settling = self._settlings[name] = Settling(context, lane, self._progress, self._spawn)
            self._lanes[name] = lane
            self._batches[name] = Batch(
                context, lane, self._progress, secrets, settling, spawn=self._spawn, repeated=repeated
            )
        self._open: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fatal: BaseException | None = None
        self._idle = asyncio.Event()

    async def go(self) -> RunResult:
        for name in self._lanes:
            self._spawn(self._open_lane(name))
        try:
            if self._tasks:
                await self._idle.wait()
        finally:
            self._cancel()
        if self._fatal is not None:
            raise self._fatal
        return self._result()

    def _result(self) -> RunResult:
        broken = self._context.session.broken
        why = "the run was stopped before it" if broken is None else "state could not be written any more"
        results = self._progress.results
        for position in self._schedule.open():
            results[position] = OperationResult(Status.NOT_STARTED, why)
        outcomes = {operation.id: results[position] for position, operation in enumerate(self._schedule.operations)}
        stopped = broken is None and self._context.stop.is_set()
        return RunResult(outcomes, stopped, self._secrets.warnings, () if broken is None else broken.diagnostics)

    async def _open_lane(self, name: str) -> None:
        """Wait for what an earlier run left in the background, then let operations in (netcup/N1)."""
        await self._until_ready(name)
        self._open.add(name)
        self._pump(name)

    async def _until_ready(self, name: str) -> None:
        lane, patience = self._lanes[name], self._context.patience
        wanted: dict[Kind, list[str]] = {}
        for (kind, key), applied in self._context.session.applied.resources.items():
            if kind in _SLOW and applied.provider == name:
                wanted.setdefault(kind, []).append(key)
        start, delay = patience.clock(), patience.look
        while wanted and not self._context.stop.is_set():
            try:
                found = await lane.look_up(wanted, 0)
            except ProviderError:
                return  # each operation will meet it and say so
            if all(live.ready for live in found.values()) or patience.clock() - start > patience.provisioning:
                return
            await self._settlings[name].pause(delay)
            delay = min(delay * 2, patience.longest)

    def _pump(self, name: str) -> None:
        """Start batches of a provider, as many as may run."""
        lane = self._lanes[name]
        while (
            name in self._open
            and len(lane.inside) < lane.window
            and self._schedule.has_ready(name)
            and self._fatal is None
            and not self._context.stop.is_set()
        ):
            positions = self._schedule.take(name, min(lane.group, lane.window - len(lane.inside)))
            lane.inside.update(positions)
            self._spawn(self._batches[name].run(positions))

    def _leave(self, name: str, position: int) -> None:
        self._lanes[name].inside.discard(position)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Note the end of a task; the first error of our own ends the run at once.

        What is in flight then stays so in the journal: the next run finds out. A state that can not be written is no
        such error: see `recording`.
        """
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and self._fatal is None:
            self._fatal = error
            self._cancel()
        if not self._tasks:
            self._idle.set()
