"""Text on a grid of columns: how wide it is, how it is cut, padded and wrapped, and what must not reach a terminal."""

import re
import unicodedata
from collections.abc import Iterator

#: Characters that steer a terminal or turn the direction of what follows; a provider's text may hold them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

_LEAST_ROOM = 20  # columns that prose needs
_WORD = re.compile(r"(?:`[^`]*`|[^ ])+")


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004


def clean(text: str) -> str:
    r"""Return text that is safe to print: control and direction characters become `\x1b` or `\u202e`."""
    return _UNSAFE.sub(_escaped, text)


def char_width(char: str) -> int:
    """Columns one character takes: 0 for a combining mark, 2 for a wide one (Unicode TR 11), else 1."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def text_width(text: str) -> int:
    """Columns a text takes."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def pad(text: str, width: int) -> str:
    """Return text with blanks to a width; longer text stays as it is."""
    return text + " " * (width - text_width(text))


def clip(text: str, width: int, ellipsis: str = "…") -> str:
    """Return text cut to a width, with an ellipsis where something was cut."""
    if text_width(text) <= width:
        return text
    room = max(width - text_width(ellipsis), 0)
    taken = 0
    for place, char in enumerate(text):
        taken += char_width(char)
        if taken > room:
            return text[:place] + ellipsis
    return text


def wrap(text: str, width: int, first: int | None = None) -> list[str]:
    """Return the lines of a text, broken at blanks; words longer than a line, and `commands`, stay whole.

    Args:
        text: Of one paragraph.
        width: Columns of a line.
        first: Columns of the first line, where that has other ones.
    """
    lines: list[str] = []
    line, taken = "", 0
    room = width if first is None else first
    for word in _WORD.findall(text):
        size = text_width(word)
        if line and taken + 1 + size > room:
            lines.append(line)
            line, taken, room = word, size, width
        else:
            line, taken = (f"{line} {word}", taken + 1 + size) if line else (word, size)
    return [*lines, line]


def hang(text: str, indent: int, width: int, used: int | None = None) -> Iterator[str]:
    """Yield a text's lines, each but the first indented, so that the whole stands right of a margin.

    Args:
        text: Of one paragraph.
        indent: Blanks before each line but the first.
        width: Columns of a whole line.
        used: Columns that are taken on the first line, if not `indent`; where they leave no room, it stays empty.
    """
    first = width - (indent if used is None else used)
    if first < _LEAST_ROOM and used is not None:
        yield ""
        yield from (" " * indent + line for line in wrap(text, max(width - indent, _LEAST_ROOM)))
        return
    for number, line in enumerate(wrap(text, max(width - indent, _LEAST_ROOM), first)):
        yield line if number == 0 else " " * indent + line


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 mailbox`, `1,200 mailboxes`: a number with its noun."""
    if number == 1:
        return f"1 {noun}"
    if plural is None:
        plural = f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"
    return f"{number:,} {plural}"
