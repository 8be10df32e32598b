"""The records of a preview on a terminal: side by side where it is wide, now above after where it is not."""

from collections.abc import Iterator, Sequence

from reconciler.report.layout import char_width, pad, text_width, wrap
from reconciler.report.preview_views import RowView
from reconciler.report.style import Style

_WIDE = 120  # columns from which both sides stand side by side
_LONG_NAME = 34  # columns of the record's name at most
_VALUE = 12  # columns that a value needs at least
_TERMS = 4  # of a long value that are told one by one
_HEAD = ("record", "now", "after", "TTL", "cached")
_LEGEND = "cached: how long others may go on answering with what is there now, or with its absence"


def row_lines(rows: Sequence[RowView], style: Style, *, full: bool = False) -> Iterator[str]:
    """Yield the table of records.

    Args:
        rows: Records, in order.
        style: Colours, symbols and width.
        full: Values as a whole, over as many lines as they need.
    """
    wide = style.width >= _WIDE
    limit = _LONG_NAME if wide else style.width // 4 + 2
    name = max(len(_HEAD[0]), min(max(text_width(row.record) for row in rows), limit))
    cached = max(len(_HEAD[4]), *(len(row.cached) for row in rows))
    yield from (_beside if wide else _above)(rows, style, name, cached, full=full)
    if any(row.cached for row in rows):
        yield from (style.dim(f"  {line}") for line in wrap(_LEGEND, style.width - 2))


def _above(rows: Sequence[RowView], style: Style, name: int, cached: int, *, full: bool) -> Iterator[str]:
    """Now on one line, after on the next."""
    arrow = style.symbol("arrow")
    lead = 2 + name + 2
    gap = len(arrow) + 1
    ttl = max(len(_HEAD[3]), *(max(len(row.ttl_now), len(row.ttl_after)) for row in rows))
    room = max(style.width - lead - gap - 2 - ttl - 2 - cached, _VALUE)
    head = f"{' ' * gap}now, {arrow} after"
    yield style.dim(f"  {pad(_HEAD[0], name)}  {pad(head, gap + room)}  {_HEAD[3]:>{ttl}}  {_HEAD[4]}".rstrip())
    for row in rows:
        sides = []
        if row.now:
            sides.append((" " * gap, _fit(row.now, room, style, full=full), row.ttl_now))
        if row.change in ("create", "update"):
            sides.append((f"{arrow} ", _after(row, room, style, full=full), row.ttl_after))
        yield from _sides(row, sides, style, (name, room, ttl))


def _sides(
    row: RowView, sides: Sequence[tuple[str, list[str], str]], style: Style, widths: tuple[int, int, int]
) -> Iterator[str]:
    name, room, ttl = widths
    title = list(_folded(row.record, name))
    number = 0
    for place, (gap, lines, seconds) in enumerate(sides):
        for line_number, line in enumerate(lines):
            record = title[number] if number < len(title) else ""
            first = line_number == 0
            cached = row.cached if first and place == 0 else ""
            mark = _mark(row, style) if number == 0 else " "
            text = f"{gap if first else ' ' * len(gap)}{pad(line, room)}"
            shown = _dress(row, text, style, later=place == len(sides) - 1)
            yield f"{mark} {pad(record, name)}  {shown}  {seconds if first else '':>{ttl}}  {cached}".rstrip()
            number += 1
    yield from (f"  {rest}" for rest in title[number:])


def _beside(rows: Sequence[RowView], style: Style, name: int, cached: int, *, full: bool) -> Iterator[str]:
    """Now and after side by side."""
    arrow = style.symbol("arrow")
    ttls = [_ttl(row, arrow) for row in rows]
    ttl = max(len(_HEAD[3]), *map(len, ttls))
    half = max((style.width - 2 - name - ttl - cached - 8) // 2, _VALUE)
    yield style.dim(
        f"  {pad(_HEAD[0], name)}  {pad(_HEAD[1], half)}  {pad(_HEAD[2], half)}  {_HEAD[3]:<{ttl}}  {_HEAD[4]}"
    )
    for row, seconds in zip(rows, ttls, strict=True):
        columns = [
            list(_folded(row.record, name)),
            _fit(row.now, half, style, full=full),
            [] if row.change == "stays" else _after(row, half, style, full=full),
        ]
        for number in range(max(map(len, columns))):
            record, now, after = (column[number] if number < len(column) else "" for column in columns)
            mark = _mark(row, style) if number == 0 else " "
            tail = f"  {seconds:<{ttl}}  {row.cached}" if number == 0 else ""
            shown = _dress(row, pad(after, half), style, later=True)
            yield f"{mark} {pad(record, name)}  {pad(now, half)}  {shown}{tail}".rstrip()


def _mark(row: RowView, style: Style) -> str:
    return " " if row.change == "stays" else style.action(row.change, style.symbol(row.change))


def _dress(row: RowView, text: str, style: Style, *, later: bool) -> str:
    """Colour what comes or goes; what stays is dim."""
    if row.change == "stays":
        return style.dim(text)
    return style.action(row.change, text) if later else text


def _after(row: RowView, width: int, style: Style, *, full: bool) -> list[str]:
    """The lines of what will stand there; of a long value that changes, the terms that come and go."""
    if row.change == "delete":
        return ["gone"]
    if not row.after:
        return ["the same"]
    terms = [*(f"+ {each}" for each in row.gained), *(f"- {each}" for each in row.lost)]
    if full or not terms:
        return _fit(row.after, width, style, full=full)
    more = [f"and {len(terms) - _TERMS} terms more"] if len(terms) > _TERMS + 1 else []
    return [middle(each, width, style.symbol("ellipsis")) for each in (terms[:_TERMS] if more else terms)] + more


def _ttl(row: RowView, arrow: str) -> str:
    if row.ttl_now and row.ttl_after and row.ttl_now != row.ttl_after:
        return f"{row.ttl_now} {arrow} {row.ttl_after}"
    return row.ttl_after or row.ttl_now


def _fit(text: str, width: int, style: Style, *, full: bool) -> list[str]:
    return list(_folded(text, width)) if full else [middle(text, width, style.symbol("ellipsis"))]


def middle(text: str, width: int, ellipsis: str = "…") -> str:
    """Return text cut to a width in its middle: of a key, both the beginning and the end are compared by eye."""
    if text_width(text) <= width:
        return text
    room = max(width - text_width(ellipsis), 0)
    end = room // 3
    return _taken(text, room - end) + ellipsis + _taken(text[::-1], end)[::-1]


def _taken(text: str, width: int) -> str:
    taken = 0
    for place, char in enumerate(text):
        taken += char_width(char)
        if taken > width:
            return text[:place]
    return text


def _folded(text: str, width: int) -> Iterator[str]:
    """Yield a text's lines, broken at blanks, and within a word that is longer than a line."""
    for line in wrap(text, width):
        rest = line
        while text_width(rest) > width:
            part = _taken(rest, width)
            yield part
            rest = rest[len(part) :]
        yield rest
