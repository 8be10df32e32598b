"""What a reader must see before the list: what is lost, where mail goes, what it costs, and what is refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Operation, Plan, Refusal
from reconciler.report.configuration_yaml import scalar
from reconciler.report.labels import key_label, operation_label, typed
from reconciler.report.layout import clean, count, hang
from reconciler.report.style import Style

#: Title of each guard, in the order of how bad it is.
TITLES = {
    "data-loss": "Data loss",
    "protect": "Protected",
    "mail-routing": "Mail routing",
    "money": "Money",
    "standing": "Standing",
    "orphan": "Nobody left to receive",
    "volume": "Many deletions",
    "approval": "Approval",
}

#: Operations a guard names that judges many together; those that lose data, money or mail are all named.
FEW = 5

_MARKS: dict[str, Callable[[Operation], bool]] = {
    "data-loss": lambda operation: operation.loses_data,
    "mail-routing": lambda operation: operation.changes_routing,
    "money": lambda operation: operation.costs_money,
}


@dataclass(frozen=True, slots=True)
class Danger:
    """One guard's block: what it refuses, and what it would have refused without consent."""

    guard: str
    refusals: tuple[Refusal, ...]
    consented: tuple[Operation, ...]


def dangers(plan: Plan, pending: Sequence[Refusal]) -> list[Danger]:
    """Return the guards that have something to say about a plan, the worst first; `pending` is not consented to."""
    refused: dict[str, list[Refusal]] = {}
    for refusal in pending:
        refused.setdefault(refusal.guard, []).append(refusal)
    names = [*TITLES, *sorted(refused.keys() - TITLES.keys())]
    found = []
    for name in names:
        refusals = tuple(refused.get(name, ()))
        held = {operation for refusal in refusals for operation in refusal.operations}
        marked = _MARKS.get(name)
        consented = tuple(each for each in plan.operations if each.id not in held and marked(each)) if marked else ()
        if refusals or consented:
            found.append(Danger(name, refusals, consented))
    return found


def _operation(identity: str, notes: tuple[str, ...], style: Style) -> Iterator[str]:
    yield f"  {style.bold(operation_label(identity))}"
    for note in notes:
        yield from ("    " + line for line in hang(clean(note), 0, style.width - 4))


def _refusal(refusal: Refusal, notes: dict[str, tuple[str, ...]], style: Style) -> Iterator[str]:
    shown = refusal.operations if refusal.guard in _MARKS else refusal.operations[:FEW]
    for identity in shown:
        yield from _operation(identity, notes.get(identity, ()) if refusal.guard in _MARKS else (), style)
    if len(shown) < len(refusal.operations):
        rest = count(len(refusal.operations) - len(shown), "more", "more")
        yield style.dim(f"  {style.symbol('ellipsis')} and {rest}, all named below")
    told = {note for identity in shown for note in notes.get(identity, ())} if refusal.guard in _MARKS else set()
    if refusal.reason and refusal.reason not in told:
        yield from ("    " + line for line in hang(f"why: {clean(refusal.reason)}", 5, style.width - 4))
    for consent in refusal.consent:
        yield f"    consent: {style.code(typed(consent))}"
    if not refusal.consent:
        yield f"    no option consents to this: {style.code(f'reconciler explain {refusal.guard}')}"


def _tombstones(refusals: Sequence[Refusal], operations: Mapping[str, Operation], style: Style) -> Iterator[str]:
    """Yield the other way to consent: entries of `removed:`, whose reason is left for the author to write."""
    made = {(each.kind, each.key) for each in operations.values() if each.action is Action.CREATE}  # stays declared
    named = [operations[each] for refusal in refusals if refusal.consent for each in refusal.operations]
    gone = [each for each in named if each.kind is not Kind.RECORD and (each.kind, each.key) not in made]
    if not gone:
        return
    yield from ("  " + line for line in hang("or, in the files, where a reviewer sees it:", 0, style.width - 2))
    yield "    removed:"
    for each in gone[:FEW]:
        yield f"      - {each.kind}: {scalar(key_label(each.kind, each.key))}"
        if each.of_copy:
            yield f"        at: {scalar(each.provider)}"
        yield "        reason: " + style.dim("# why it goes")
    if len(gone) > FEW:
        yield style.dim(f"      # and {count(len(gone) - FEW, 'more', 'more')}, each alike")


def danger_lines(plan: Plan, pending: Sequence[Refusal], style: Style, *, tombstones: bool = True) -> Iterator[str]:
    """Yield a block for each guard that refuses, or that would without the consent it was given.

    Args:
        plan: The plan.
        pending: Those of its refusals that nobody has consented to.
        style: Colours and width.
        tombstones: Whether a tombstone would be consent as well; for what stays declared it never is.
    """
    operations = {operation.id: operation for operation in plan.operations}
    notes = {identity: operation.notes for identity, operation in operations.items()}
    for danger in dangers(plan, pending):
        title = TITLES.get(danger.guard, danger.guard)
        if danger.refusals:
            yield style.error(f"{title}: refused") + style.dim(f" [{danger.guard}]")
        else:
            yield style.warn(f"{title}: with consent") + style.dim(f" [{danger.guard}]")
        for refusal in danger.refusals:
            yield from _refusal(refusal, notes, style)
        if tombstones and danger.guard == "data-loss":
            yield from _tombstones(danger.refusals, operations, style)
        for operation in danger.consented:
            yield from _operation(operation.id, operation.notes, style)
            if danger.refusals:
                yield "    consent is given"
        yield ""
