"""Aligned columns, and lists of names with their values."""

import re
from collections.abc import Iterator, Sequence

from reconciler.report.layout import hang, pad, text_width
from reconciler.report.style import Style

_NUMBER = re.compile(r"(?:-?[0-9][0-9,.]*(?: EUR)?)?\Z")


def table(rows: Sequence[Sequence[str]], style: Style, *, head: Sequence[str] = (), indent: int = 2) -> Iterator[str]:
    """Yield rows as columns; a column of numbers stands right.

    Args:
        rows: Cells, uncoloured; all rows as long as each other.
        style: For the heading.
        head: Names of the columns.
        indent: Blanks before each line.
    """
    every = [*([head] if head else []), *rows]
    if not rows:
        return
    widths = [max(text_width(row[place]) for row in every) for place in range(len(every[0]))]
    right = [all(_NUMBER.match(row[place]) for row in rows) for place in range(len(widths))]
    for number, row in enumerate(every):
        cells = [
            " " * (width - text_width(cell)) + cell if stands else pad(cell, width)
            for cell, width, stands in zip(row, widths, right, strict=True)
        ]
        line = " " * indent + "  ".join(cells).rstrip()
        yield style.dim(line) if head and number == 0 else line


def pairs(items: Sequence[tuple[str, str | None]], style: Style, *, indent: int = 2) -> Iterator[str]:
    """Yield `name  value` lines; a value that is None is left out."""
    told = [(name, value) for name, value in items if value is not None]
    width = max((text_width(name) for name, _ in told), default=0)
    for name, value in told:
        lines = list(hang(value, indent + width + 2, style.width))
        yield f"{' ' * indent}{style.dim(pad(name, width))}  {lines[0]}"
        yield from lines[1:]
