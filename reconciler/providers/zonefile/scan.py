r"""A zone file's text as a list of lines with meaning: records and directives, each with its place in the text.

dnspython reads what a file says but not where it says it; editing needs the place. The text is the file's octets one to
one (latin-1), so that what is not edited is written back as it was; octets above 127 reach names and data as `\DDD`,
which is how a name server reads them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.model.presentation import BadRdata, absolute

# Each of these has only one way to read a text: runs of plain characters are parted by what is none, an escape or a
# quoted text, so going back finds nothing else to try, and time is linear. Possessive quantifiers would say the same,
# but nested ones match wrongly before Python 3.11.5.
_ONE_LINE = re.compile(
    r'([^;"()\\]*(?:(?:\\.|"[^"\\]*(?:\\.[^"\\]*)*")[^;"()\\]*)*)(?:;.*)?\Z',
    re.DOTALL,
)
PIECE = re.compile(
    r'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"'
    r"|;[^\n]*|[()]|\n|[ \t\r]+"
    r'|(?:[^ \t\r\n;"()\\]|\\[^\n])[^ \t\r\n;"()\\]*(?:\\[^\n][^ \t\r\n;"()\\]*)*'
)
_RECORD = re.compile(
    r"((?:[^ \t\r\\]|\\.)[^ \t\r\\]*(?:\\.[^ \t\r\\]*)*)?[ \t\r]+"
    r"(?:(\d[\dwdhms]*)[ \t\r]+)?"
    r"(?:(IN|CH|HS|CLASS\d+)[ \t\r]+)?"
    r"(?:(\d[\dwdhms]*)[ \t\r]+)?"
    r"([a-z][^ \t\r]*)[ \t\r]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[^ \t\r]+")
_TTL_PART = re.compile(r"(\d+)([wdhms]?)", re.IGNORECASE)
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_HIGH = re.compile(r"[\x80-\xff]")
_SPECIAL = re.compile(r'[;"()]')
_SOA_MINIMUM = 6  # index of the field among the SOA's seven


class BrokenZone(Exception):
    """A zone file that can not be read; the message is one lower-case sentence, `where` is `file:line`."""

    def __init__(self, message: str, where: str) -> None:
        """Say what is wrong and where."""
        super().__init__(message)
        self.where = where


@dataclass(slots=True)
class Entry:
    """A record of the file.

    Attributes:
        start: Offset of its first octet.
        end: Offset behind its last, the line's end included.
        owner: Fully qualified, lower case, without the closing dot.
        owned: Whether the owner is written, not taken from the record before.
        ttl: Seconds.
        timed: Whether the TTL is written.
        type: As written, upper case.
        rdata: On one line, without comments and parentheses.
        origin: What its relative names are relative to.
    """

    start: int
    end: int
    line: int
    owner: str
    owned: bool
    ttl: int
    timed: bool
    type: str
    rdata: str
    origin: str


@dataclass(slots=True)
class Directive:
    """A control line, such as `$TTL 3600`, with the origin and TTL in force at it."""

    start: int
    end: int
    line: int
    word: str  # upper case, with the dollar
    rest: tuple[str, ...]
    origin: str
    ttl: int | None


Item: TypeAlias = Entry | Directive


@dataclass(slots=True)
class Clock:
    """Which TTL a record has that writes none (RFC 2308 §4, RFC 1035 §5.1)."""

    default: int | None = None  # $TTL
    last: int | None = None  # the last one written
    minimum: int | None = None  # of the SOA, where nothing else is known

    @property
    def implied(self) -> int | None:
        """Seconds, or None where the file has not said any."""
        if self.default is not None:
            return self.default
        return self.minimum if self.last is None else self.last


@dataclass(slots=True)
class Context:
    """What a line inherits from the lines before it."""

    file: str
    zone: str
    origin: str
    owner: str
    clock: Clock = field(default_factory=Clock)

    def included(self, file: str, origin: str) -> "Context":
        """What an included file starts with; nothing it says comes back (RFC 1035 §5.1)."""
        return Context(file, self.zone, origin, self.owner, replace(self.clock))


def seconds(text: str) -> int:
    """Return a TTL in seconds: a number, or BIND's `1h30m`."""
    if text.isdigit():
        return int(text)
    return sum(int(number) * _UNITS[unit.lower()] for number, unit in _TTL_PART.findall(text))


def plain(text: str) -> str:
    r"""Return text with octets above 127 as `\DDD`."""
    return text if text.isascii() else _HIGH.sub(lambda match: f"\\{ord(match[0]):03d}", text)


def scan(text: str, context: Context) -> Iterator[Item]:
    """Yield the records and directives of a zone file in order; `context` moves along with them.

    Raises:
        BrokenZone: If a line is neither.
    """
    at, line, size = 0, 1, len(text)
    while at < size:
        stop = text.find("\n", at)
        stop = size if stop < 0 else stop
        raw, end, lines = text[at:stop], min(stop + 1, size), 1
        if not raw or raw[0] == ";":
            flat = ""
        elif _SPECIAL.search(raw) is None:
            flat = raw
        elif single := _ONE_LINE.match(raw):
            flat = single[1]
        else:
            flat, end = _flatten(text, at, f"{context.file}:{line}")
            lines = text.count("\n", at, end) + (end == size and text[-1] != "\n")
        flat = flat.rstrip(" \t\r")
        if flat:
            flat = plain(flat)
            yield (_directive if flat[0] == "$" else _entry)(flat, at, end, line, context)
        at, line = end, line + lines


def _flatten(text: str, at: int, where: str) -> tuple[str, int]:
    """Fold a record in parentheses into one line; return it and the offset behind it."""
    words: list[str] = []
    depth, lead = 0, text[at] in " \t"
    while at < len(text):
        piece = PIECE.match(text, at)
        if piece is None:
            raise BrokenZone("a quoted text is not closed on its line", where)
        word, at = piece[0], piece.end()
        if word == "\n" and depth == 0:
            break
        if word in "()":
            depth += 1 if word == "(" else -1
            if depth < 0:
                raise BrokenZone("a closing parenthesis has no opening one", where)
        elif word[0] not in " \t\r\n;":
            words.append(word)
    if depth:
        raise BrokenZone("a parenthesis is never closed", where)
    return (" " if lead and words else "") + " ".join(words), at


def _directive(flat: str, start: int, end: int, line: int, context: Context) -> Directive:
    word, *rest = _WORD.findall(flat)
    where = f"{context.file}:{line}"
    clock = context.clock
    found = Directive(start, end, line, word.upper(), tuple(rest), context.origin, clock.implied)
    if found.word not in {"$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"}:
        raise BrokenZone(f"{word} is not a directive", where)
    if not rest:
        raise BrokenZone(f"{word} has no argument", where)
    if found.word == "$TTL":
        if not rest[0][0].isdigit():
            raise BrokenZone(f"'{rest[0]}' is not a TTL", where)
        clock.default = seconds(rest[0])
    elif found.word == "$ORIGIN":
        context.origin = _name(rest[0], context.origin, where)
    return found


def _name(word: str, origin: str, where: str) -> str:
    try:
        return absolute(word, origin)
    except BadRdata as error:
        raise BrokenZone(str(error), where) from None


def _entry(flat: str, start: int, end: int, line: int, context: Context) -> Entry:
    match = _RECORD.fullmatch(flat)
    if match is None:
        raise BrokenZone(f"'{flat.strip()[:60]}' is not a record", f"{context.file}:{line}")
    owner, early, klass, late, rtype, rdata = match.groups()
    if klass is not None and klass.upper() not in {"IN", "CLASS1"}:
        raise BrokenZone(f"a record of class {klass} can not stand in this zone", f"{context.file}:{line}")
    if early and late:
        raise BrokenZone("a record has two TTLs", f"{context.file}:{line}")
    if owner is not None:
        context.owner = _name(owner, context.origin, f"{context.file}:{line}")
    rtype, clock, written = rtype.upper(), context.clock, early or late
    if rtype == "SOA" and clock.minimum is None:
        clock.minimum = soa_minimum(rdata)
    if written:
        clock.last = seconds(written)
    ttl = clock.last if written else clock.implied
    if ttl is None:
        raise BrokenZone("a record has no TTL, and no $TTL stands before it", f"{context.file}:{line}")
    return Entry(
        start, end, line, context.owner, owner is not None, ttl, written is not None, rtype, rdata, context.origin
    )


def soa_minimum(rdata: str) -> int | None:
    """Return the last field of an SOA record's data in seconds; None where it has none."""
    words = _WORD.findall(rdata)
    known = len(words) > _SOA_MINIMUM and words[_SOA_MINIMUM][0].isdigit()
    return seconds(words[_SOA_MINIMUM]) if known else None
