"""What a place to keep state must offer: reading and writing apart, as planning is given the first alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

#: Called with the lock as it stands while nobody can change it; raises Problem where it is no longer the writer's own.
Fence: TypeAlias = Callable[[bytes | None], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """The stored bytes: a snapshot, if one was ever written, and the journal since."""

    snapshot: bytes | None
    journal: bytes


class StateReader(Protocol):
    """A place state is kept, for reading. Methods raise OSError where it can not be read."""

    @property
    def where(self) -> str:
        """The place, as a user would write it."""
        ...

    def read(self) -> Contents:
        """Return snapshot and journal such that no run is missing from both."""
        ...

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""
        ...


class StateWriter(StateReader, Protocol):
    """A place state is kept, for writing. Methods raise OSError where it can not be written."""

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Make the journal end in `data` after its first `at` bytes; durable on return.

        What stood behind `at` was never completely written, or is contained in the snapshot, and is cut off.
        """
        ...

    def replace(self, snapshot: bytes, fence: Fence) -> None:
        """Put a snapshot in place atomically, then empty the journal; durable on return."""
        ...

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock; None stands for no lock. False where it is not `before`."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...
