"""What a plan declares and does not do yet, with when it may be done and why: for a terminal."""

from collections.abc import Iterator, Sequence

from reconciler.dns.preview import Held
from reconciler.report.layout import clean, count, hang
from reconciler.report.preview_views import duration
from reconciler.report.style import Style
from reconciler.report.times import moment

_MINUTE = 60


def held_lines(held: Sequence[Held], style: Style, *, indent: int = 2, full: bool = True) -> Iterator[str]:
    """Yield what waits, the earliest first: the change, then when it may be done and why.

    Args:
        held: Of one domain.
        style: Colours, symbols and width.
        indent: Blanks before each line.
        full: Everything; else the first, and how many more.
    """
    ordered = sorted(held, key=lambda each: (each.not_before is None, each.not_before or 0))
    for each in ordered if full else ordered[:1]:
        label = "waits "
        inner = indent + len(label)
        change = list(hang(_arrows(clean(each.change), style), inner, style.width))
        yield f"{' ' * indent}{style.update(label)}{change[0]}"
        yield from change[1:]
        text = f"{when(each)}: {clean(each.reason)}" + (f" ({clean(each.rule)})" if each.rule else "")
        yield from (" " * inner + line.lstrip() for line in hang(text, inner, style.width))
    if not full and len(ordered) > 1:
        more = f"and {count(len(ordered) - 1, 'more step')} after it"
        yield " " * (indent + len("waits ")) + style.dim(more)


def when(held: Held) -> str:
    """Return when a change may be made: `not before 2026-11-23 06:00 UTC`, or how long after what goes before it."""
    if held.not_before is not None:
        return f"not before {_minute(held.not_before)}"
    if held.seconds is not None:
        return f"{duration(held.seconds)} after the step before it"
    return "after the step before it"


def _minute(seconds: int) -> str:
    """A moment to the minute, never earlier than it is."""
    text = moment(-(-seconds // _MINUTE) * _MINUTE)
    return text.replace(":00 UTC", " UTC")


def _arrows(text: str, style: Style) -> str:
    return text.replace("→", style.symbol("arrow"))
