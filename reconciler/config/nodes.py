"""The tree a YAML file is read into: text, lists and mappings, with the place of each part beside them.

A place is one packed integer (`model.source.pack`), so a tree of 100,000 mailboxes keeps them all in a few megabytes.
Lists and mappings are the built-in ones with two slots more; who does not care for places treats them as plain data.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from reconciler.model.desired import Tree
from reconciler.model.source import Origin, Span

Node: TypeAlias = "str | Seq | Map | None"
Loc: TypeAlias = Sequence[str | int]


class Map(dict[str, Node]):
    """A mapping as written.

    Attributes:
        at: Packed place where it begins.
        places: Two packed places for each entry in order: its key, then its value.
    """

    __slots__ = ("at", "places")
    at: int
    places: list[int]

    def place(self, name: str, *, of_key: bool = False) -> int:
        """The packed place of an entry's value, or of its key; of the mapping itself where there is no such entry."""
        for index, each in enumerate(self):
            if each == name:
                return self.places[2 * index + (0 if of_key else 1)]
        return self.at

    def entries(self) -> Iterator[tuple[str, Node, int, int]]:
        """Each name with its value, the place of the name and that of the value."""
        numbers = iter(self.places)
        for (name, value), key, place in zip(self.items(), numbers, numbers, strict=True):
            yield name, value, key, place


class Seq(list[Node]):
    """A list as written; `places` holds the packed place of each item."""

    __slots__ = ("at", "places")
    at: int
    places: list[int]


def new_map(at: int = 0) -> Map:
    """An empty mapping that begins at a packed place."""
    made = Map()
    made.at = at
    made.places = []
    return made


def new_seq(at: int = 0) -> Seq:
    """An empty list that begins at a packed place."""
    made = Seq()
    made.at = at
    made.places = []
    return made


def overlay(own: Map, under: Map, *, deep: Sequence[str] = ()) -> Map:
    """Return a mapping with the entries of both; its own go first, and win.

    Args:
        own: What was written for the one thing.
        under: What fills the gaps.
        deep: Names under which two mappings are overlaid in turn, at any depth.
    """
    made = new_map(own.at)
    for name, value, key, place in own.entries():
        below = under.get(name)
        if name in deep and isinstance(value, Map) and isinstance(below, Map):
            value = overlay(value, below, deep=deep)  # noqa: PLW2901 - the entry as it goes on
        made[name] = value
        made.places += (key, place)
    for name, value, key, place in under.entries():
        if name not in made:
            made[name] = value
            made.places += (key, place)
    return made


def locate(node: Node, loc: Loc, *, of_key: bool = False) -> int | None:
    """The packed place of what a path leads to; of the nearest thing around it where the path ends early."""
    found: int | None = node.at if isinstance(node, (Map, Seq)) else None
    for depth, step in enumerate(loc):
        if isinstance(node, Map) and isinstance(step, str) and step in node:
            found = node.place(step, of_key=of_key and depth == len(loc) - 1)
            node = node[step]
        elif isinstance(node, Seq) and isinstance(step, int) and step < len(node):
            found = node.places[step]
            node = node[step]
    return found


def flat_origin(file: str, key: int, node: Node) -> Origin:
    """An origin that knows every part of a block, by dotted names such as `dmarc.policy` and `domains.0`."""
    names: list[str] = []
    places: list[int] = []
    _flatten(node, "", names, places)
    return Origin(file, key, tuple(names), tuple(places))


def _flatten(node: Node, prefix: str, names: list[str], places: list[int]) -> None:
    if isinstance(node, Map):
        for name, value, key, place in node.entries():
            names.append(prefix + name)
            places += (key, place)
            _flatten(value, f"{prefix}{name}.", names, places)
    elif isinstance(node, Seq):
        for index, (value, place) in enumerate(zip(node, node.places, strict=True)):
            names.append(f"{prefix}{index}")
            places += (place, place)
            _flatten(value, f"{prefix}{index}.", names, places)


def plain(node: Node) -> Tree:
    """The same data as built-in types, for those who keep it."""
    if isinstance(node, Map):
        return {name: plain(value) for name, value in node.items()}
    if isinstance(node, Seq):
        return [plain(value) for value in node]
    return node


def plain_map(node: Mapping[str, Node]) -> dict[str, Tree]:
    """A mapping as built-in types."""
    return {name: plain(value) for name, value in node.items()}


def span(file: str, packed: int | None) -> Span | None:
    """The span of a packed place, where there is one."""
    return None if packed is None else Span.unpack(file, packed)
