"""Snapshots and leases for tests of bytes: made by hand, so that a backend is held to its contract and nothing more."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.diagnostic import Problem, problem
from reconciler.state import lease
from reconciler.state.backend import TAIL, Standing, StateWriter
from reconciler.state.values import LockInfo

ELSEWHERE = "another machine"


@dataclass(frozen=True)
class Rows:
    """A snapshot by rows; what differs from `past` is its changes."""

    serial: int
    content: Mapping[str, str]
    past: "Rows | None" = None
    filler: str = ""

    @property
    def head(self) -> bytes:
        identity = json.dumps({"format": "reconciler.state/2", "serial": self.serial})[:-1]
        return f'{identity},\n"filler":"{self.filler}","resources":[\n'.encode()

    @property
    def identity(self) -> bytes:
        return self.head.partition(b"\n")[0] + b"\n"

    def whole(self) -> bytes:
        return self.head + b",\n".join(row for _, row in self.rows()) + TAIL

    def rows(self) -> list[tuple[str, bytes]]:
        return [(name, _row(value)) for name, value in sorted(self.content.items())]

    def changes(self) -> dict[str, bytes | None] | None:
        if self.past is None:
            return None
        past = self.past.content
        changed = {name: _row(value) for name, value in self.content.items() if past.get(name) != value}
        return changed | dict.fromkeys(past.keys() - self.content.keys())


def _row(value: str) -> bytes:
    return json.dumps(value).encode()


class Refused(Problem):
    """What a fence of these tests says."""


@dataclass
class Owner:
    """Who holds a place's lock, and the fence of who must."""

    writer: StateWriter
    number: int = 1
    raw: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.raw = lock(self.number)

    def take(self, before: bytes | None = None) -> "Owner":
        assert self.writer.write_lock(before, self.raw)
        return self

    def give_back(self) -> None:
        assert self.writer.write_lock(self.raw, None)

    def fence(self, standing: Standing) -> None:
        if standing.lock != self.raw:
            raise Refused(problem("state-lock-lost", "not mine"))


def lock(number: int = 1, *, host: str = ELSEWHERE, now: float | None = None, term: float = 60.0) -> bytes:
    """A lock as another machine writes it."""
    since = time.time() if now is None else now
    info = LockInfo(f"{number:012x}", "anna", host, 1, "apply", since, since + term, number, term=term)
    return lease.encode(info)


def line(text: str) -> bytes:
    """A journal's line, as far as a backend knows."""
    return text.encode() + b"\n"
