"""Storage given out over a run, a line an instance (netcup/N10)."""

from collections.abc import Iterator, Sequence

from reconciler.model.sizes import format_size
from reconciler.plan.document import LedgerLine
from reconciler.report.layout import clean, hang, pad, text_width
from reconciler.report.style import Style

_BAR = 20  # columns
_TOGETHER = "\xa0"  # a blank at which no line ends


def bar(line: LedgerLine, style: Style) -> str:
    """A bar as long as the booked storage: full up to the end's amount, half up to the peak, void beyond."""
    if line.booked <= 0:
        return style.symbol("void") * _BAR
    end = min(round(_BAR * line.end / line.booked), _BAR)
    peak = min(round(_BAR * line.peak / line.booked), _BAR)
    return (
        style.symbol("full") * end
        + style.symbol("part") * max(peak - end, 0)
        + style.symbol("void") * (_BAR - max(peak, end))
    )


def ledger_lines(ledger: Sequence[LedgerLine], style: Style) -> Iterator[str]:
    """Yield each instance's storage: a bar, and start, peak and end of what is booked."""
    width = max((text_width(clean(line.instance)) for line in ledger), default=0)
    for line in ledger:
        over = max(line.peak, line.end) > line.booked
        parts = (
            f"start {format_size(line.start)},",
            f"peak {format_size(line.peak)},",
            f"end {format_size(line.end)}",
            f"of {format_size(line.booked)} booked" + (": too much" if over else ""),
        )
        whole = " ".join(part.replace(" ", _TOGETHER) for part in parts)
        lines = hang(whole, 2 + width + 2 + _BAR + 2, style.width)
        first, *rest = (each.replace(_TOGETHER, " ") for each in lines)
        paint = style.error if over else str
        yield f"  {pad(clean(line.instance), width)}  {paint(f'{bar(line, style)}  {first}')}"
        yield from map(paint, rest)
