"""Ordering: a linear extension of the edge table that keeps the two steps of one address together.

Kahn's algorithm over integers with a heap: of all steps that are free, the first by (domain, nature, key) comes next,
so the result is deterministic and walks domain by domain. A release and the claim of the same address travel as one
unit, so an alias that is moved bounces for one round trip and not for the length of the run; where a unit would close
a cycle it is taken apart. A step that takes storage waits until enough has been freed (netcup/N10).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from itertools import pairwise

from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.sizes import exact_size
from reconciler.plan.document import Dependency, LedgerLine, Operation
from reconciler.plan.edges import EDGE_RULES, STORAGE_REASON, STORAGE_RULE, Index
from reconciler.plan.inputs import PlanInputs
from reconciler.plan.ledger import Ledger, open_ledger

#: Within one domain: what is only noted, then what goes, what changes, what comes, and last what a person does.
_NATURE: dict[Action, int] = {
    Action.ADOPT: 0,
    Action.FORGET: 1,
    Action.DELETE: 2,
    Action.UPDATE: 3,
    Action.CREATE: 4,
    Action.OPERATOR: 5,
}
_COMING = {kind: place for place, kind in enumerate(Kind)}
_GOING = {
    kind: place
    for place, kind in enumerate(
        (Kind.RECORD, Kind.ALIAS, Kind.MAILBOX, Kind.DOMAIN, Kind.INSTANCE, Kind.MEMBER, Kind.TEAM)
    )
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """Operations in execution order, each with what it waits for, and the storage ledger over that order."""

    operations: tuple[Operation, ...]
    ledger: tuple[LedgerLine, ...]


@dataclass(frozen=True, slots=True)
class _Graph:
    """Steps as integers: who follows whom (with the edge rule's place in the table), and who leads."""

    followers: Sequence[list[int]]
    leaders: Sequence[list[tuple[int, int]]]


def order(operations: Sequence[Operation], inputs: PlanInputs, home: Mapping[str, str]) -> Ordered:
    """Put operations in order.

    Args:
        operations: In any order; the result does not depend on it.
        inputs: For the storage ledger.
        home: Record key to the domain it was derived for.

    Raises:
        Problem: `order-cycle` where the rules contradict each other, `storage-exceeded` where no order fits.
    """
    steps = sorted(operations, key=lambda step: _place(step, home))
    index = Index(steps, dict(home))
    graph = _graph(index, len(steps))
    units = _address_units(index)
    held_back = False
    while True:
        run = _Layout(steps, graph, units, open_ledger(inputs, steps), frees_first=held_back)
        run.lay_out()
        if len(run.laid) == len(steps):
            return Ordered(_with_dependencies(steps, graph, run), run.ledger.lines())
        tangled = _tangled(graph, units, set(run.laid), steps)
        if not tangled and any(run.waiting.values()):
            tangled = {position for position in units if position not in run.done}
        if tangled:
            units = {position: unit for position, unit in units.items() if position not in tangled}
        elif not held_back:
            held_back = True
        else:
            raise Problem(_no_room(steps, run))


def _place(step: Operation, home: Mapping[str, str]) -> tuple[str, int, int, str]:
    nature = _NATURE[step.action]
    if step.kind in (Kind.MAILBOX, Kind.ALIAS):
        scope = domain_of(step.key)
    elif step.kind is Kind.DOMAIN:
        scope = step.key
    elif step.kind is Kind.RECORD:
        scope = home.get(step.key) or str(_either(step, "zone"))
    else:
        scope = "" if step.kind is Kind.INSTANCE else "~"
    return scope, nature, (_GOING if step.action is Action.DELETE else _COMING)[step.kind], step.key


def _either(step: Operation, name: str) -> object:
    change = step.fields.get(name)
    return "" if change is None else change.after or change.before


def _graph(index: Index, size: int) -> _Graph:
    followers: list[list[int]] = [[] for _ in range(size)]
    leaders: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for place, rule in enumerate(EDGE_RULES):
        for first, then in rule.pairs(index):
            followers[first].append(then)
            leaders[then].append((first, place))
    return _Graph(followers, leaders)


def _address_units(index: Index) -> dict[int, tuple[int, int]]:
    """Map the two halves of each address's hand-over to their unit: (release, claim)."""
    moved = index.of(Action.DELETE, Kind.DOMAIN).keys() & index.of(Action.CREATE, Kind.DOMAIN).keys()
    units = {}
    for released in (Kind.MAILBOX, Kind.ALIAS):
        for address, release in index.of(Action.DELETE, released).items():
            for claimed in (Kind.MAILBOX, Kind.ALIAS):
                claim = index.of(Action.CREATE, claimed).get(address)
                if claim is not None and domain_of(address) not in moved:
                    units[release] = units[claim] = (release, claim)
    return units


class _Layout:
    """One attempt to lay steps out in a line."""

    def __init__(
        self,
        steps: Sequence[Operation],
        graph: _Graph,
        units: Mapping[int, tuple[int, int]],
        ledger: Ledger,
        *,
        frees_first: bool,
    ) -> None:
        self.graph, self.units, self.ledger = graph, units, ledger
        self.laid: list[int] = []
        self.done: set[int] = set()
        self.waiting: dict[str, list[int]] = defaultdict(list)
        self.storage_edges: dict[int, tuple[int, ...]] = {}
        self._unit = list(range(len(steps)))
        for position, unit in units.items():
            self._unit[position] = min(unit)
        self._missing = [0] * len(steps)
        for position, leaders in enumerate(graph.leaders):
            here = self._unit[position]
            for first, _ in leaders:
                if self._unit[first] != here:
                    self._missing[here] += 1
        self._postponed = _postponable(graph, ledger) if frees_first else frozenset()
        self._frees_left: dict[str, int] = defaultdict(int)
        for move in ledger.moves.values():
            self._frees_left[move.instance] += move.frees
        self._free = [
            position
            for position in range(len(steps))
            if self._unit[position] == position and not self._missing[position]
        ]
        heapify(self._free)

    def members(self, unit: int) -> tuple[int, ...]:
        """The steps of a unit, in order."""
        return self.units.get(unit, (unit,))

    def lay_out(self) -> None:
        """Lay out all that can be; what stays in `waiting` found no room, what is in neither is on a cycle."""
        laid = -1
        while self._free and laid != len(self.laid):
            laid = len(self.laid)
            while self._free:
                unit = heappop(self._free)
                lacking = self._lacking(self.members(unit)) if self.ledger.scarce else None
                if lacking is not None:
                    heappush(self.waiting[lacking], unit)
                else:
                    for position in self.members(unit):
                        self._lay(position)
            self._free = sorted(unit for units in self.waiting.values() for unit in units)
            if laid != len(self.laid):
                self.waiting.clear()

    def _lacking(self, members: Sequence[int]) -> str | None:
        for position in members:
            if position in self._postponed:
                instance = self.ledger.moves[position].instance
                if self._frees_left[instance]:
                    return instance
        return self.ledger.obstacle(members)

    def _lay(self, position: int) -> None:
        self.laid.append(position)
        self.done.add(position)
        move = self.ledger.moves.get(position)
        if move is not None:
            waits = self.ledger.book(position)
            if waits:
                self.storage_edges[position] = waits
            self._frees_left[move.instance] -= move.frees
            # One is enough: if it finds room it wakes the next, and what is passed over is tried again at the end.
            if self.waiting[move.instance]:
                heappush(self._free, heappop(self.waiting[move.instance]))
        here = self._unit[position]
        for then in self.graph.followers[position]:
            unit = self._unit[then]
            if unit != here:
                self._missing[unit] -= 1
                if not self._missing[unit]:
                    heappush(self._free, unit)


def _postponable(graph: _Graph, ledger: Ledger) -> frozenset[int]:
    """The takers of storage on which no step that frees any depends: they can wait until all is freed."""
    needed: set[int] = set()
    queue = [position for position, move in ledger.moves.items() if move.frees]
    while queue:
        for first, _ in graph.leaders[queue.pop()]:
            if first not in needed:
                needed.add(first)
                queue.append(first)
    return frozenset(
        position for position, move in ledger.moves.items() if move.takes and not move.frees and position not in needed
    )


def _tangled(
    graph: _Graph, units: Mapping[int, tuple[int, int]], laid: set[int], steps: Sequence[Operation]
) -> set[int]:
    """The units on a cycle among what could not be laid out; a cycle without a unit is an error.

    Raises:
        Problem: `order-cycle`, naming each step of the cycle and the rule between.
    """

    def unit_of(position: int) -> int:
        unit = units.get(position)
        return position if unit is None else min(unit)

    rest: dict[int, set[int]] = defaultdict(set)
    for position, leaders in enumerate(graph.leaders):
        if position not in laid:
            here = unit_of(position)
            rest[here].update(unit_of(first) for first, _ in leaders if first not in laid and unit_of(first) != here)
    try:
        TopologicalSorter(rest).prepare()
    except CycleError as error:
        cycle: list[int] = error.args[1]
        tangled = {position for unit in cycle for position in units.get(unit, ())}
        if not tangled:
            raise Problem(_cycle_problem(cycle, graph, steps)) from None
        return tangled
    return set()


def _cycle_problem(cycle: Sequence[int], graph: _Graph, steps: Sequence[Operation]) -> Diagnostic:
    lines = []
    for first, then in pairwise(cycle):
        rule = next((EDGE_RULES[place] for leader, place in graph.leaders[then] if leader == first), None)
        if rule is not None:
            lines.append(f"'{steps[first].id}' before '{steps[then].id}': {rule.reason} ({rule.rule})")
    return problem(
        "order-cycle",
        "these changes wait for each other: " + " → ".join(f"'{steps[each].id}'" for each in cycle),
        why="; ".join(lines),
        help="make the change in two applies, with a temporary address in between",
    )


def _no_room(steps: Sequence[Operation], run: _Layout) -> list[Diagnostic]:
    found = []
    for instance, units in sorted(run.waiting.items()):
        waiting = [position for unit in units for position in run.members(unit) if position in run.ledger.moves]
        needed = sum(run.ledger.moves[position].takes for position in waiting)
        names = ", ".join(f"'{steps[position].id}'" for position in waiting[:5])
        found.append(
            problem(
                "storage-exceeded",
                f"no order of this plan fits the storage of instance '{instance}': {exact_size(needed)} are still"
                f" needed by {names}{' …' if len(waiting) > 5 else ''}, and {exact_size(run.ledger.room(instance))}"  # noqa: PLR2004
                " are left",
                rule="netcup/N10",
                help=f"lower quotas, delete mailboxes first, or raise `storage` of instance '{instance}'",
            )
        )
    return found


def _with_dependencies(steps: Sequence[Operation], graph: _Graph, run: _Layout) -> tuple[Operation, ...]:
    made: dict[tuple[int, int], Dependency] = {}
    place_of = {position: place for place, position in enumerate(run.laid)}

    def reading(edge: tuple[int, int]) -> tuple[int, int]:
        return place_of[edge[0]], edge[1]

    result = []
    for position in run.laid:
        wanted = graph.leaders[position]
        if position in run.storage_edges:
            wanted = [*wanted, *((first, len(EDGE_RULES)) for first in run.storage_edges[position])]
        if not wanted:
            result.append(steps[position])
            continue
        if len(wanted) > 1:
            wanted = sorted(set(wanted), key=reading)
        for edge in wanted:
            if edge not in made:
                made[edge] = _dependency(steps[edge[0]].id, edge[1])
        result.append(steps[position]._replace(after=tuple([made[edge] for edge in wanted])))
    return tuple(result)


def _dependency(operation: str, place: int) -> Dependency:
    if place == len(EDGE_RULES):
        return Dependency(operation, STORAGE_RULE, STORAGE_REASON)
    return Dependency(operation, EDGE_RULES[place].rule, EDGE_RULES[place].reason)
