"""A plan for a terminal: the verdict first, then dangers, then the list, and last what to type."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model.kinds import Action
from reconciler.plan.document import Plan, PlanWarning
from reconciler.plan.guards import unmet
from reconciler.providers.reader import ODDITIES
from reconciler.report.drift_text import drift_lines, unmanaged_lines, unmanaged_title
from reconciler.report.held_text import held_lines
from reconciler.report.labels import typed
from reconciler.report.layout import clean, count, hang
from reconciler.report.ledger_text import ledger_lines
from reconciler.report.plan_danger import danger_lines
from reconciler.report.plan_steps import steps
from reconciler.report.preview_text import preview_lines
from reconciler.report.style import Style

_MANY_CONSENTS = 6
_FEW_ODDITIES = 3  # of one id; on a server that grew by hand there may be thousands
_VERBS = {
    "create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete", "adopt": "to adopt",
    "forget": "to forget", "operator": "by hand",
}  # fmt: skip


def counts(plan: Plan) -> dict[str, int]:
    """Return the number of operations of each verb, the two halves of a replace counted as one `replace`."""
    numbers = {"create": 0, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "forget": 0, "operator": 0}
    for operation in plan.operations:
        if operation.replaces is None:
            numbers[operation.action] += 1
        elif operation.action is Action.DELETE:
            numbers["replace"] += 1
    return numbers


def verdict(plan: Plan, style: Style) -> str:
    """The counts in words, deletions bold."""
    parts = []
    for verb, number in counts(plan).items():
        if number:
            text = f"{number:,} {_VERBS[verb]}"
            parts.append(style.bold(style.delete(text)) if verb == "delete" else style.action(verb, text))
    return ", ".join(parts)


def warning_lines(warnings: Sequence[PlanWarning], style: Style) -> Iterator[str]:
    """Yield the plan's warnings, each with the name its page has; of what can not be declared, the first few."""
    odd: Counter[str] = Counter()
    for each in warnings:
        if each.id in ODDITIES:
            odd[each.id] += 1
            if odd[each.id] > _FEW_ODDITIES:
                continue
        where = f" ({clean(each.where)})" if each.where else ""
        yield from _warning(each.id, f"{clean(each.message)}{where}", style)
        if each.help is not None:
            yield "  help: " + "\n".join(hang(clean(each.help), 8, style.width))
    for name, number in odd.items():
        if number > _FEW_ODDITIES:
            rest = count(number - _FEW_ODDITIES, "more", "more")
            yield from _warning(name, f"and {rest}: `reconciler import` lists them", style)


def _warning(name: str, text: str, style: Style) -> Iterator[str]:
    lines = list(hang(text, 2, style.width, len(f"warning[{name}]: ")))
    yield f"{style.warn('warning')}[{name}]: {lines[0]}"
    yield from lines[1:]


def next_command(plan: Plan, command: str, consents: Sequence[str] = ()) -> str:
    """Return what to type to carry the plan out, with the consents it needs: those given, then those it lacks.

    Args:
        plan: The plan.
        command: The way to apply it, without consents, such as `reconciler apply plan.json`.
        consents: Given already, as a plan prints them.
    """
    pending = unmet(plan.refusals, consents)
    hopeless = [refusal.guard for refusal in pending if not refusal.consent]
    if hopeless:
        return f"reconciler explain {hopeless[0]}"
    wanted = dict.fromkeys(consent for refusal in plan.refusals for consent in refusal.consent)
    if len(wanted) > _MANY_CONSENTS:
        return f"{command} ... with the {len(wanted):,} consents above"
    return " ".join([command, *map(typed, wanted)])


def refused_lines(guards: str, text: str, style: Style) -> Iterator[str]:
    """Yield the sentence that names the guards that refuse, and what follows from it."""
    lines = list(hang(f"by {guards}: {text}", 2, style.width, len("Refused ")))
    yield f"{style.error('Refused')} {lines[0]}"
    yield from lines[1:]


def _last(plan: Plan, command: str, consents: Sequence[str], style: Style) -> Iterator[str]:
    pending = unmet(plan.refusals, consents)
    if pending:
        guards = ", ".join(dict.fromkeys(refusal.guard for refusal in pending))
        until = "there is consent" if all(refusal.consent for refusal in pending) else "the cause is gone"
        yield from refused_lines(guards, f"nothing is applied until {until}.", style)
    if command:
        yield f"Next: {style.code(next_command(plan, command, consents))}"


def _nothing(plan: Plan, style: Style, *, full: bool, destroys: bool) -> Iterator[str]:
    yield from warning_lines(plan.warnings, style)
    if plan.drift:
        yield style.bold("Changed by someone else since the last run:")
        yield from drift_lines(plan.drift, style)
    if full and plan.unmanaged:
        yield style.bold(unmanaged_title(plan.unmanaged))
        yield from unmanaged_lines(plan.unmanaged, style, full=True)
    if plan.held:
        yield style.bold("Waiting for its time:")
        yield from held_lines(plan.held, style, full=True)
        yield ""
    rest = f" ({count(len(plan.unmanaged), 'unmanaged resource')} left alone)" if plan.unmanaged else ""
    why = "nothing is under management" if destroys else "everything is as declared"
    if plan.held:
        why = "what is declared and not done yet waits for its time"
    yield style.good("Nothing to do" + (" now" if plan.held else "")) + f": {why}.{rest}"


def _body(plan: Plan, style: Style, *, full: bool, reasons: bool) -> Iterator[str]:
    yield from steps(plan.operations, style, full=full, reasons=reasons)
    yield ""
    if plan.drift:
        yield style.bold("Changed by someone else since the last run:")
        yield from drift_lines(plan.drift, style)
        yield ""
    if plan.ledger:
        yield style.bold("Storage given out:")
        yield from ledger_lines(plan.ledger, style)
        yield ""
    if plan.unmanaged:
        yield style.bold(unmanaged_title(plan.unmanaged))
        yield from unmanaged_lines(plan.unmanaged, style, full=full)
        yield ""
    if plan.previews:
        yield from preview_lines(plan.previews, style, full=full)
        yield ""
    if plan.warnings:
        yield from warning_lines(plan.warnings, style)
        yield ""


def plan_text(
    plan: Plan,
    style: Style,
    *,
    command: str = "reconciler apply",
    consents: Sequence[str] = (),
    full: bool = False,
    reasons: bool = False,
    destroys: bool = False,
) -> str:
    """Return a plan for a terminal.

    Args:
        plan: The plan.
        style: Colours, symbols and width.
        command: What carries it out, as the user would type it; the consents it needs are added on the last line, which
            is left out where this is empty.
        consents: Given already, such as `--allow-destroy mailbox:bob@example.org`.
        full: Every operation and every unmanaged resource, with the fields a short line leaves out.
        reasons: Below each operation what it waits for, and by which rule.
        destroys: Whether it is a plan of `destroy`, which takes what is declared: no tombstone is consent to that.
    """
    if plan.empty:
        lines = [*_nothing(plan, style, full=full, destroys=destroys)]
    else:
        lines = [
            style.bold("Plan: ") + verdict(plan, style),
            "",
            *danger_lines(plan, unmet(plan.refusals, consents), style, tombstones=not destroys),
            *_body(plan, style, full=full, reasons=reasons),
            *_last(plan, command, consents, style),
        ]
    return "\n".join(lines).rstrip() + "\n"
