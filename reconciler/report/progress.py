"""Progress of a run: one live display where a person watches, plain lines elsewhere.

A display is told what happens as it happens, by one thread, and must not hold the run up: it counts, and looks at the
clock before it writes. What a run came to is told afterwards, by `result_text`.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

from reconciler.plan.document import Operation
from reconciler.report.labels import operation_label
from reconciler.report.layout import clean, clip
from reconciler.report.style import Style
from reconciler.report.views import Status

#: Operations up to which plain progress has a line for each.
SMALL = 50

_SECONDS = 5.0  # between two lines of a large run
_FRAME = 0.1  # seconds between two updates of a live display
_LATEST = 3  # operations a live display names as being under way
_FRAME_PARTS = 60  # columns of the live display's other parts


class Progress(Protocol):
    """What a run tells while it is under way; used as a context."""

    def started(self, operation: Operation) -> None:
        """It is this operation's turn."""
        ...

    def finished(self, operation: Operation) -> None:
        """It is done."""
        ...

    def failed(self, operation: Operation, message: str) -> None:
        """It failed, or its live resource had moved."""
        ...

    def skipped(self, operation: Operation, because: str) -> None:
        """It is left out because of another operation, named by its id."""
        ...

    def waiting(self, operation: Operation, why: str) -> None:
        """A person or a provider's background work comes first; it may still finish in this run."""
        ...

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """It is tried again, for the given time, after so many seconds."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SilentProgress:
    """Says nothing; the others say what they have to instead."""

    def started(self, operation: Operation) -> None:
        """Say nothing."""

    def finished(self, operation: Operation) -> None:
        """Say nothing."""

    def failed(self, operation: Operation, message: str) -> None:
        """Say nothing."""

    def skipped(self, operation: Operation, because: str) -> None:
        """Say nothing."""

    def waiting(self, operation: Operation, why: str) -> None:
        """Say nothing."""

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """Say nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class _Count:
    """How many operations have come to an end; one that waits and then finishes counts once."""

    __slots__ = ("_waiting", "ended", "failed")

    def __init__(self) -> None:
        self.ended = 0
        self.failed = 0
        self._waiting: set[str] = set()

    def end(self, operation: Operation) -> None:
        if operation.id in self._waiting:
            self._waiting.discard(operation.id)
        else:
            self.ended += 1

    def wait(self, operation: Operation) -> bool:
        """Count an operation that waits; False if it was known to."""
        if operation.id in self._waiting:
            return False
        self._waiting.add(operation.id)
        self.ended += 1
        return True


class PlainProgress(SilentProgress):
    """Lines: one for each operation of a small run; of a large one the failures, and a count every few seconds."""

    def __init__(
        self, total: int, write: Callable[[str], object], style: Style, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the number of operations, where to write a line (with its line break), and a clock in seconds."""
        self._total = total
        self._write = write
        self._style = style
        self._clock = clock
        self._count = _Count()
        self._said = clock()

    def finished(self, operation: Operation) -> None:
        """Write its line, or now and then the count."""
        self._count.end(operation)
        self._tell(operation, self._style.good(Status.DONE))

    def failed(self, operation: Operation, message: str) -> None:
        """Write its line, also in a large run."""
        self._count.end(operation)
        self._count.failed += 1
        self._tell(operation, f"{self._style.error(Status.FAILED)}: {clean(message)}", always=True)

    def skipped(self, operation: Operation, because: str) -> None:
        """Write its line, or now and then the count."""
        self._count.end(operation)
        self._tell(operation, f"{self._style.warn(Status.SKIPPED)}, because of {operation_label(because)}")

    def waiting(self, operation: Operation, why: str) -> None:
        """Write its line once, also in a large run: it may take long."""
        if self._count.wait(operation):
            self._tell(operation, f"{self._style.warn(Status.WAITING)}: {clean(why)}", always=True)

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """Write a line in a small run."""
        if self._total <= SMALL:
            why = f"{clean(message)}; try {attempt} in {delay:.1f} s"
            self._write(f"{operation_label(operation.id)}: {why}\n")

    def _tell(self, operation: Operation, what: str, *, always: bool = False) -> None:
        ended = self._count.ended
        if always or self._total <= SMALL:
            width = len(f"{self._total:,}")
            self._write(f"[{ended:>{width},}/{self._total:,}] {operation_label(operation.id)}: {what}\n")
        elif ended == self._total or self._clock() - self._said >= _SECONDS:
            self._said = self._clock()
            failed = f", {self._count.failed:,} failed" if self._count.failed else ""
            self._write(f"[{ended:,}/{self._total:,}]{failed}\n")


class LiveProgress(SilentProgress):
    """One bar at the foot of a terminal, with the operations under way; failures scroll past above it."""

    def __init__(self, total: int, stream: TextIO, style: Style) -> None:
        """Take the number of operations and the terminal."""
        from rich.console import Console  # only a run that a person watches pays for rich
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        self._style = style
        self._console = Console(file=stream, no_color=not style.colour, highlight=False, markup=False)
        columns = (
            TextColumn("applying"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._bar = Bar(*columns, console=self._console, transient=True, refresh_per_second=8)
        self._task = self._bar.add_task("", total=total)
        self._count = _Count()
        self._under_way: dict[str, None] = {}  # an ordered set
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw()
        self._bar.stop()

    def started(self, operation: Operation) -> None:
        """Name it while it is under way."""
        self._under_way[operation.id] = None
        self._glance()

    def finished(self, operation: Operation) -> None:
        """Move the bar."""
        self._end(operation)

    def failed(self, operation: Operation, message: str) -> None:
        """Leave a line, and move the bar."""
        self._print(f"{operation_label(operation.id)}: {Status.FAILED}: {clean(message)}", "bold red")
        self._end(operation)

    def skipped(self, operation: Operation, because: str) -> None:
        """Move the bar; the report at the end names it."""
        del because
        self._end(operation)

    def waiting(self, operation: Operation, why: str) -> None:
        """Leave a line the first time."""
        if self._count.wait(operation):
            self._print(f"{operation_label(operation.id)}: {Status.WAITING}: {clean(why)}", "yellow")
        self._glance()

    def retrying(self, operation: Operation, attempt: int, delay: float, message: str) -> None:
        """Leave a line for the first time it is tried again."""
        if attempt <= 2:  # noqa: PLR2004 - the second try is the first again
            self._print(f"{operation_label(operation.id)}: {clean(message)}; again in {delay:.1f} s", "dim")

    def _end(self, operation: Operation) -> None:
        self._under_way.pop(operation.id, None)
        self._count.end(operation)
        self._glance()

    def _print(self, text: str, look: str) -> None:
        self._console.print(text, style=look if self._style.colour else None, soft_wrap=True, markup=False)

    def _glance(self) -> None:
        if time.monotonic() - self._drawn >= _FRAME:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        names = [operation_label(each) for each, _ in zip(self._under_way, range(_LATEST), strict=False)]
        room = max(self._style.width - _FRAME_PARTS, 0)
        text = clip(", ".join(names), room, self._style.symbol("ellipsis"))
        self._bar.update(self._task, completed=self._count.ended, description=text)


def progress_for(total: int, stream: TextIO, style: Style, *, live: bool) -> Progress:
    """Return the fitting display.

    Args:
        total: Operations of the plan.
        stream: Where it is written; stderr, so that results stay clean.
        style: Colours, symbols and width.
        live: Whether a person watches a terminal that can be redrawn.
    """
    if total == 0:
        return SilentProgress()
    if live:
        return LiveProgress(total, stream, style)
    return PlainProgress(total, stream.write, style)
