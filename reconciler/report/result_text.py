"""How a run ended: what is not done and why, what a person does next, and last the verdict."""

from collections import Counter
from collections.abc import Iterator, Sequence

from reconciler.model.kinds import Action, Kind
from reconciler.model.rules import RULES
from reconciler.plan.document import Operation
from reconciler.report.labels import operation_label
from reconciler.report.layout import clean, count, hang
from reconciler.report.style import Style
from reconciler.report.views import OutcomeView, RunView, Status

#: Operations that were not tried, and are named where not all are asked for.
FEW = 10

_PAST = {
    Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted", Action.ADOPT: "adopted",
    Action.FORGET: "forgotten", Action.OPERATOR: "acknowledged",
}  # fmt: skip
_TITLES = {
    Status.FAILED: "Failed:",
    Status.MOVED: "Not touched, because it is no longer what the plan saw:",
    Status.SKIPPED: "Skipped, because something they need was not done:",
    Status.NOT_STARTED: "Not started, because the run was stopped:",
}


def _of(run: RunView, status: Status) -> list[OutcomeView]:
    return [each for each in run.outcomes if each.status is status]


def _outcome(each: OutcomeView, style: Style) -> Iterator[str]:
    sign = style.symbol("failed") if each.status is Status.FAILED else style.symbol("dot")
    title = f"  {sign} {operation_label(each.operation.id)}"
    yield style.error(title) if each.status is Status.FAILED else style.warn(title)
    rule = RULES.get(each.rule or "")
    for text in (each.message, f"rule: {rule.says} ({rule.id})" if rule else ""):
        if text:
            yield from ("      " + line for line in hang(clean(text), 0, style.width - 6))


def _block(outcomes: Sequence[OutcomeView], title: str, style: Style, *, most: int | None) -> Iterator[str]:
    if not outcomes:
        return
    yield style.bold(title)
    for each in outcomes[:most]:
        yield from _outcome(each, style)
    if most is not None and len(outcomes) > most:
        yield style.dim(f"  {style.symbol('ellipsis')} and {count(len(outcomes) - most, 'more', 'more')}")
    yield ""


def _waiting(outcomes: Sequence[OutcomeView], style: Style) -> Iterator[str]:
    """Yield what a person does: numbered steps, and how to say that it was done."""
    if not outcomes:
        return
    yield style.bold("Waiting:")
    first = [each for each in outcomes if each.because is None]
    for each in first:
        operation = each.operation
        yield style.action("operator", f"  {style.symbol('operator')} {operation_label(operation.id)}")
        if each.message:
            yield from ("      " + line for line in hang(clean(each.message), 0, style.width - 6))
        steps = list(operation.steps)
        if _acknowledged(operation) and not any("reconciler ack" in step for step in steps):
            steps.append(f'then run: reconciler ack "{operation.id}"')
        for number, step in enumerate(steps, 1):
            head = f"      {number}. "
            lines = list(hang(clean(step), len(head), style.width))
            yield head + lines[0]
            yield from lines[1:]
    behind = len(outcomes) - len(first)
    if behind:
        yield style.dim(f"  {style.symbol('ellipsis')} and {count(behind, 'operation')} that come after")
    yield ""


def _acknowledged(operation: Operation) -> bool:
    """Whether a person has to say that it was done; a record that was entered is seen at the name servers."""
    return operation.action is Action.OPERATOR and operation.kind is not Kind.RECORD


def _tally(run: RunView) -> str:
    done = Counter(each.operation.action for each in run.outcomes if each.status is Status.DONE)
    return ", ".join(f"{done[action]:,} {word}" for action, word in _PAST.items() if done[action])


def _good(done: str, waiting: int, style: Style) -> str:
    if waiting and not done:
        return style.good("Waiting") + f": {count(waiting, 'operation')}, and nothing else to do."
    rest = f"; {waiting:,} waiting" if waiting else ""
    return style.good("Done") + f": {done or 'nothing to do'}{rest}."


def _verdict(run: RunView, command: str, style: Style) -> Iterator[str]:
    numbers = Counter(each.status for each in run.outcomes)
    rest = [status for status in _TITLES if numbers[status]]
    if not rest and not run.interrupted and not run.halted:
        yield _good(_tally(run), numbers[Status.WAITING], style)
        return
    undone = ", ".join(f"{numbers[status]:,} {status}" for status in rest)
    done = _tally(run)
    title = "Partly done" if done else "Not done"
    what = ", ".join(part for part in (done, undone) if part) or "nothing was begun"
    text = f"{_why(run)}{what}." + (_whereabouts(run) if done else "")
    lines = list(hang(text, 2, style.width, len(f"{title}: ")))
    yield f"{style.error(title)}: {lines[0]}"
    yield from lines[1:]
    yield f"Next: {style.code('reconciler doctor' if run.halted else command)}"


def _why(run: RunView) -> str:
    if run.halted:
        return "stopped, as state could not be written any more; "
    return "stopped from outside; " if run.interrupted else ""


def _whereabouts(run: RunView) -> str:
    """Where what is done is known to be done."""
    if not run.halted:
        return " What is done is recorded."
    if run.kept:
        return " What state could not take is kept in a file, and the next apply records it."
    return " The next apply goes on from there."


def _done(outcomes: Sequence[OutcomeView], style: Style) -> Iterator[str]:
    if not outcomes:
        return
    yield style.bold("Done:")
    for each in outcomes:
        yield style.good(f"  {style.symbol('done')} {operation_label(each.operation.id)}")
    yield ""


def result_text(run: RunView, style: Style, *, command: str = "reconciler plan", full: bool = False) -> str:
    """Return how a run ended.

    Args:
        run: Every operation's end.
        style: Colours, symbols and width.
        command: What to type next where something is left.
        full: Name also what was done, and everything that was skipped.
    """
    lines: list[str] = []
    if full:
        lines += _done(_of(run, Status.DONE), style)
    for status, title in _TITLES.items():
        most = FEW if status in (Status.SKIPPED, Status.NOT_STARTED) and not full else None
        lines += _block(_of(run, status), title, style, most=most)
    lines += _waiting(_of(run, Status.WAITING), style)
    return "\n".join([*lines, *_verdict(run, command, style)]) + "\n"
