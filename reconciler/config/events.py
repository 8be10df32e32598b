"""From libyaml's event stream to a tree of text, with our own construction.

A YAML library's loader lets the last of two equal keys win, reads `no` as false and `12:30:00` as 45000, and recurses.
Here scalars stay text (the schema says what they mean), two equal keys are an error that shows both, and nothing
recurses, so no file can exhaust the stack. An unquoted nothing (``, `~`, `null`) is None.

Anchors, aliases and merge keys are allowed, because people share blocks with them; what they expand to is counted, so
that a small file can not stand for a large one, and an alias inside its own anchor is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.config.nodes import Map, Node, Seq, new_seq
from reconciler.config.syntax import explain_syntax
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.source import Span, pack

MAX_DEPTH: Final = 64  # levels of nesting; the deepest form of the schema has eight
_FREE_EXPANSION: Final = (
    100_000  # nodes that aliases may stand for in any file, beside one for each character before them
)
_COLUMNS: Final = (1 << 20) - 1
_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
_CORE: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset({"!", *(_CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq"))})


#: libyaml's events have what their class says; one loose type keeps the hot loop free of casts.
_AnyEvent: TypeAlias = Any
_UNUSUAL_KEYS: Final = frozenset({None, "<<"})


class _Dropped(str):
    """A key that is none: its entry is read for its own mistakes, then merged or thrown away."""

    __slots__ = ("merges",)
    merges: bool
    __hash__ = object.__hash__

    @classmethod
    def key(cls, *, merges: bool = False) -> "_Dropped":
        """A key equal to no other; `merges` where its value is to be filled in."""
        made = cls()
        made.merges = merges
        return made

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(slots=True)
class Document:
    """A file as read: its root (None where the file is empty), the root's place, and what is wrong with it.

    `broken` says that the tree is not the whole of the file.
    """

    root: Node = None
    at: int = 0
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken: bool = False


def read_tree(data: bytes, text: str, file: str) -> Document:
    """Read one YAML file.

    Args:
        data: Its bytes, UTF-8 without a byte order mark.
        text: The same, decoded.
        file: Its name for spans.
    """
    return _Builder(file).run(data, text)


def _same_place(one: Diagnostic, other: Diagnostic) -> bool:
    places = [(each.primary.span.line, each.primary.span.column) for each in (one, other) if each.primary]
    return len(places) == 2 and places[0] == places[1]  # noqa: PLR2004


class _Stop(Exception):
    """The rest of the file is not worth reading; the reason is among the diagnostics."""


class _Builder:
    """Builds the tree of one file."""

    __slots__ = (
        "anchors",
        "box",
        "diagnostics",
        "documents",
        "expanded",
        "file",
        "key",
        "key_place",
        "odd",
        "stack",
        "top",
        "weights",
    )

    def __init__(self, file: str) -> None:
        self.file = file
        self.top = new_seq()
        self.box: Map | Seq = self.top
        self.key: str | None = None  # of the mapping's entry whose value comes next
        self.key_place = 0
        self.stack: list[tuple[Map | Seq, str | None]] = []
        self.documents: list[int] = []  # where each begins
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.weights: dict[int, tuple[int, int]] = {}
        self.odd: list[Map] = []  # open mappings with keys that are none, innermost last
        self.expanded = 0
        self.diagnostics: list[Diagnostic] = []

    def run(self, data: bytes, text: str) -> Document:
        """Read all events; a syntax error ends the file."""
        broken = False
        try:
            self._read(CParser(data))
        except YAMLError as error:
            broken = True
            explained = explain_syntax(error, text, self.file)
            if self.diagnostics and _same_place(self.diagnostics[-1], explained):
                self.diagnostics.pop()  # *anna@…: first an alias that does not exist, then a sign that can not follow
            self.diagnostics.append(explained)
        except _Stop:
            broken = True
        self._check_documents()
        root = self.top[0] if self.top else None
        at = self.top.places[0] if self.top else 0
        return Document(root, at, self.diagnostics, broken)

    def _read(self, parser: CParser) -> None:  # noqa: C901, PLR0912, PLR0915 - one loop, for speed
        """The loop that all speed depends on: scalars are seven of ten events, and are handled in place.

        Where it stands (box, key) is kept in locals, and in the builder while another method handles an event.
        """
        take: Callable[[], _AnyEvent] = parser.get_event
        others: dict[type, Callable[[_AnyEvent], None]] = {
            MappingStartEvent: self._open,
            SequenceStartEvent: self._open,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        box: Any = self.box  # in_list tells which of the two it is
        key, key_place = self.key, self.key_place
        places, in_list = box.places, True
        scalar, nothing, push, pop = ScalarEvent, _NOTHING, self.stack.append, self.stack.pop
        while True:
            event = take()
            kind = event.__class__
            if kind is not scalar:
                if kind is MappingStartEvent and key is not None and event.anchor is None and event.tag is None:
                    mark = event.start_mark
                    place = mark.line << 40 | min(mark.column, _COLUMNS) << 20
                    child = box[key] = Map()
                    places += (key_place, place)
                    push((box, None))
                    if len(self.stack) > MAX_DEPTH:
                        self._too_deep(place)
                    child.at, child.places = place, []
                    self.box = box = child
                    key, places, in_list = None, child.places, False
                elif kind is MappingEndEvent and not self.odd:
                    box, key = pop()
                    places, in_list = box.places, box.__class__ is Seq
                    self.box = box
                elif kind is StreamEndEvent:
                    return
                elif kind in others:
                    self.key, self.key_place = key, key_place
                    others[kind](event)
                    box, key, key_place = self.box, self.key, self.key_place
                    places, in_list = box.places, box.__class__ is Seq
                continue
            start, end = event.start_mark, event.end_mark
            line, column, last = start.line, start.column, end.column
            if end.line == line and last <= _COLUMNS:
                place = line << 40 | column << 20 | last - column
            else:
                place = pack(line, column, 0)
            value = event.value
            if event.tag is not None or event.anchor is not None:
                value = self._special(event, place)
            elif value in nothing and event.implicit[0]:
                value = None
            if in_list:
                box.append(value)
                places.append(place)
            elif key is not None:
                box[key] = value
                places += (key_place, place)
                key = None
            else:
                key_place = place
                key = (
                    value if value not in box and value not in _UNUSUAL_KEYS else self._unusual_key(event, value, place)
                )

    def _special(self, event: ScalarEvent, place: int) -> str | None:
        """A scalar with a tag or an anchor."""
        self._check_tag(event.tag, place)
        value: str | None = event.value
        if event.tag is None and event.implicit[0] and value in _NOTHING:
            value = None
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, place)
        return value

    def _check_tag(self, tag: str | None, place: int) -> None:
        if tag is None or tag in _KNOWN_TAGS:
            return
        shown = tag.replace(_CORE, "!!")
        self._note(
            problem(
                "unknown-tag",
                f"the tag '{shown}' means nothing here",
                at=Span.unpack(self.file, place),
                why="an unquoted `!` begins a YAML tag, and tags can make a loader run code, so none is carried out",
                help=f"remove the tag, or quote the value if the text begins with an exclamation mark: '{shown} …'",
            )
        )

    def _unusual_key(self, event: _AnyEvent, value: str | None, place: int) -> str:
        """What stands for a key that is missing, written twice, or asks for a merge."""
        box = self.box
        assert isinstance(box, Map), "keys stand in mappings"
        if value == "<<" and event.__class__ is ScalarEvent and event.implicit[0]:
            return self._odd_key(box, merges=True)
        if value is None:
            self._note(
                problem(
                    "key-not-text",
                    "an entry of this mapping has no name",
                    at=Span.unpack(self.file, place),
                    help="write a name before the colon; quote it if it is the word null: 'null'",
                )
            )
        elif value in box:
            self._note(
                problem(
                    "duplicate-key",
                    f"'{value}' is written twice in the same mapping",
                    at=Span.unpack(self.file, place),
                    label="written again here",
                    also=(Label(Span.unpack(self.file, box.place(value, of_key=True)), "first written here"),),
                    why="YAML loaders silently keep the last one, which would lose the first",
                    help="delete one of the two, or merge them",
                )
            )
        else:
            return value
        return self._odd_key(box)

    def _odd_key(self, box: Map, *, merges: bool = False) -> str:
        if not (self.odd and self.odd[-1] is box):
            self.odd.append(box)
        return _Dropped.key(merges=merges)

    def _open(self, event: _AnyEvent) -> None:
        """A list or a mapping begins."""
        mark = event.start_mark
        place = pack(mark.line, mark.column, 0)
        child: Map | Seq = Map() if event.__class__ is MappingStartEvent else Seq()
        child.at = place
        child.places = []
        if event.tag is not None:
            self._check_tag(event.tag, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = (child, place)
        box, key = self.box, self.key
        if key is not None:
            box[key] = child  # type: ignore[call-overload]  # only a mapping has a key that waits
            box.places += (self.key_place, place)
            key = None
        else:
            key = self._attach(child, place)
        self.stack.append((box, key))
        if len(self.stack) > MAX_DEPTH:
            self._too_deep(place)
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
            self._note(
                problem(
                    "key-not-text",
                    "a list or a mapping can not be a name",
                    at=Span.unpack(self.file, place),
                    why="an unquoted { or [ begins a YAML mapping or list; a template like {{ name }} does so",
                    help="quote the text: '{{ name }}'",
                )
            )
            self.key_place = place
            return self._odd_key(box)
        box[key] = value
        box.places += (self.key_place, place)
        self.key = None
        return None

    def _close(self, _: _AnyEvent) -> None:
        """A list or a mapping ends."""
        closed = self.box
        if self.odd and self.odd[-1] is closed:
            self._settle(self.odd.pop())
        self.box, self.key = self.stack.pop()

    def _settle(self, box: Map) -> None:
        """Take out what stood under keys that are none, and fill in what merge keys name; own entries win."""
        merged = [(value, place) for key, value, _, place in box.entries() if isinstance(key, _Dropped) and key.merges]
        kept = [each for each in box.entries() if not isinstance(each[0], _Dropped)]
        box.clear()
        box.places.clear()
        for key, value, at, place in kept:
            box[key] = value
            box.places += (at, place)
        for value, place in merged:
            sources = value if isinstance(value, Seq) else [value]
            for source in sources:
                if isinstance(source, Map):
                    self._fill(box, source)
                else:
                    self._bad_merge(place)

    def _fill(self, box: Map, source: Map) -> None:
        for key, value, at, place in source.entries():
            if key not in box:
                box[key] = value
                box.places += (at, place)

    def _bad_merge(self, place: int) -> None:
        self._note(
            problem(
                "bad-merge",
                "the merge key `<<` needs a mapping, or a list of mappings",
                at=Span.unpack(self.file, place),
                help="name the anchor of a mapping: `<<: *name`; quote the key if the two signs are meant: '<<'",
            )
        )

    def _alias(self, event: _AnyEvent) -> None:
        """`*name`: the value that `&name` marks, shared."""
        name, mark = event.anchor, event.start_mark
        place = pack(mark.line, mark.column, len(name) + 1)
        if name not in self.anchors:
            self._note(self._undefined(name, place))
            self._put(event, None, place)
            return
        value, defined = self.anchors[name]
        if value is self.box or any(value is box for box, _ in self.stack if value is not None):
            self._note(
                problem(
                    "recursive-alias",
                    f"the alias *{name} stands inside the value it names",
                    at=Span.unpack(self.file, place),
                    also=(Label(Span.unpack(self.file, defined), "the value begins here"),),
                    why="a value that contains itself has no end",
                    help="write out what is meant, or name another anchor",
                )
            )
            value = None
        size, depth = self._weigh(value)
        self.expanded += size
        if self.expanded > _FREE_EXPANSION + mark.index:
            self._stop(
                "expansion-too-large",
                "the aliases of this file stand for more than the file could hold",
                place,
                why=f"aliases of aliases grow without limit; this file has reached {self.expanded:,} values".replace(
                    ",", " "
                ),
                help="write out the values, or use `defaults:` for what all resources share",
            )
        if depth + len(self.stack) > MAX_DEPTH:
            self._too_deep(place)
        self._put(event, value, place)

    def _put(self, event: _AnyEvent, value: Node, place: int) -> None:
        """Put an alias's value, which may stand in the place of a key."""
        box, key = self.box, self.key
        if isinstance(box, Map) and key is None and (value is None or isinstance(value, str)):
            odd = value is None or value in box
            self.key, self.key_place = (self._unusual_key(event, value, place) if odd else value), place
            return
        self.key = self._attach(value, place)

    def _undefined(self, name: str, place: int) -> Diagnostic:
        return problem(
            "undefined-alias",
            f"*{name} names an anchor that does not exist",
            at=Span.unpack(self.file, place),
            why="an unquoted * begins a YAML alias",
            help=f"quote the text: '*{name}'; or define the anchor before it: &{name}",
        )

    def _weigh(self, node: Node) -> tuple[int, int]:
        """Number of values a node stands for once its aliases are written out, and its depth; each is counted once."""
        weights = self.weights
        todo: list[Node] = [node]
        while todo:
            each = todo[-1]
            if not isinstance(each, (Map, Seq)) or id(each) in weights:
                todo.pop()
                continue
            children = [
                child for child in (each.values() if isinstance(each, Map) else each) if isinstance(child, (Map, Seq))
            ]
            unknown = [child for child in children if id(child) not in weights]
            if unknown:
                todo += unknown
                continue
            todo.pop()
            below = [weights[id(child)] for child in children]
            size = 1 + len(each) - len(children) + sum(weight for weight, _ in below)
            weights[id(each)] = (size, 1 + max((depth for _, depth in below), default=0))
        return weights[id(node)] if isinstance(node, (Map, Seq)) else (1, 0)

    def _document(self, event: _AnyEvent) -> None:
        """A document begins."""
        mark = event.start_mark
        self.documents.append(pack(mark.line, mark.column, 3))

    def _check_documents(self) -> None:
        """Only the first document may hold anything."""
        for value, place in zip(self.top[1:], self.documents[1:], strict=False):
            if value is not None:
                self._note(
                    problem(
                        "many-documents",
                        "this file holds more than one YAML document",
                        at=Span.unpack(self.file, place),
                        why="a second document looks like part of the first but is read apart",
                        help="put each document into a file of its own, or remove the `---` between them",
                    )
                )
                return

    def _too_deep(self, place: int) -> None:
        self._stop(
            "nesting-too-deep",
            f"values are nested more than {MAX_DEPTH} levels deep",
            place,
            why="no form of the configuration needs more than eight levels",
            help="look for brackets that are opened and never closed",
        )

    def _stop(self, id: str, message: str, place: int, *, why: str, help: str) -> NoReturn:  # noqa: A002
        self._note(problem(id, message, at=Span.unpack(self.file, place), why=why, help=help))
        raise _Stop

    def _note(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
