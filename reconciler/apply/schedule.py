"""Which operations may start: a pure bookkeeping of dependencies, without time and without I/O."""

import heapq
from collections.abc import Collection, Iterator, Sequence

from reconciler.plan.document import Operation


class Schedule:
    """The operations of a plan, by their position in it; a ready one with a lower position goes first."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        """Count what each operation waits for.

        Raises:
            KeyError: If one depends on an operation that is not in the plan.
        """
        self.operations = operations
        self.left = len(operations)
        self._unmet = [len(operation.after) for operation in operations]
        self._dependants: dict[int, list[int]] = {}
        self._closed = bytearray(len(operations))
        self._ready: dict[str, list[int]] = {operation.provider: [] for operation in operations}
        at = {operation.id: position for position, operation in enumerate(operations)}
        for position, operation in enumerate(operations):
            if not operation.after:
                self._ready[operation.provider].append(position)
            for dependency in operation.after:
                self._dependants.setdefault(at[dependency.operation], []).append(position)

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers that have operations."""
        return tuple(self._ready)

    def take(self, provider: str, limit: int) -> list[int]:
        """Return up to `limit` ready operations of a provider, in plan order; they are no longer ready."""
        ready = self._ready[provider]
        return [heapq.heappop(ready) for _ in range(min(limit, len(ready)))]

    def has_ready(self, provider: str) -> bool:
        """Whether a provider has a ready operation."""
        return bool(self._ready[provider])

    def succeed(self, position: int) -> Collection[str]:
        """Note that an operation is done; return the providers that have newly ready ones."""
        self._close(position)
        dependants = self._dependants.pop(position, None)
        if dependants is None:
            return ()
        woken = set()
        for dependant in dependants:
            self._unmet[dependant] -= 1
            if not self._unmet[dependant] and not self._closed[dependant]:
                provider = self.operations[dependant].provider
                heapq.heappush(self._ready[provider], dependant)
                woken.add(provider)
        return woken

    def fail(self, position: int) -> list[tuple[int, int]]:
        """Note that an operation was not done; return all that can not start now, each with its direct cause."""
        self._close(position)
        lost: list[tuple[int, int]] = []
        causes = [position]
        for cause in causes:
            for dependant in self._dependants.pop(cause, ()):
                if not self._closed[dependant]:
                    self._close(dependant)
                    lost.append((dependant, cause))
                    causes.append(dependant)
        return lost

    def open(self) -> Iterator[int]:
        """The operations that have neither succeeded nor failed."""
        return (position for position, closed in enumerate(self._closed) if not closed)

    def _close(self, position: int) -> None:
        self._closed[position] = 1
        self.left -= 1
