"""What a command changed in state alone: resources under other names, forgotten ones, and outcomes brought home."""

from collections.abc import Sequence

from reconciler.report.labels import key_label
from reconciler.report.layout import clean, count
from reconciler.report.style import Style
from reconciler.state.kept import Homecoming
from reconciler.state.tending.editing import Change, Edit
from reconciler.state.tending.transfer import Push


def edit_text(edit: Edit, style: Style) -> str:
    """Return one line for each resource an edit touches."""
    return "\n".join(_line(each, style) for each in edit.changes) + "\n"


def _line(change: Change, style: Style) -> str:
    old, new = change.before, change.after
    kind, key = old.resource.kind, old.resource.key
    what, arrow = f"{kind} {key_label(kind, key)}", style.symbol("arrow")
    if new is None:
        return f"{style.warn('forget')}  {what}, which {clean(old.provider)} keeps"
    if change.follows:
        before, after = old.resource.fields(), new.resource.fields()
        names = ", ".join(name for name, value in after.items() if before.get(name) != value)
        return f"follow  {what}: {names} names it"
    if new.provider != old.provider:
        return f"move    {what}: {clean(old.provider)} {arrow} {clean(new.provider)}"
    return f"move    {what} {arrow} {key_label(kind, new.resource.key)}"


def edit_json(edit: Edit) -> list[dict[str, object]]:
    """Return what an edit touches as plain data; `to` is null for what is forgotten."""
    return [_data(each) for each in edit.changes]


def _data(change: Change) -> dict[str, object]:
    resource, new = change.before.resource, change.after
    return {
        "kind": str(resource.kind),
        "key": resource.key,
        "provider": change.before.provider,
        "to": None if new is None else {"key": new.resource.key, "provider": new.provider},
        "follows": change.follows,
    }


def homecomings_text(came: Sequence[Homecoming]) -> str:
    """Return what became of each file of kept outcomes."""
    if not came:
        return "No outcomes of this state wait on this machine.\n"
    recorded = sum(each.recorded for each in came)
    return "\n".join([*map(str, came), f"{count(recorded, 'outcome')} recorded"]) + "\n"


def homecomings_json(came: Sequence[Homecoming]) -> list[dict[str, object]]:
    """Return the same as plain data."""
    return [
        {"file": str(each.kept.path), "serial": each.kept.serial, "recorded": each.recorded, "late": each.late}
        for each in came
    ]


def push_text(pushed: Push, file: str, style: Style) -> str:
    """Return what a file changes in a state; protected resources that would be forgotten are named."""
    name = clean(file)
    known, gone = (count(pushed.count(gone=each), "resource") for each in (False, True))
    lines = [f"{name}: {known} as it has them, {gone} forgotten"]
    if pushed.given_up:
        lines.append(f"{style.warn('given up')}: the state of the lineage {clean(pushed.given_up)}")
    for each in pushed.lost:
        kind, key = each.resource.kind, each.resource.key
        lines.append(f"{style.warn('protected')}: {kind} {key_label(kind, key)} is no longer known, nor protected")
    lines += [f"in flight when it was made: {clean(each.operation)}" for each in pushed.begun]
    return "\n".join(lines) + "\n"


def push_json(pushed: Push) -> dict[str, object]:
    """Return the same as plain data."""
    return {
        "changed": not pushed.empty,
        "adopted": pushed.count(gone=False),
        "forgotten": pushed.count(gone=True),
        "unprotected": [f"{each.resource.kind}:{each.resource.key}" for each in pushed.lost],
        "in_flight": [each.operation for each in pushed.begun],
        "lineage": pushed.lineage,
        "given_up": pushed.given_up or None,
    }
