"""What a place to keep state must offer: reading and writing apart, as planning is given the first alone.

A backend stores bytes and knows nothing of what they mean: formats, encryption and the journal's rules stand above it,
so that each backend has all of them. What it must offer beyond storage is one compare-and-swap of the lock, and the
fence called in the same step as each write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from reconciler.model.diagnostic import Problem


class BackendError(Problem):
    """A place that can not be reached, read or written just now, with its diagnostic.

    It says nothing of the state itself. A write that raises it may have taken effect: whoever goes on has to look.
    """


@dataclass(frozen=True, slots=True)
class Contents:
    """The stored bytes: a snapshot, if one was ever written, and the journal since."""

    snapshot: bytes | None
    journal: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the place at the moment of a write, while nobody can change it.

    Attributes:
        lock: The lock, None where there is none.
        identity: The snapshot's first line, which names lineage and serial; None where there is no snapshot.
    """

    lock: bytes | None
    identity: bytes | None


#: Called in the same step as a write, with what stands there; raises Problem where the writer may not write any more.
Fence: TypeAlias = Callable[[Standing], None]


class Image(Protocol):
    r"""A snapshot about to be stored, whole or by rows.

    `head + b",\n".join(rows) + TAIL` is the whole; a place that keeps rows apart stores the changed ones alone, and
    gives the whole back by joining them in the order of their names.
    """

    @property
    def head(self) -> bytes:
        """Everything before the rows; its first line, newline included, is the snapshot's identity."""
        ...

    def whole(self) -> bytes:
        """Return all bytes."""
        ...

    def rows(self) -> Iterable[tuple[str, bytes]]:
        """Return every row by name: one resource each, or one sealed page each. No row holds a newline."""
        ...

    def changes(self) -> Mapping[str, bytes | None] | None:
        """Return the rows that differ from the snapshot that was loaded, None for one that is gone.

        None instead of a mapping means that nothing of the snapshot that was loaded may stay.
        """
        ...


#: The snapshot's first line, None without one, and the journal's bytes.
Mark: TypeAlias = tuple[bytes | None, int]

#: What closes a snapshot behind its rows.
TAIL = b"\n]}\n"


class StateReader(Protocol):
    """A place state is kept, for reading. Methods raise BackendError where it can not be read."""

    @property
    def where(self) -> str:
        """The place, as a user would write it; no credentials."""
        ...

    def read(self) -> Contents:
        """Return snapshot and journal such that no run is missing from both."""
        ...

    def mark(self) -> Mark:
        """Return what stands there, in short: it differs after every write of the snapshot or the journal."""
        ...

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""
        ...

    def history(self) -> Iterator[bytes]:
        """Yield every journal that was folded into a snapshot, oldest first; each holds whole lines."""
        ...


@runtime_checkable
class Contended(Protocol):
    """A place with a lock of its own, which others than this program may hold without `read_lock` showing it."""

    def contend(self) -> None:
        """Find out who holds the place's own lock, for `read_lock` to show; it may be locked for a moment."""
        ...


class StateWriter(StateReader, Protocol):
    """A place state is kept, for writing. Methods raise BackendError where it can not be written."""

    @property
    def keeps_rows(self) -> bool:
        """Whether `replace` writes only the rows that changed, so that folding is cheap whatever the state's size."""
        ...

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Make the journal end in `data` after its first `at` bytes; durable on return.

        What stood behind `at` was never completely written, and is cut off.
        """
        ...

    def archive(self, at: int, fence: Fence) -> None:
        """Let the journal's first `at` bytes, which the snapshot contains, become history; durable on return.

        It is called where a crash came between the two steps of `replace`; what stood behind `at` is cut off.
        """
        ...

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        """Put a snapshot in place atomically and let the journal's first `at` bytes become history; durable on return.

        Where a crash comes in between, both stand side by side: the journal then holds runs that the snapshot has.
        """
        ...

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        """Give every folded journal to `change` and keep what it returns in its place, in the same order.

        A crash in between may leave some of them as they were.
        """
        ...

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock; None stands for no lock. False where it is not `before`."""
        ...

    def close(self) -> None:
        """Give back what is held open; the next use opens it again."""
        ...
