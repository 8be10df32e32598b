"""What a reader must see before the list: what is lost, where mail goes, what it costs, and what is refused."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.plan.document import Operation, Plan, Refusal
from reconciler.report.labels import operation_label, typed
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


def danger_lines(plan: Plan, pending: Sequence[Refusal], style: Style) -> Iterator[str]:
    """Yield a block for each guard that refuses, or that would without the consent it was given.

    Args:
        plan: The plan.
        pending: Those of its refusals that nobody has consented to.
        style: Colours and width.
    """
    notes = {operation.id: operation.notes for operation in plan.operations}
    for danger in dangers(plan, pending):
        title = TITLES.get(danger.guard, danger.guard)
        if danger.refusals:
            yield style.error(f"{title}: refused") + style.dim(f" [{danger.guard}]")
        else:
            yield style.warn(f"{title}: with consent") + style.dim(f" [{danger.guard}]")
        for refusal in danger.refusals:
            yield from _refusal(refusal, notes, style)
        for operation in danger.consented:
            yield from _operation(operation.id, operation.notes, style)
            if danger.refusals:
                yield "    consent is given"
        yield ""
