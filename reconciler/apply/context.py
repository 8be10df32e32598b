"""What an execution is given: the ways to the providers, the state under lock, and where time and chance come from."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reconciler.model.desired import Declaration
from reconciler.model.kinds import Kind
from reconciler.plan.document import Operation
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import Reader
from reconciler.providers.writer import Writer
from reconciler.state.session import StateSession


class Listener(Protocol):
    """Told what happens, as it happens; must not block."""

    def started(self, operation: Operation) -> None:
        """It is this operation's turn."""
        ...

    def finished(self, operation: Operation) -> None:
        """It is done, and durably recorded."""
        ...

    def failed(self, operation: Operation, message: str) -> None:
        """It failed, or its live resource had moved."""
        ...

    def skipped(self, operation: Operation, because: str) -> None:
        """It is left out, because of another operation."""
        ...

    def waiting(self, operation: Operation, why: str) -> None:
        """A person, or a provider's background work, has to come first."""
        ...

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """It is tried again, for the given time, after so many seconds."""
        ...


class Silence:
    """A listener that does nothing."""

    def started(self, operation: Operation) -> None:
        """Do nothing."""

    def finished(self, operation: Operation) -> None:
        """Do nothing."""

    def failed(self, operation: Operation, message: str) -> None:
        """Do nothing."""

    def skipped(self, operation: Operation, because: str) -> None:
        """Do nothing."""

    def waiting(self, operation: Operation, why: str) -> None:
        """Do nothing."""

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often, in seconds; and where time and chance come from, which tests replace.

    Attributes:
        attempts: Tries of one write at most.
        base: The first delay between tries; each next one is twice as long, up to `longest`.
        longest: The longest delay between tries or between looks.
        provisioning: How long background work of a provider is waited for (netcup/N1).
        look: The first delay between two looks at something that is not ready.
        command: How long a command that yields a secret may run.
        now: The time of day, in seconds since the epoch; it tells until when others may hold an older DNS answer.
    """

    attempts: int = 5
    base: float = 0.5
    longest: float = 30.0
    provisioning: float = 1800.0
    look: float = 0.1
    command: float = 30.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    now: Callable[[], float] = time.time

    def delay(self, attempt: int) -> float:
        """Return how long to wait after a try: doubling, with jitter, so that many do not come back at once."""
        return float(min(self.longest, self.base * 2 ** (attempt - 1)) * (0.5 + self.chance() / 2))


def _undeclared(_kind: Kind, _key: str) -> Declaration | None:
    return None


@dataclass(frozen=True, slots=True)
class ApplyContext:
    """Everything an execution needs beside the plan.

    Attributes:
        readers: By configured provider name; a zone provider's stands behind `dns.records.RecordReader`.
        writers: Likewise.
        capabilities: By configured provider name.
        session: State under lock.
        declaration: The declaration of a resource, for its password's reference.
        listener: Told what happens.
        patience: How long and how often.
        stop: Set from outside to start nothing more; what is in flight finishes and is recorded.
        root: Folder at which the paths of a plan start.
    """

    readers: Mapping[str, Reader]
    writers: Mapping[str, Writer]
    capabilities: Mapping[str, Capabilities]
    session: StateSession
    declaration: Callable[[Kind, str], Declaration | None] = _undeclared
    listener: Listener = field(default_factory=Silence)
    patience: Patience = field(default_factory=Patience)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    root: Path = field(default_factory=Path)
