"""Progress of a run: one live display where a person watches, plain lines elsewhere.

A run calls `begin` before an operation and `end` after it, from one thread. Neither is on the way of an operation's
truth: a display that breaks must not break a run, so both only count and write.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
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
_LATEST = 3  # operations a live display names as being under way


class Progress(Protocol):
    """What a run tells while it is under way; used as a context."""

    def begin(self, operation: Operation) -> None:
        """Tell that an operation is under way."""
        ...

    def end(self, operation: Operation, status: Status, message: str = "") -> None:
        """Tell how an operation ended."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SilentProgress(AbstractContextManager["SilentProgress"]):
    """Says nothing."""

    def begin(self, operation: Operation) -> None:
        """Say nothing."""

    def end(self, operation: Operation, status: Status, message: str = "") -> None:
        """Say nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class PlainProgress(AbstractContextManager["PlainProgress"]):
    """Lines: one for each operation of a small run; of a large one the failures, and a count every few seconds."""

    def __init__(
        self, total: int, write: Callable[[str], object], style: Style, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the number of operations, where to write a line (with its line break), and a clock in seconds."""
        self._total = total
        self._write = write
        self._style = style
        self._clock = clock
        self._ended = 0
        self._failed = 0
        self._said = clock()

    def begin(self, operation: Operation) -> None:
        """Say nothing: a line comes when it ends."""

    def end(self, operation: Operation, status: Status, message: str = "") -> None:
        """Write the operation's line, or now and then the count."""
        self._ended += 1
        bad = status in (Status.FAILED, Status.MOVED)
        self._failed += bad
        if self._total <= SMALL or bad:
            self._write(self._line(operation, status, message))
        elif self._clock() - self._said >= _SECONDS or self._ended == self._total:
            self._said = self._clock()
            failed = f", {self._failed:,} failed" if self._failed else ""
            self._write(f"[{self._ended:,}/{self._total:,}]{failed}\n")

    def _line(self, operation: Operation, status: Status, message: str) -> str:
        width = len(f"{self._total:,}")
        text = f"[{self._ended:>{width},}/{self._total:,}] {operation_label(operation.id)}"
        if status is Status.DONE:
            return f"{text}: {self._style.good(status)}\n"
        why = f": {clean(message)}" if message else ""
        painted = self._style.error(status) if status is Status.FAILED else self._style.warn(status)
        return f"{text}: {painted}{why}\n"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class LiveProgress(AbstractContextManager["LiveProgress"]):
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
        self._under_way: dict[str, None] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def begin(self, operation: Operation) -> None:
        """Name the operation while it is under way."""
        self._under_way[operation.id] = None
        self._tell(0)

    def end(self, operation: Operation, status: Status, message: str = "") -> None:
        """Move the bar; a failure leaves a line."""
        self._under_way.pop(operation.id, None)
        if status in (Status.FAILED, Status.MOVED):
            why = f": {clean(message)}" if message else ""
            self._console.print(f"{operation_label(operation.id)}: {status}{why}", soft_wrap=True, markup=False)
        self._tell(1)

    def _tell(self, step: int) -> None:
        names = [operation_label(each) for each, _ in zip(self._under_way, range(_LATEST), strict=False)]
        room = max(self._style.width - 60, 20)
        self._bar.update(
            self._task, advance=step, description=clip(", ".join(names), room, self._style.symbol("ellipsis"))
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


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
