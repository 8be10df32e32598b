"""What a place must offer so that state can be kept in it by a head and parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from reconciler.state.backend import BackendError


class Moved(Exception):
    """The head is not what the token says: somebody else wrote it. Nothing was written by the call."""


class Uncertain(BackendError):
    """No answer, or one that does not tell whether the request took effect; it is worth looking and trying again."""


@dataclass(frozen=True, slots=True)
class Held:
    """The head as it was read.

    Attributes:
        data: Its bytes.
        token: What names exactly this version of it to the place, such as an ETag.
    """

    data: bytes
    token: str


class Register(Protocol):
    """One small head under compare-and-swap, and parts written once under fresh names.

    Calls for the head come one at a time, but those for parts may come from another thread meanwhile. Methods raise
    `Uncertain` where it is worth trying again, and another `BackendError` where it is not.
    """

    @property
    def where(self) -> str:
        """The place, as a user would write it; no credentials."""
        ...

    def get(self) -> Held | None:
        """Return the head, None where there is none; never an older one than a write that was answered."""
        ...

    def put(self, data: bytes, token: str | None, lock_before: bytes | None, lock_after: bytes | None) -> str:
        """Replace the head that the token names, None for none; durable on return.

        Args:
            data: The new head. No two heads ever have the same bytes.
            token: What `get` or the last `put` returned.
            lock_before: The lock in the head that is replaced, for places that keep a lock of their own.
            lock_after: The lock in the new one.

        Returns:
            The token of the new head.

        Raises:
            Moved: If the head is not the one the token names.
        """
        ...

    def read_part(self, name: str) -> bytes | None:
        """Return a part, None where there is none of that name."""
        ...

    def write_part(self, name: str, data: bytes) -> None:
        """Write a part; durable on return. A second call with the same name has the same data."""
        ...

    def drop_part(self, name: str) -> None:
        """Remove a part; nothing happens where there is none."""
        ...

    def list_parts(self) -> Iterable[str] | None:
        """Return the names of all parts that stand there; None where the place can not list."""
        ...

    def close(self) -> None:
        """Give back what is held open; the next use opens it again."""
        ...
