"""A place in memory: what every other must do, said in the shortest way, with steps at which it can be made to fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.model.diagnostic import problem
from reconciler.state import snapshot
from reconciler.state.backend import BackendError, Contents, Fence, Image, Mark, Standing
from tests.servers.proxy import Fault, Trouble


class Steps:
    """Counts what a place does, and lets a fault happen at one step.

    Attributes:
        taken: Steps since `arm`.
        struck: How many of them met the fault.
        fail: Makes the error that a failed step raises.
    """

    def __init__(self, fail: Callable[[], BaseException]) -> None:
        self.fail = fail
        self.taken = self.struck = 0
        self._fault: Fault | None = None
        self._gone = False

    def arm(self, fault: Fault | None) -> None:
        """Let a fault happen, and count from here."""
        self._fault, self.taken, self.struck, self._gone = fault, 0, 0, False

    def take(self, act: Callable[[], object], half: Callable[[], object] | None = None) -> None:
        """Take a step: do it, do half of it, or fail before or after it."""
        self.taken += 1
        fault = self._fault
        if self._gone:
            raise self.fail()
        if fault is None or not fault.at <= self.taken < fault.at + fault.times:
            act()
            return
        self.struck += 1
        self._gone = fault.gone
        if fault.strike is not None:
            fault.strike()
        if fault.trouble is Trouble.UNANSWERED:
            act()
        elif fault.trouble is Trouble.TORN and half is not None:
            half()
        raise self.fail()


def unreachable() -> BackendError:
    """What a client says that has no way to it."""
    return BackendError(problem("state-unwritable", "memory can not be reached", help="wait"))


@dataclass
class Stored:
    """What survives its clients."""

    snapshot: bytes | None = None
    journal: bytes = b""
    folded: list[bytes] = field(default_factory=list)
    lock: bytes | None = None
    one: threading.RLock = field(default_factory=threading.RLock)

    @property
    def identity(self) -> bytes | None:
        """The snapshot's first line."""
        return None if self.snapshot is None else snapshot.identity(self.snapshot)


class Memory:
    """A client of it."""

    where = "memory"
    keeps_rows = False

    def __init__(self, stored: Stored, steps: Steps | None = None) -> None:
        self._stored = stored
        self._steps = steps or Steps(unreachable)

    def read(self) -> Contents:
        with self._stored.one:
            self._steps.take(nothing)
            return Contents(self._stored.snapshot, self._stored.journal)

    def mark(self) -> Mark:
        with self._stored.one:
            return self._stored.identity, len(self._stored.journal)

    def read_lock(self) -> bytes | None:
        self._steps.take(nothing)
        return self._stored.lock

    def history(self) -> Iterator[bytes]:
        self._steps.take(nothing)
        yield from list(self._stored.folded)

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        def write(count: int) -> None:
            stored.journal = stored.journal[:at] + data[:count]

        with self._held(fence) as stored:
            self._steps.take(lambda: write(len(data)), lambda: write(len(data) // 2))

    def archive(self, at: int, fence: Fence) -> None:
        with self._held(fence) as stored:
            self._steps.take(lambda: _fold(stored, at))

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        def put() -> None:
            stored.snapshot = image.whole()

        with self._held(fence) as stored:
            self._steps.take(put)
            self._steps.take(lambda: _fold(stored, at))

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        with self._held(fence) as stored:
            for number, folded in enumerate(stored.folded):
                changed = change(folded)
                self._steps.take(lambda number=number, changed=changed: stored.folded.__setitem__(number, changed))

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        def swap() -> None:
            stored.lock = after

        with self._stored.one:
            stored = self._stored
            if stored.lock != before:
                return False
            self._steps.take(swap)
            return True

    def close(self) -> None:
        pass

    @contextmanager
    def _held(self, fence: Fence) -> Iterator[Stored]:
        with self._stored.one:
            fence(Standing(self._stored.lock, self._stored.identity))
            yield self._stored


def _fold(stored: Stored, at: int) -> None:
    stored.folded += [stored.journal[:at]] if at else []
    stored.journal = b""


def nothing() -> None:
    """Do nothing."""
