"""The parts: how a journal too long for the head is stored, and how a folded one becomes a link of the history."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import orjson

from reconciler.state.places.register import problems
from reconciler.state.places.register.head import Head, Part, Snapshot, fresh_name, pack_part, unpack_part
from reconciler.state.places.register.protocol import Register

#: Bytes of a snapshot from which on it is a part of its own. What stands in the head is written with every commit.
SMALL = 1 << 14
#: Bytes of a journal's tail from which on it becomes a part.
INLINE = 1 << 16
#: Bytes of a part of the journal from which on it is left as it is.
FULL = 1 << 22


T = TypeVar("T")


class Attempt(Protocol):
    """Makes a call that may be repeated without harm, again where that may help."""

    def __call__(self, call: Callable[[], T], /) -> T:
        """Return what the call returns."""
        ...


class Gone(Exception):
    """A part that a head names is not there: the head is an older one, or the part was lost."""

    def __init__(self, part: Part) -> None:
        """Name it."""
        super().__init__(part.name)
        self.part = part


@dataclass(slots=True)
class Draft:
    """A head about to be written, with the parts that its write makes and those it makes useless."""

    head: Head
    made: list[Part] = field(default_factory=list)
    useless: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A folded journal: its parts and its tail, and the link before it.

    It is stored as a line of JSON, and the tail behind it. So a journal becomes history without being copied.

    Attributes:
        before: The link of the journal folded before it.
        parts: The journal's parts.
        tail: Its bytes behind these.
        length: How many bytes of all that count.
    """

    before: Part | None
    parts: tuple[Part, ...]
    tail: bytes
    length: int

    def encode(self) -> bytes:
        """Return the link as it is stored."""
        line: dict[str, Any] = {
            "format": "reconciler.history/1",
            "before": None if self.before is None else pack_part(self.before),
            "parts": [pack_part(part) for part in self.parts],
            "length": self.length,
        }
        return orjson.dumps(line) + b"\n" + self.tail

    @classmethod
    def decode(cls, data: bytes) -> "Link":
        """Undo `encode`."""
        line, _, tail = data.partition(b"\n")
        fields: dict[str, Any] = orjson.loads(line)
        before = None if fields["before"] is None else unpack_part(fields["before"])
        return cls(before, tuple(map(unpack_part, fields["parts"])), tail, fields["length"])


class Parts:
    """The parts of one state."""

    def __init__(self, register: Register, attempt: Attempt) -> None:
        """Keep parts in a register.

        Args:
            register: The place.
            attempt: Makes a call that may be repeated, again where that may help.
        """
        self._register = register
        self._attempt = attempt
        self._recent: dict[str, bytes] = {}  # the parts of the journal that the next one may swallow

    def read(self, part: Part) -> bytes:
        """Return a part's content.

        Raises:
            Gone: If it is not there.
            Problem: If it is not what was written.
        """
        name = part.name
        data = self._attempt(lambda: self._register.read_part(name))
        if data is None:
            raise Gone(part)
        if not part.holds(data):
            detail = f"{len(data)} of {part.size} bytes" if len(data) != part.size else "its SHA-256 differs"
            raise problems.truncated(self._register.where, name, detail)
        return data

    def snapshot(self, head: Head) -> bytes | None:
        """Return the snapshot a head names."""
        if head.snapshot is None:
            return None
        content = head.snapshot.content
        return self.read(content) if isinstance(content, Part) else content

    def journal(self, head: Head) -> bytes:
        """Return the journal a head names."""
        return b"".join(map(self.read, head.journal)) + head.tail

    def store(self, whole: bytes, identity: bytes, serial: int) -> Snapshot:
        """Return a snapshot as a head names it; a large one is stored now."""
        return Snapshot(identity, whole if len(whole) < SMALL else self._write(serial, "snapshot", whole))

    def append(self, draft: Draft, data: bytes, at: int) -> None:
        """Let a draft's journal end in `data` after its first `at` bytes."""
        self._cut(draft, at)
        head = draft.head
        tail = head.tail + data
        if len(tail) < INLINE:
            draft.head = replace(head, tail=tail)
            return
        # a part swallows those before it that are not larger: there are never many, and none is copied often
        kept = list(head.journal)
        while kept and kept[-1].size <= len(tail) < FULL:
            last = kept.pop()
            tail = (self._recent.get(last.name) or self.read(last)) + tail
            draft.useless.append(last)
        part = self._write(head.serial, "journal", tail)
        draft.made.append(part)
        self._recent = {name: old for name, old in self._recent.items() if name in {each.name for each in kept}}
        if len(tail) < FULL:
            self._recent[part.name] = tail
        draft.head = replace(head, journal=(*kept, part), tail=b"")

    def fold(self, draft: Draft, at: int) -> None:
        """Let the first `at` bytes of a draft's journal become history, and cut off the rest."""
        self._cut(draft, at)
        head = draft.head
        if head.length:
            link = Link(head.history, head.journal, head.tail, head.length)
            part = self._write(head.serial, "history", link.encode())
            draft.made.append(part)
            draft.head = replace(head, journal=(), tail=b"", history=part)

    def links(self, head: Head) -> Iterator[Link]:
        """Yield the folded journals, newest first."""
        part = head.history
        while part is not None:
            data = self.read(part)
            try:
                link = Link.decode(data)
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise problems.truncated(self._register.where, part.name, f"no link ({error!r})") from None
            yield link
            part = link.before

    def folded(self, link: Link) -> bytes:
        """Return the journal a link holds."""
        return (b"".join(map(self.read, link.parts)) + link.tail)[: link.length]

    def link(self, journal: bytes, before: Part | None, serial: int) -> Part:
        """Store a folded journal as a link of its own, behind another."""
        return self._write(serial, "history", Link(before, (), journal, len(journal)).encode())

    def _cut(self, draft: Draft, at: int) -> None:
        head = draft.head
        if at > head.length:
            raise problems.cut(self._register.where)
        if at == head.length:
            return
        kept: list[Part] = []
        left = at
        for part in head.journal:
            if part.size > left:
                break
            kept.append(part)
            left -= part.size
        gone = head.journal[len(kept) :]
        # a commit is written whole or not at all, so nothing here is torn; still the promise of `append` is kept
        tail = self.read(gone[0])[:left] if gone and left else b"" if gone else head.tail[:left]
        draft.useless.extend(gone)
        draft.head = replace(head, journal=tuple(kept), tail=tail)

    def _write(self, serial: int, what: str, data: bytes) -> Part:
        part = Part.of(fresh_name(serial, what), data)
        self._attempt(lambda: self._register.write_part(part.name, data))
        return part


def reached(head: Head, links: Iterable[Link]) -> frozenset[str]:
    """Return the names of all parts that a head names, itself or by its history."""
    names = set(head.named)
    for link in links:
        names.update(part.name for part in link.parts)
        if link.before is not None:
            names.add(link.before.name)
    return frozenset(names)
