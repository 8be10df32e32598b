"""What became of a plan: one result an operation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.diagnostic import Diagnostic

#: Exit codes of `apply`.
ALL_DONE = 0
FAILED = 1
PARTLY_DONE = 5


class Status(StrEnum):
    """How an operation of a run ended."""

    DONE = "done"
    FAILED = "failed"
    MOVED = "moved"  # the live resource was no longer what was planned on; nothing was written
    SKIPPED = "skipped"  # something it depends on was not done
    WAITING = "waiting"  # a person has to do it, or something it depends on, first
    NOT_STARTED = "not started"  # the run was stopped before


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How one operation ended.

    Attributes:
        status: The outcome.
        message: What went wrong, or what is waited for; one lower-case sentence without secrets.
        because: For skipped and waiting: the operation it depends on.
        rule: The rule a provider's refusal comes from, where known.
    """

    status: Status
    message: str = ""
    because: str | None = None
    rule: str | None = None


DONE = OperationResult(Status.DONE)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        outcomes: By operation id, in plan order.
        stopped: Whether it was asked to stop before its end.
        warnings: What to know about where secrets were read from.
        trouble: Why the run stopped before its end by itself: state could not be written any more.
        behind: Why what has to follow the changes could not be done, so that they are not in force for everybody yet.
    """

    outcomes: Mapping[str, OperationResult]
    stopped: bool = False
    warnings: tuple[Diagnostic, ...] = ()
    trouble: tuple[Diagnostic, ...] = ()
    behind: tuple[Diagnostic, ...] = ()

    def count(self, status: Status) -> int:
        """Return the number of operations that ended so."""
        return self.counts[status]

    @property
    def counts(self) -> Counter[Status]:
        """Number of operations by how they ended."""
        return Counter(result.status for result in self.outcomes.values())

    @property
    def exit_code(self) -> int:
        """0 where all is done but for steps a person has to take; 5 where something is left, or has to follow.

        Where state could not be written any more, 1 if nothing was done and 5 if anything was, though it be all: what
        was done still has to be brought home.
        """
        if self.trouble:
            return PARTLY_DONE if self.counts[Status.DONE] else FAILED
        settled = {Status.DONE, Status.WAITING}
        return ALL_DONE if not self.behind and settled.issuperset(self.counts) else PARTLY_DONE
