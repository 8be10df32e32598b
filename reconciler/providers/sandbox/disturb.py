"""What makes a real platform hard to live with: rate limits and faults, as configured and the same in every run."""

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.providers.writer import Failed, Write

_BUSY = 0.05  # seconds to wait after a busy answer


class Mode(StrEnum):
    """What goes wrong."""

    REFUSED = "refused"
    BUSY = "busy"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule for faults.

    Attributes:
        mode: What goes wrong.
        action: create, update, delete or read; None: any write.
        kind: Of what; None: any.
        key: Which; None: any.
        every: The first matching call of so many fails; 0 leaves it to `probability`.
        probability: Of a matching call's failing, from 0 to 1.
        times: After so many faults there are no more; None: no end.
    """

    mode: Mode
    action: str | None = None
    kind: str | None = None
    key: str | None = None
    every: int = 0
    probability: float = 0.0
    times: int | None = None

    def matches(self, action: str, kind: str, key: str) -> bool:
        """Whether the rule speaks of a call."""
        wanted = action != "read" if self.action is None else self.action == action
        return wanted and self.kind in (None, kind) and self.key in (None, key)


@dataclass(slots=True)
class _Rule:
    fault: Fault
    seen: int = 0
    struck: int = 0


class Faults:
    """Faults in the order of the calls; the same seed and the same calls give the same faults."""

    def __init__(self, faults: Iterable[Fault], seed: int = 0) -> None:
        """Take the rules; the first that strikes a call decides."""
        self._rules = [_Rule(fault) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - reproducible is what is wanted

    def __bool__(self) -> bool:
        return bool(self._rules)

    def strike(self, action: str, kind: str = "", key: str = "") -> Mode | None:
        """What goes wrong with a call, if anything."""
        return next((rule.fault.mode for rule in self._rules if self._strikes(rule, action, kind, key)), None)

    def _strikes(self, rule: _Rule, action: str, kind: str, key: str) -> bool:
        fault = rule.fault
        if not fault.matches(action, kind, key) or rule.struck == fault.times:
            return False
        rule.seen += 1
        struck = (rule.seen - 1) % fault.every == 0 if fault.every else self._random.random() < fault.probability
        rule.struck += struck
        return struck


def answer(mode: Mode, write: Write) -> Failed:
    """What the caller hears of a fault."""
    what = f"{write.action} {write.kind} {write.key}"
    if mode is Mode.REFUSED:
        return Failed(f"injected fault: {what} was refused", code="injected")
    if mode is Mode.BUSY:
        return Failed("injected fault: the platform is busy", "busy", retryable=True, retry_after=_BUSY)
    return Failed(f"injected fault: no answer to {what}", "timeout", retryable=True, certain=False)


@dataclass(slots=True)
class RateLimit:
    """So many calls in any `period` seconds, as a sliding window.

    Attributes:
        clock: Gives seconds that never run backwards.
    """

    calls: int
    period: float
    clock: Callable[[], float]
    _taken: deque[float] = field(default_factory=deque)

    def wait(self) -> float | None:
        """Count a call; where it is one too many return the seconds to wait instead."""
        now = self.clock()
        while self._taken and self._taken[0] <= now - self.period:
            self._taken.popleft()
        if len(self._taken) < self.calls:
            self._taken.append(now)
            return None
        return self._taken[0] + self.period - now


def too_many(batch: Sequence[Write], wait: float) -> list[Failed]:
    """The answer to each write of a call above the rate limit."""
    text = f"too many calls: wait {wait:.3g} s"
    return [Failed(text, "rate-limit", retryable=True, retry_after=wait) for _ in batch]
