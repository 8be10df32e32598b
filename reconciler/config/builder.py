"""The tree of one file while it is built: every event but the plain ones, which `events` handles in its loop."""

from typing import Any, Final, NoReturn, TypeAlias

from yaml.events import MappingStartEvent, ScalarEvent

from reconciler.config.anchors import Anchors, Dropped, settle
from reconciler.config.mistakes import (
    MAX_DEPTH,
    duplicate_key,
    expansion_too_large,
    key_missing,
    key_not_text,
    many_documents,
    nesting_too_deep,
    recursive_alias,
    undefined_alias,
    unknown_tag,
)
from reconciler.config.nodes import Map, Node, Seq, new_seq
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.source import Span, pack

#: libyaml's events have what their class says; one loose type keeps the hot loop free of casts.
AnyEvent: TypeAlias = Any
NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
_CORE: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset({"!", *(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))})


class Stop(Exception):
    """The rest of the file is not worth reading; the reason is among the diagnostics."""


class Builder:
    """Where reading stands in one file, and what it has found.

    Attributes:
        top: The documents of the file, one after the other.
        box: The list or mapping that is open, innermost.
        key: The key of its entry whose value comes next.
        key_place: Where that key stands, packed.
        stack: The open lists and mappings around it, each with its key that waits until the inner one is complete.
        odd: Open mappings with keys that are none, innermost last.
        diagnostics: What is wrong with the file.
    """

    __slots__ = (
        "anchors",
        "box",
        "diagnostics",
        "documents",
        "file",
        "key",
        "key_place",
        "odd",
        "stack",
        "top",
    )

    def __init__(self, file: str) -> None:
        """Begin a file; `file` is its name for spans."""
        self.file = file
        self.top = new_seq()
        self.box: Map | Seq = self.top
        self.key: str | None = None
        self.key_place = 0
        self.stack: list[tuple[Map | Seq, str | None]] = []
        self.documents: list[int] = []  # where each begins
        self.anchors = Anchors()
        self.odd: list[Map] = []
        self.diagnostics: list[Diagnostic] = []

    def special(self, event: ScalarEvent, place: int) -> str | None:
        """A scalar with a tag or an anchor."""
        self._check_tag(event.tag, place)
        value: str | None = event.value
        if event.tag is None and event.implicit[0] and value in NOTHING:
            value = None
        if event.anchor is not None:
            self.anchors.named[event.anchor] = (value, place)
        return value

    def _check_tag(self, tag: str | None, place: int) -> None:
        if tag is None or tag in _KNOWN_TAGS:
            return
        self._note(unknown_tag(tag.replace(_CORE, "!!"), self._span(place)))

    def unusual_key(self, event: AnyEvent, value: str | None, place: int) -> str:
        """What stands for a key that is missing, written twice, or asks for a merge."""
        box = self.box
        assert isinstance(box, Map), "keys stand in mappings"
        if value == "<<" and event.__class__ is ScalarEvent and event.implicit[0]:
            return self._odd_key(box, merges=True)
        if value is None:
            self._note(key_missing(self._span(place)))
        elif value in box:
            self._note(duplicate_key(value, self._span(box.place(value, of_key=True)), self._span(place)))
        else:
            return value
        return self._odd_key(box)

    def _odd_key(self, box: Map, *, merges: bool = False) -> str:
        if not (self.odd and self.odd[-1] is box):
            self.odd.append(box)
        return Dropped.key(merges=merges)

    def open(self, event: AnyEvent) -> None:
        """A list or a mapping begins."""
        mark = event.start_mark
        place = pack(mark.line, mark.column, 0)
        child: Map | Seq = Map() if event.__class__ is MappingStartEvent else Seq()
        child.at = place
        child.places = []
        if event.tag is not None:
            self._check_tag(event.tag, place)
        if event.anchor is not None:
            self.anchors.named[event.anchor] = (child, place)
        box, key = self.box, self.key
        if key is not None:
            box[key] = child  # type: ignore[call-overload]  # only a mapping has a key that waits
            box.places += (self.key_place, place)
            key = None
        else:
            key = self._attach(child, place)
        self.stack.append((box, key))
        if len(self.stack) > MAX_DEPTH:
            self.too_deep(place)
        self.box = child
        self.key = None

    def _attach(self, value: Node, place: int) -> str | None:
        """Put a value that is not a plain scalar where it belongs; return the key that waits once it is complete."""
        box, key = self.box, self.key
        if isinstance(box, Seq):
            box.append(value)
            box.places.append(place)
            return None
        if key is None:
            self._note(key_not_text(self._span(place)))
            self.key_place = place
            return self._odd_key(box)
        box[key] = value
        box.places += (self.key_place, place)
        self.key = None
        return None

    def close(self, _: AnyEvent) -> None:
        """A list or a mapping ends."""
        closed = self.box
        if self.odd and self.odd[-1] is closed:
            self.diagnostics += settle(self.odd.pop(), self.file)
        self.box, self.key = self.stack.pop()

    def alias(self, event: AnyEvent) -> None:
        """`*name`: the value that `&name` marks, shared."""
        name, mark = event.anchor, event.start_mark
        place = pack(mark.line, mark.column, len(name) + 1)
        if name not in self.anchors.named:
            self._note(undefined_alias(name, self._span(place)))
            self._put(event, None, place)
            return
        value, defined = self.anchors.named[name]
        if value is self.box or any(value is box for box, _ in self.stack if value is not None):
            self._note(recursive_alias(name, self._span(defined), self._span(place)))
            value = None
        within, depth = self.anchors.expand(value, mark.index)
        if not within:
            self._stop(expansion_too_large(self.anchors.expanded, self._span(place)))
        if depth + len(self.stack) > MAX_DEPTH:
            self.too_deep(place)
        self._put(event, value, place)

    def _put(self, event: AnyEvent, value: Node, place: int) -> None:
        """Put an alias's value, which may stand in the place of a key."""
        box, key = self.box, self.key
        if isinstance(box, Map) and key is None and (value is None or isinstance(value, str)):
            odd = value is None or value in box
            self.key, self.key_place = (self.unusual_key(event, value, place) if odd else value), place
            return
        self.key = self._attach(value, place)

    def document(self, event: AnyEvent) -> None:
        """A document begins."""
        mark = event.start_mark
        self.documents.append(pack(mark.line, mark.column, 3))

    def too_deep(self, place: int) -> NoReturn:
        """Give up on a file that nests too deeply at a place."""
        self._stop(nesting_too_deep(self._span(place)))

    def check_documents(self) -> None:
        """Only the first document may hold anything."""
        for value, place in zip(self.top[1:], self.documents[1:], strict=False):
            if value is not None:
                self._note(many_documents(self._span(place)))
                return

    def _stop(self, diagnostic: Diagnostic) -> NoReturn:
        self._note(diagnostic)
        raise Stop

    def _note(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)

    def _span(self, place: int) -> Span:
        return Span.unpack(self.file, place)
