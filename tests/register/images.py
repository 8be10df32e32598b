"""Snapshots for tests of places: a first line of one's choice, and rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.state.backend import TAIL


@dataclass(frozen=True)
class Picture:
    """An image with numbered rows."""

    identity: bytes = b'{"serial":1,\n'
    lines: tuple[bytes, ...] = ()

    @property
    def head(self) -> bytes:
        return self.identity + b'"resources":[\n'

    def whole(self) -> bytes:
        return self.head + b",\n".join(self.lines) + TAIL

    def rows(self) -> Iterable[tuple[str, bytes]]:
        return [(f"row {number:06d}", line) for number, line in enumerate(self.lines)]

    def changes(self) -> Mapping[str, bytes | None] | None:
        return None


def free(_: object) -> None:
    """Be a fence that lets everybody pass."""
