"""One record's text: finding its parts, and exchanging one of them while the rest stays as it is written."""

from dataclasses import dataclass

from reconciler.model.presentation import TEXT, relative, strings
from reconciler.model.rrsets import RRset
from reconciler.providers.zonefile.scan import PIECE, Entry

_SERIAL = 2  # index of the field among the SOA's seven


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a record stand in its own text.

    Attributes:
        head: Where TTL, class and type begin.
        ttl: The TTL, where it is written.
        data: Each word of its data.
        data_end: Behind the last word or parenthesis of its data.
        simple: Whether no parenthesis opens before the data.
    """

    head: int
    ttl: tuple[int, int] | None
    data: tuple[tuple[int, int], ...]
    data_start: int
    data_end: int
    simple: bool


def parts(text: str, entry: Entry) -> Parts:
    """Find the parts of a record in its text."""
    words: list[tuple[int, int]] = []
    marks: list[int] = []  # parentheses
    at = 0
    while at < len(text):
        piece = PIECE.match(text, at)
        assert piece is not None, "the text was scanned before"
        if piece[0] in "()":
            marks.append(at)
        elif piece[0][0] not in " \t\r\n;":
            words.append(piece.span())
        at = piece.end()
    first = 1 if entry.owned else 0
    index, ttl = first, None
    while text[slice(*words[index])].upper() != entry.type:
        if entry.timed and _is_ttl(text, words[index]):
            ttl = words[index]
        index += 1
    data = tuple(words[index + 1 :])
    type_end = words[index][1]
    starts = [*(begin for begin, _ in data), *(mark for mark in marks if mark >= type_end)]
    ends = [*(end for _, end in data), *(mark + 1 for mark in marks if mark >= type_end)]
    simple = all(mark >= type_end for mark in marks)
    return Parts(words[first][0], ttl, data, min(starts, default=type_end), max(ends, default=type_end), simple)


def _is_ttl(text: str, span: tuple[int, int]) -> bool:
    return text[span[0]].isdigit()


def with_ttl(text: str, entry: Entry, ttl: int) -> str:
    """Write a TTL into a record, in the place of the one it has or before its class and type."""
    found = parts(text, entry)
    if found.ttl is not None:
        return f"{text[: found.ttl[0]]}{ttl}{text[found.ttl[1] :]}"
    return f"{text[: found.head]}{ttl} {text[found.head :]}"


def with_owner(text: str, entry: Entry) -> str:
    """Write its owner into a record that took it from the one before; the blanks stay."""
    return relative(entry.owner, entry.origin) + text


def with_value(text: str, entry: Entry, value: str, newline: str) -> str:
    """Exchange a record's data; what stands before it and a comment behind it stay."""
    found = parts(text, entry)
    written = strings(value) if entry.type in TEXT else value
    if found.simple:
        return f"{text[: found.data_start]}{written}{text[found.data_end :]}"
    owner = relative(entry.owner, entry.origin) if entry.owned else ""
    ttl = f"{entry.ttl} " if entry.timed else ""
    return f"{owner} {ttl}IN {entry.type} {written}{newline}"


def with_serial(text: str, entry: Entry, serial: int) -> str:
    """Exchange the serial of an SOA record."""
    begin, end = parts(text, entry).data[_SERIAL]
    return f"{text[:begin]}{serial}{text[end:]}"


def new_line(rrset: RRset, value: str, origin: str, implied: int | None, newline: str) -> str:
    """Return a record's line; the TTL is left out where the file's default is the same."""
    ttl = "" if implied == rrset.ttl else f"{rrset.ttl}\t"
    written = strings(value) if rrset.type in TEXT else value
    return f"{relative(rrset.name, origin)}\t{ttl}IN\t{rrset.type}\t{written}{newline}"
