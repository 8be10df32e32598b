"""The run's books: what each operation came to, and what that means for those after it."""

from collections.abc import Callable, Iterable

from reconciler.apply.context import Listener
from reconciler.apply.result import DONE, OperationResult, Status
from reconciler.apply.schedule import Schedule

_CALM = frozenset({Status.WAITING})


class Progress:
    """Results so far. Every result is noted here, once, after it is durable."""

    def __init__(
        self,
        schedule: Schedule,
        listener: Listener,
        *,
        leave: Callable[[str, int], None],
        wake: Callable[[str], None],
    ) -> None:
        """Keep the books of a schedule.

        Args:
            schedule: Knows what may start.
            listener: Told what happens.
            leave: Told a provider and the position of an operation that is no longer under way.
            wake: Told which provider may have room, or newly ready operations.
        """
        self.schedule = schedule
        self.results: dict[int, OperationResult] = {}
        self._listener = listener
        self._leave = leave
        self._wake = wake

    def done(self, positions: Iterable[int]) -> None:
        """Note operations as done and durable; what they held back becomes ready."""
        woken: set[str] = set()
        operations = self.schedule.operations
        for position in positions:
            self.results[position] = DONE
            operation = operations[position]
            self._listener.finished(operation)
            woken.update(self.schedule.succeed(position))
            woken.add(operation.provider)
            self._leave(operation.provider, position)
        for provider in woken:
            self._wake(provider)

    def lost(self, position: int, result: OperationResult) -> None:
        """Note an operation that was not done; all that depends on it is left out."""
        operations = self.schedule.operations
        cause = operations[position]
        self.results[position] = result
        waits = result.status in _CALM
        if waits:
            self._listener.waiting(cause, result.message)
        elif result.status is not Status.NOT_STARTED:
            self._listener.failed(cause, result.message)
        status = Status.WAITING if waits else Status.SKIPPED
        word = "waits for" if waits else "needs"
        for dependant, _ in self.schedule.fail(position):
            self.results[dependant] = OperationResult(status, f"{word} {cause.id}", cause.id)
            self._listener.skipped(operations[dependant], cause.id)
        self._leave(cause.provider, position)
        self._wake(cause.provider)
