"""From libyaml's event stream to a tree of text, with our own construction.

A YAML library's loader lets the last of two equal keys win, reads `no` as false and `12:30:00` as 45000, and recurses.
Here scalars stay text (the schema says what they mean), two equal keys are an error that shows both, and nothing
recurses, so no file can exhaust the stack. An unquoted nothing (``, `~`, `null`) is None.

Anchors, aliases and merge keys are allowed, because people share blocks with them; `anchors` counts what they expand
to, and an alias inside its own anchor is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

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

from reconciler.config.builder import NOTHING, AnyEvent, Builder, Stop
from reconciler.config.mistakes import MAX_DEPTH
from reconciler.config.nodes import Map, Node, Seq
from reconciler.config.syntax import explain_syntax
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.source import pack

_COLUMNS: Final = (1 << 20) - 1
_UNUSUAL_KEYS: Final = frozenset({None, "<<"})


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
    """Read one YAML file; a syntax error ends it.

    Args:
        data: Its bytes, UTF-8 without a byte order mark.
        text: The same, decoded.
        file: Its name for spans.
    """
    builder = Builder(file)
    diagnostics = builder.diagnostics
    broken = True
    try:
        _read(builder, CParser(data))
        broken = False
    except YAMLError as error:
        explained = explain_syntax(error, text, file)
        if diagnostics and _same_place(diagnostics[-1], explained):
            diagnostics.pop()  # *anna@…: first an alias that does not exist, then a sign that can not follow
        diagnostics.append(explained)
    except Stop:
        pass
    builder.check_documents()
    top = builder.top
    return Document(top[0] if top else None, top.places[0] if top else 0, diagnostics, broken)


def _same_place(one: Diagnostic, other: Diagnostic) -> bool:
    places = [(each.primary.span.line, each.primary.span.column) for each in (one, other) if each.primary]
    return len(places) == 2 and places[0] == places[1]  # noqa: PLR2004


def _read(builder: Builder, parser: CParser) -> None:  # noqa: C901, PLR0912, PLR0915 - one loop, for speed
    """The loop that all speed depends on: scalars are seven of ten events, and are handled in place.

    Where it stands (box, key) is kept in locals, and in the builder while another method handles an event.
    """
    take: Callable[[], AnyEvent] = parser.get_event
    others: dict[type, Callable[[AnyEvent], None]] = {
        MappingStartEvent: builder.open,
        SequenceStartEvent: builder.open,
        MappingEndEvent: builder.close,
        SequenceEndEvent: builder.close,
        AliasEvent: builder.alias,
        DocumentStartEvent: builder.document,
    }
    box: Any = builder.box  # in_list tells which of the two it is
    key, key_place = builder.key, builder.key_place
    places, in_list = box.places, True
    push, pop = builder.stack.append, builder.stack.pop
    scalar, nothing, unusual, columns = ScalarEvent, NOTHING, _UNUSUAL_KEYS, _COLUMNS
    while True:
        event = take()
        kind = event.__class__
        if kind is not scalar:
            if kind is MappingStartEvent and key is not None and event.anchor is None and event.tag is None:
                mark = event.start_mark
                place = mark.line << 40 | min(mark.column, columns) << 20
                child = box[key] = Map()
                places += (key_place, place)
                push((box, None))
                if len(builder.stack) > MAX_DEPTH:
                    builder.too_deep(place)
                child.at, child.places = place, []
                builder.box = box = child
                key, places, in_list = None, child.places, False
            elif kind is MappingEndEvent and not builder.odd:
                box, key = pop()
                places, in_list = box.places, box.__class__ is Seq
                builder.box = box
            elif kind is StreamEndEvent:
                return
            elif kind in others:
                builder.key, builder.key_place = key, key_place
                others[kind](event)
                box, key, key_place = builder.box, builder.key, builder.key_place
                places, in_list = box.places, box.__class__ is Seq
            continue
        start, end = event.start_mark, event.end_mark
        line, column, last = start.line, start.column, end.column
        if end.line == line and last <= columns:
            place = line << 40 | column << 20 | last - column
        else:
            place = pack(line, column, 0)
        value = event.value
        if event.tag is not None or event.anchor is not None:
            value = builder.special(event, place)
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
            key = value if value not in box and value not in unusual else builder.unusual_key(event, value, place)
