"""The life of a batch: look, promise durably, write, look again, record durably."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass

from reconciler.apply import steps
from reconciler.apply.context import ApplyContext
from reconciler.apply.lane import Found, Lane
from reconciler.apply.progress import Progress
from reconciler.apply.recording import promise
from reconciler.apply.result import OperationResult, Status
from reconciler.apply.secrets import Secrets
from reconciler.apply.settle import Job, Settling
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.secrets import Secret
from reconciler.plan.document import Operation
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from reconciler.secrets import SecretError
from reconciler.state.resolve import Verdict, verdict
from reconciler.state.values import Ended

_MOVED = "it is no longer what the plan was made on; plan again"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A write that did not succeed at once."""

    job: Job
    failure: Failed


class Batch:
    """Carries out operations of one provider that became ready together."""

    def __init__(
        self, context: ApplyContext, lane: Lane, progress: Progress, secrets: Secrets, settling: Settling,
        *, spawn: Callable[[Coroutine[None, None, None]], None],
        repeated: frozenset[tuple[str, Kind, str]],
    ) -> None:  # fmt: skip
        """Take the run's tools.

        Args:
            context: What the execution was given.
            lane: The provider.
            progress: The run's books.
            secrets: The run's passwords.
            settling: Verifies what was written.
            spawn: Runs what outlives the preparation of a batch.
            repeated: Places that more than one operation of the plan touches.
        """
        self._context = context
        self._session = context.session
        self._lane = lane
        self._progress = progress
        self._secrets = secrets
        self._settling = settling
        self._repeated = repeated
        self._spawn = spawn

    async def run(self, positions: Sequence[int]) -> None:
        """Carry out operations, by their positions in the plan."""
        operations = self._progress.schedule.operations
        for position in positions:
            self._context.listener.started(operations[position])
        try:
            found = await self._look_up(positions)
        except ProviderError as error:
            for position in positions:
                self._lose(position, Status.FAILED, str(error))
            return
        if self._context.stop.is_set():
            return
        jobs, recorded = await self._sort(positions, found)
        if not jobs and not recorded:
            return
        promised = await promise(self._context, [job.intent for job in jobs], recorded.values())
        if promised.ended:
            self._progress.done(recorded)
        if promised.begun:
            self._hand_over(jobs)

    async def _look_up(self, positions: Iterable[int]) -> Found:
        wanted: dict[Kind, list[str]] = {}
        first = -1
        for position in positions:
            operation = self._progress.schedule.operations[position]
            if first < 0:
                first = position
            wanted.setdefault(operation.kind, []).append(operation.key)
        return await self._lane.look_up(wanted, first)

    async def _sort(self, positions: Sequence[int], found: Found) -> tuple[list[Job], dict[int, Ended]]:
        """Tell what has to be written from what state alone is told; note what can be neither."""
        jobs: list[Job] = []
        recorded: dict[int, Ended] = {}
        operations, references = self._progress.schedule.operations, self._secrets.references
        for position in positions:
            operation = operations[position]
            live = found.get((operation.kind, operation.key))
            if operation.action is Action.OPERATOR:
                self._ask(position, operation, live, recorded)
            elif not self._holds(operation, live):
                self._lose(position, Status.MOVED, f"{operation.kind} {operation.key}: {_MOVED}")
            elif steps.state_only(operation, password=position in references):
                held = self._session.get(operation.kind, operation.key)
                recorded[position] = steps.recorded(operation, live, held, self._context.patience.now())
            else:
                try:
                    password = await self._secrets.get(position) if position in references else None
                except SecretError as error:
                    self._lose(position, Status.FAILED, str(error))
                else:
                    jobs.append(self._job(position, operation, live, password))
        return jobs, recorded

    def _job(self, position: int, operation: Operation, live: Live | None, password: Secret | None) -> Job:
        held = self._session.get(operation.kind, operation.key)
        intent = steps.intent(operation, held, password=password is not None)
        return Job(
            position, operation, intent, steps.write(operation, intent.fields, live, password, self._context.root)
        )

    def _holds(self, operation: Operation, live: Live | None) -> bool:
        if steps.holds(operation, live):
            return True
        # after another step of this run at the same place, what that step left is what the plan means
        place = (operation.provider, operation.kind, operation.key)
        if place not in self._repeated or live is None or operation.action is Action.CREATE:
            return False
        held = self._session.get(operation.kind, operation.key)
        return held is not None and held.resource == live.resource

    def _ask(self, position: int, operation: Operation, live: Live | None, recorded: dict[int, Ended]) -> None:
        """Record a person's step that was acknowledged and has had its effect; otherwise wait for it.

        What a person enters at a DNS host needs no word from them: the name servers tell.
        """
        entered = self._lane.capabilities.proposes
        if not entered and operation.id not in self._session.applied.acknowledged:
            self._lose(position, Status.WAITING, f"a person has to do it, then: reconciler ack '{operation.id}'")
            return
        missing = steps.left_to_do(operation, live)
        if missing is not None:
            said = "enter it at the DNS host" if entered else "it is acknowledged"
            self._lose(position, Status.WAITING, f"{said}, {'' if entered else 'but '}{missing}")
            return
        held = self._session.get(operation.kind, operation.key)
        recorded[position] = steps.recorded(operation, live, held, self._context.patience.now())

    def _hand_over(self, jobs: list[Job]) -> None:
        """Start the calls: as many writes in each as the provider takes at once."""
        size = max(1, self._lane.capabilities.batch)
        for start in range(0, len(jobs), size):
            self._spawn(self._write(jobs[start : start + size]))

    async def _write(self, jobs: list[Job]) -> None:
        """Write, again where that is safe, until every job is verified or lost."""
        attempt = 1
        while jobs:
            outcomes = await self._lane.write([job.write for job in jobs], jobs[0].position, self._context.stop)
            if outcomes is None:
                self._settling.confirm([], dict(map(_stopped, jobs)))
                return
            done: list[Job] = []
            ends: dict[int, tuple[Ended, OperationResult]] = {}
            again: list[Trouble] = []
            for job, outcome in zip(jobs, outcomes, strict=True):
                if isinstance(outcome, Done):
                    job.given = outcome.id
                    done.append(job)
                elif outcome.certain and not job.unsure and not _worth_another(outcome):
                    ends[job.position] = _refused(job, outcome)
                else:
                    again.append(Trouble(job, outcome))
            self._settling.confirm(done, ends)
            jobs = await self._after_trouble(again, attempt) if again else []
            attempt += 1

    async def _after_trouble(self, troubles: list[Trouble], attempt: int) -> list[Job]:
        """Wait, look, and return what may be tried again; what turns out to be settled is recorded."""
        for trouble in troubles:
            trouble.job.unsure |= not trouble.failure.certain
        patience = self._context.patience
        last = attempt >= patience.attempts
        if not last or any(trouble.job.unsure for trouble in troubles):
            await self._pause(troubles, attempt, announce=not last)
        last |= self._context.stop.is_set()
        try:
            found = await self._look_up([trouble.job.position for trouble in troubles])
        except ProviderError as error:
            self._give_up(troubles, error)
            return []
        again: list[Job] = []
        settled: list[Job] = []
        ends: dict[int, tuple[Ended, OperationResult]] = {}
        for trouble in troubles:
            job, failure = trouble.job, trouble.failure
            live = found.get((job.operation.kind, job.operation.key))
            if self._took_effect(job, live):
                settled.append(job)
            elif not self._holds(job.operation, live):
                if job.unsure and live is not None and job.operation.action is not Action.DELETE:
                    settled.append(job)  # ours, though not as planned: reading back says so and records it
                else:
                    moved = OperationResult(Status.MOVED, f"{failure.message}; {_MOVED}", rule=failure.rule)
                    ends[job.position] = (_end(job, moved.message), moved)
            elif last or not _worth_another(failure):
                ends[job.position] = _refused(job, failure)
            else:
                again.append(job)
        self._settling.confirm(settled, ends)
        return again

    def _took_effect(self, job: Job, live: Live | None) -> bool:
        """Whether reading shows the effect of a write whose answer did not come, or came as a refusal."""
        sets_password = job.intent.password and job.operation.action is Action.UPDATE
        if sets_password or verdict(job.intent, live) is not Verdict.DONE:
            return False
        # what somebody else created in the meantime is not ours, though it be the same
        return job.unsure or job.operation.action is not Action.CREATE

    async def _pause(self, troubles: list[Trouble], attempt: int, *, announce: bool) -> None:
        delay = self._context.patience.delay(attempt)
        for trouble in troubles:
            if trouble.failure.retry_after is not None:
                delay = max(delay, trouble.failure.retry_after)
            if trouble.job.unsure:
                # an effect may not be visible before
                delay = max(delay, self._lane.capabilities.consistency)
        if announce:
            for trouble in troubles:
                operation, message = trouble.job.operation, trouble.failure.message
                self._context.listener.retrying(operation, attempt + 1, delay, message)
        await self._settling.pause(delay)

    def _give_up(self, troubles: list[Trouble], error: ProviderError) -> None:
        """End what surely had no effect; what may have had one stays in flight for the next run to find out."""
        ends: dict[int, tuple[Ended, OperationResult]] = {}
        for trouble in troubles:
            if trouble.job.unsure:
                self._settling.leave_open(trouble.job, f"{trouble.failure.message}; {error}")
            else:
                ends[trouble.job.position] = _refused(trouble.job, trouble.failure)
        self._settling.confirm([], ends)

    def _lose(self, position: int, status: Status, message: str) -> None:
        self._progress.lost(position, OperationResult(status, message))


def _worth_another(failure: Failed) -> bool:
    """Whether trying again may work: a conflict is one with our own other writes, or looking again will tell."""
    return failure.retryable or not failure.certain or failure.code == "conflict"


def _end(job: Job, message: str) -> Ended:
    operation = job.operation
    return Ended(operation.action, operation.kind, operation.key, operation.provider, done=False, message=message)


def _stopped(job: Job) -> tuple[int, tuple[Ended, OperationResult]]:
    message = "the run was stopped before it"
    return job.position, (_end(job, message), OperationResult(Status.NOT_STARTED, message))


def _refused(job: Job, failure: Failed) -> tuple[Ended, OperationResult]:
    return _end(job, failure.message), OperationResult(Status.FAILED, failure.message, rule=failure.rule)
