"""The ends that can be reached from a node of a graph that may hold loops, in time linear in the graph.

Nodes of one strongly connected component reach the same ends, so Tarjan's algorithm (1972), which finishes components
in the order ends first, lets each component join the finished results of those it leads to. It is written without
recursion: a chain of aliases may be longer than Python's stack.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

#: Of a node: the nodes it leads to, and the ends it has itself.
Onward: TypeAlias = Callable[[str], tuple[tuple[str, ...], tuple[str, ...]]]


@dataclass(slots=True)
class _Walk:
    """Tarjan's bookkeeping of one search."""

    index: dict[str, int] = field(default_factory=dict)
    low: dict[str, int] = field(default_factory=dict)
    own: dict[str, tuple[str, ...]] = field(default_factory=dict)
    leads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def enter(self, node: str, onward: Onward) -> tuple[str, Iterator[str]]:
        self.index[node] = self.low[node] = len(self.index)
        self.leads[node], self.own[node] = onward(node)
        self.open.append(node)
        return node, iter(self.leads[node])

    def close(self, root: str, ends: dict[str, tuple[str, ...]]) -> None:
        """Finish the component of a root: all its nodes reach the same ends."""
        start = len(self.open) - 1
        while self.open[start] != root:
            start -= 1
        component = self.open[start:]
        del self.open[start:]
        members = set(component)
        found: set[str] = set()
        for node in component:
            found.update(self.own[node])
            for target in self.leads[node]:
                if target not in members:
                    found.update(ends[target])
        result = tuple(sorted(found))
        for node in component:
            ends[node] = result


def reach(start: str, onward: Onward, ends: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the sorted ends reachable from a node.

    Args:
        start: Where to begin.
        onward: Tells of a node where it leads and the ends it has itself.
        ends: Results known already; those found on the way are added.
    """
    walk = _Walk()
    stack = [walk.enter(start, onward)]
    while stack:
        node, targets = stack[-1]
        for target in targets:
            if target in ends:
                continue
            if target not in walk.index:
                stack.append(walk.enter(target, onward))
                break
            # Not finished, so still open: an edge back into the component under way.
            walk.low[node] = min(walk.low[node], walk.index[target])
        else:
            stack.pop()
            if walk.low[node] == walk.index[node]:
                walk.close(node, ends)
            if stack:
                parent = stack[-1][0]
                walk.low[parent] = min(walk.low[parent], walk.low[node])
    return ends[start]
