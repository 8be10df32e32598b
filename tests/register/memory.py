"""A register in memory, which can be told to fail, and to let others in between two of its calls."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from reconciler.model.diagnostic import problem
from reconciler.state.places.register import Held, Moved, Uncertain


class Fault(Enum):
    """What becomes of a call."""

    NONE = "none"
    REFUSED = "no effect, no answer"
    LOST = "effect, no answer"
    CRASH_BEFORE = "the caller dies first"
    CRASH_AFTER = "the caller dies once it has taken effect"


class Crash(BaseException):
    """The caller's process has ended."""


def no_answer() -> Uncertain:
    return Uncertain(problem("state-unsettled", "no answer", help="none"))


@dataclass
class Place:
    """What all registers of one place share."""

    head: bytes | None = None
    version: int = 0
    parts: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, int]] = field(default_factory=list)
    locks: list[tuple[bytes | None, bytes | None]] = field(default_factory=list)

    def since(self, mark: int) -> list[str]:
        """The names of the calls made since there were so many."""
        return [name for name, _ in self.calls[mark:]]


class MemoryRegister:
    """One process's way to a place.

    Args:
        place: Shared.
        step: Called before each call with its name; says what becomes of it.
    """

    where = "memory:state"

    def __init__(self, place: Place, step: Callable[[str], Fault] = lambda _: Fault.NONE) -> None:
        self.place = place
        self._step = step
        self.closed = 0

    def get(self) -> Held | None:
        def effect() -> Held | None:
            place = self.place
            return None if place.head is None else Held(place.head, f"v{place.version}")

        return self._call("get", effect)

    def put(self, data: bytes, token: str | None, lock_before: bytes | None, lock_after: bytes | None) -> str:
        def effect() -> str:
            place = self.place
            if token != (None if place.head is None else f"v{place.version}"):
                raise Moved
            place.head = data
            place.version += 1
            place.locks.append((lock_before, lock_after))
            return f"v{place.version}"

        return self._call("put", effect, len(data))

    def read_part(self, name: str) -> bytes | None:
        return self._call("read_part", lambda: self.place.parts.get(name))

    def write_part(self, name: str, data: bytes) -> None:
        def effect() -> None:
            assert self.place.parts.get(name, data) == data, "a part is written once"
            self.place.parts[name] = data

        self._call("write_part", effect, len(data))

    def drop_part(self, name: str) -> None:
        self._call("drop_part", lambda: self.place.parts.pop(name, None))

    def list_parts(self) -> Iterable[str] | None:
        return self._call("list_parts", lambda: list(self.place.parts))

    def close(self) -> None:
        self.closed += 1

    def _call(self, name, effect, size=0):
        fault = self._step(name)
        self.place.calls.append((name, size))
        if fault is Fault.CRASH_BEFORE:
            raise Crash
        if fault is Fault.REFUSED:
            raise no_answer()
        result = effect()
        if fault is Fault.CRASH_AFTER:
            raise Crash
        if fault is Fault.LOST:
            raise no_answer()
        return result
