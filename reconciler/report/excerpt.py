"""One line of a file with something underlined, fit to be shown: no tabs, no control characters, no secrets."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.report.layout import char_width, clean, text_width

#: Gives a line (counted from 1) of a file without its line break; None where it can not be read.
ReadLine: TypeAlias = Callable[[str, int], str | None]

_TAB = "    "
_MASK = "***"
_WORDS = r"pass(?:word|wd|phrase)|secret|token|api[_-]?key|dsn|credential|identity"
_NAME = rf"""["']?(?![\w-]*version)[\w-]*(?:{_WORDS})[\w-]*["']?"""
_SECRET = re.compile(rf"(?:^|[\s{{,\[]){_NAME}\s*:(?=\s|$)", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*:)([^/\s@]+)(?=@)")
_AGE_KEY = re.compile(r"(?<=AGE-SECRET-KEY-)\w+", re.IGNORECASE)
_KEY = re.compile(r"\s*(?:-\s+)*(?:[\w-]+\s*:(?:\s+|\Z))?")
_LOOK_BACK = 20  # lines above in which an enclosing key is looked for


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line as shown, and the columns to underline, counted from 0."""

    text: str
    start: int
    length: int


def _flow_end(text: str, start: int) -> int | None:
    """Where the mapping or list that opens at a place closes; None if not on this line."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "{[":
            depth += 1
        elif text[place] in "}]":
            depth -= 1
            if depth == 0:
                return place + 1
    return None


def _secrets(text: str) -> Iterator[tuple[int, int | None]]:
    """Yield where the value of each key that sounds secret begins, and where it ends; None if that can not be told.

    Only a mapping or list that closes on its line has a sure end: a scalar may go on where the line seems to end it.
    """
    place = 0
    while match := _SECRET.search(text, place):
        start = match.end() + _indent(text[match.end() :])
        end = _flow_end(text, start) if text[start : start + 1] in ("{", "[") else None
        yield start, end
        place = end or match.end()


def mask(text: str) -> str:
    """Return a line without the values of keys that sound secret, and without passwords in URLs and keys of age.

    A reference such as `{env: NAME}` is blotted out at its own length, so that columns to its right stay; anything
    else up to the end of the line by a fixed sign, which does not tell its length.
    """
    for start, end in _secrets(text):
        if end is None:
            text = text[:start] + (_MASK if text[start:].strip() else "")
            break
        text = text[:start] + "*" * (end - start) + text[end:]
    text = _AGE_KEY.sub(lambda match: "*" * len(match[0]), text)
    return _URL_PASSWORD.sub(lambda match: match[1] + "*" * len(match[2]), text)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def _below_secret(read_line: ReadLine, file: str, line: int, text: str) -> bool:
    """Whether a line belongs to the value of a key that sounds secret, further up."""
    margin = _indent(text)
    item = text.lstrip().startswith("-")  # an item may stand as far left as the key of its list
    for number in range(line - 1, max(line - _LOOK_BACK, 0), -1):
        above = read_line(file, number)
        if above is None:
            return False
        indent = _indent(above)
        if above.strip() and (indent < margin or (item and indent == margin and above[indent] != "-")):
            if any(end is None for _, end in _secrets(above)):
                return True
            margin, item = indent, above[indent] == "-"
    return False


def safe_line(read_line: ReadLine, file: str, line: int) -> str | None:
    """Return a line of a file with its secrets blotted out; None where it can not be read."""
    text = read_line(file, line)
    if text is None:
        return None
    text = text.rstrip("\r\n")
    if _below_secret(read_line, file, line, text):
        key = _KEY.match(text)
        return (key[0] if key else "") + _MASK
    return mask(text)


def _cell(char: str) -> str:
    return _TAB if char == "\t" else clean(char)


def excerpt(text: str, column: int, length: int, room: int, *, ellipsis: str = "…") -> Excerpt:
    """Return a line as shown, cut around what is underlined where it is too long.

    Args:
        text: The line.
        column: First character to underline, from 1; a place beyond the end stands at the end.
        length: Characters to underline; at least one column is.
        room: Columns there are.
        ellipsis: Stands where something was cut.
    """
    cells = [_cell(char) for char in text]
    first = min(max(column - 1, 0), len(cells))
    last = min(first + max(length, 1), len(cells))
    widths = list(map(_width, cells))
    if sum(widths) <= room:
        return Excerpt("".join(cells).rstrip(), sum(widths[:first]), max(sum(widths[first:last]), 1))
    return _window(cells, range(first, last), room, ellipsis)


def _width(cell: str) -> int:
    return char_width(cell) if len(cell) == 1 else len(cell)


def _window(cells: list[str], marked: range, room: int, ellipsis: str) -> Excerpt:
    first, last = marked.start, marked.stop
    widths = list(map(_width, cells))
    edge = text_width(ellipsis)
    begin = first
    before = 0
    while begin > 0 and before + widths[begin - 1] <= room // 3:
        begin -= 1
        before += widths[begin]
    head = ellipsis if begin else ""
    taken = edge if begin else 0
    end = begin
    while end < len(cells) and taken + widths[end] + (edge if end + 1 < len(cells) else 0) <= room:
        taken += widths[end]
        end += 1
    tail = ellipsis if end < len(cells) else ""
    start = (edge if begin else 0) + before
    underlined = sum(widths[first : min(last, end)])
    return Excerpt(head + "".join(cells[begin:end]) + tail, start, max(underlined, 1))
