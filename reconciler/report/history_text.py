"""What the runs of a state did, the latest first; and the way of one thing through them."""

from collections.abc import Iterator, Sequence

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Change
from reconciler.report.changes import describe_change, describe_value
from reconciler.report.labels import key_label
from reconciler.report.layout import clean, count, hang, pad, text_width
from reconciler.report.style import Style
from reconciler.report.times import moment
from reconciler.state.history import Run, Step

_DIGEST = 19  # characters of a plan's digest that tell it from others: `sha256:` and twelve
_PAST = {
    Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted", Action.ADOPT: "adopted",
    Action.FORGET: "forgotten", Action.OPERATOR: "acknowledged",
}  # fmt: skip
#: How recovery words what it found, and how a person reads it.
_FOUND = {
    "in flight: done": "had taken effect",
    "in flight: not done": "had not taken effect",
    "in flight: other": "something else was there, and was recorded as it was",
}


def history_text(runs: Sequence[Run], style: Style, *, few: int | None = None, more: bool = False) -> str:
    """Return runs with their steps.

    Args:
        runs: The latest first.
        style: Colours, symbols and width.
        few: Steps named of each run at most; None for all that it has.
        more: Whether there are older runs than these.
    """
    lines: list[str] = []
    for run in runs:
        lines += [*_run(run, style, few), ""]
    if not runs:
        return "No run has written to this state.\n"
    if more:
        lines.append(style.dim(f"{style.symbol('ellipsis')} and older ones: reconciler state history --limit 1000"))
    else:
        lines.pop()
    return "\n".join(lines) + "\n"


def timeline_text(runs: Sequence[Run], style: Style) -> str:
    """Return what happened to the things that some runs' steps are about, a line or two a step, the latest first."""
    things = dict.fromkeys((step.kind, step.key) for run in runs for step in run.steps)
    lines: list[str] = []
    for kind, key in things:
        lines.append(style.bold(f"{kind} {_label(kind, key)}"))
        for run in runs:
            for step in reversed(run.steps):
                if (step.kind, step.key) == (kind, key):
                    lines += _moment(run, step, style)
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _moment(run: Run, step: Step, style: Style) -> Iterator[str]:
    head = f"  {moment(step.at)}  run {run.header.serial:<4} {style.symbol(step.action)} {step.action}"
    first, *rest = _beside(head, _values(step, style), 6, style)
    yield _painted(step, first, style)
    yield from rest
    yield from _ending(step, 6, style)
    who = f"by {clean(run.header.who)} with {clean(run.header.operation)}"
    ci = f", {clean(run.header.ci)}" if run.header.ci else ""
    yield from map(style.dim, _hanging(f"      {who}{ci}", 6, style))


def _run(run: Run, style: Style, few: int | None) -> Iterator[str]:
    header = run.header
    yield style.bold(f"run {header.serial}") + f"  {moment(header.at)}"
    yield from _hanging(f"  {clean(header.operation)} by {clean(header.who)}", 4, style)
    if header.ci:
        yield from _hanging(f"  {clean(header.ci)}", 4, style)
    if run.plan:
        yield f"  plan {clean(run.plan[:_DIGEST])}"
    if header.took_over is not None:
        dead = f"took over the lock of {clean(str(header.took_over))}, which was dead"
        yield from map(style.warn, _hanging(f"  {dead}", 4, style))
    for operation, note in run.acknowledged.items():
        said = f": {clean(note)}" if note else ""
        yield from _hanging(f"  {style.symbol('operator')} acknowledged: {clean(operation)}{said}", 4, style)
    shown = run.steps if few is None else run.steps[:few]
    width = max((text_width(f"{step.action} {step.kind}") for step in shown), default=0)
    for step in shown:
        yield from _step(step, width, style)
    left = run.counts.total() - len(shown)
    if left > 0:
        line = f"{count(left, 'more', 'more')}: reconciler state history --run {header.serial}"
        yield style.dim(f"  {style.symbol('ellipsis')} and {line}")
    yield from _hanging(f"  {tally(run)}", 4, style)


def _step(step: Step, width: int, style: Style) -> Iterator[str]:
    head = f"  {style.symbol(step.action)} {pad(f'{step.action} {step.kind}', width)}  {_label(step.kind, step.key)}"
    first, *rest = _beside(head, _values(step, style), 6, style)
    yield _painted(step, first, style)
    yield from rest
    yield from _ending(step, 6, style)


def _ending(step: Step, indent: int, style: Style) -> Iterator[str]:
    """Yield how a step ended, where it was not simply done."""
    blanks = " " * indent
    message = _FOUND.get(step.message, clean(step.message))
    if step.done is None:
        if step.found is None:
            said = "what became of it is not known yet; the next run finds out"
        else:
            word = _FOUND.get(step.found.message, clean(step.found.message)) or "it was done"
            said = f"unknown when its run ended; run {step.found.serial} found out: {word}"
        yield from map(style.warn, _hanging(f"{blanks}{said}", indent, style))
    elif step.message in _FOUND:
        said = f"left in flight by an earlier run; {message}"
        yield from map(style.dim, _hanging(f"{blanks}{said}", indent, style))
    elif not step.done:
        yield from map(style.error, _hanging(f"{blanks}failed: {message}", indent, style))
    elif step.message:
        yield from map(style.dim, _hanging(f"{blanks}{message}", indent, style))


def _painted(step: Step, text: str, style: Style) -> str:
    return style.action(step.action, text) if step.done else style.warn(text)


def _hanging(text: str, indent: int, style: Style) -> Iterator[str]:
    """Yield a line that begins with blanks of its own, wrapped."""
    own = len(text) - len(text.lstrip(" "))
    lines = hang(text[own:], indent, style.width, own)
    yield " " * own + next(lines, "")
    yield from lines


def _beside(head: str, text: str, indent: int, style: Style) -> Iterator[str]:
    """Yield a head with a text beside it, and what of it finds no room there below."""
    if not text:
        yield head
        return
    first, *rest = hang(text, indent, style.width, text_width(head) + 2)
    yield f"{head}  {first}".rstrip()
    yield from rest


def _values(step: Step, style: Style) -> str:
    """Return the values in words: before and after of what changed, all of what came or went."""
    told = []
    kind = Kind(step.kind)
    if step.action in (Action.CREATE, Action.ADOPT) or (step.after and not step.before):
        told.append(describe_value(kind, step.after, style, full=True))
    elif step.action in (Action.DELETE, Action.FORGET):
        gone = describe_value(kind, step.before, style, full=True)
        told.append(f"was: {gone}" if gone else "")
    else:
        names = dict.fromkeys((*step.before, *step.after))
        told += [describe_change(name, Change(step.before.get(name), step.after.get(name)), style) for name in names]
    if step.password:
        numbered = "" if step.password_version is None else f" (version {step.password_version})"
        told.append(f"password set{numbered}")
    return ", ".join(filter(None, told))


def _label(kind: str, key: str) -> str:
    return key_label(Kind(kind), key)


def tally(run: Run) -> str:
    """Return how many steps ended how: `3 created, 1 failed`."""
    done = [f"{run.counts[action, 'done']:,} {word}" for action, word in _PAST.items() if run.counts[action, "done"]]
    rest = [
        f"{number:,} {word}"
        for outcome, word in (("failed", "failed"), ("unknown", "not known"))
        if (number := _total(run, outcome))
    ]
    said = [f"{len(run.acknowledged):,} said to be done by a person"] if run.acknowledged else []
    return ", ".join([*done, *rest, *said]) or "no resource changed"


def _total(run: Run, outcome: str) -> int:
    return sum(number for (_, ended), number in run.counts.items() if ended == outcome)
