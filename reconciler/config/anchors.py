"""Anchors, aliases and merge keys: what they share is counted, so that a small file can not stand for a large one."""

from typing import Final

from reconciler.config.mistakes import bad_merge
from reconciler.config.nodes import Map, Node, Seq
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.source import Span

_FREE_EXPANSION: Final = (
    100_000  # nodes that aliases may stand for in any file, beside one for each character before them
)


class Anchors:
    """The anchors of one file, and what its aliases stand for so far.

    Attributes:
        named: Value and packed place of each anchor, by its name.
        expanded: Values that the aliases so far stand for.
    """

    __slots__ = ("_weights", "expanded", "named")

    def __init__(self) -> None:
        """Begin a file."""
        self.named: dict[str, tuple[Node, int]] = {}
        self.expanded = 0
        self._weights: dict[int, tuple[int, int]] = {}

    def expand(self, value: Node, index: int) -> tuple[bool, int]:
        """Count one more alias; say whether the file may still hold it, and how many levels deep it is.

        Args:
            value: What the alias stands for.
            index: Characters before the alias.
        """
        size, depth = self._weigh(value)
        self.expanded += size
        return self.expanded <= _FREE_EXPANSION + index, depth

    def _weigh(self, node: Node) -> tuple[int, int]:
        """Number of values a node stands for once its aliases are written out, and its depth; each is counted once."""
        weights = self._weights
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


class Dropped(str):
    """A key that is none: its entry is read for its own mistakes, then merged or thrown away."""

    __slots__ = ("merges",)
    merges: bool
    __hash__ = object.__hash__

    @classmethod
    def key(cls, *, merges: bool = False) -> "Dropped":
        """A key equal to no other; `merges` where its value is to be filled in."""
        made = cls()
        made.merges = merges
        return made

    def __eq__(self, other: object) -> bool:
        return self is other


def settle(box: Map, file: str) -> list[Diagnostic]:
    """Take out what stood under keys that are none, and fill in what merge keys name; own entries win.

    Args:
        box: A mapping that is complete; it is changed.
        file: Its file's name for spans.

    Returns:
        Merge keys that name no mapping.
    """
    merged = [(value, place) for key, value, _, place in box.entries() if isinstance(key, Dropped) and key.merges]
    kept = [each for each in box.entries() if not isinstance(each[0], Dropped)]
    box.clear()
    box.places.clear()
    for key, value, at, place in kept:
        box[key] = value
        box.places += (at, place)
    wrong: list[Diagnostic] = []
    for value, place in merged:
        for source in value if isinstance(value, Seq) else [value]:
            if isinstance(source, Map):
                _fill(box, source)
            else:
                wrong.append(bad_merge(Span.unpack(file, place)))
    return wrong


def _fill(box: Map, source: Map) -> None:
    for key, value, at, place in source.entries():
        if key not in box:
            box[key] = value
            box.places += (at, place)
