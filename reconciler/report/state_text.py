"""The last applied state: its list, and one resource of it."""

from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.report.changes import format_value
from reconciler.report.labels import key_label
from reconciler.report.layout import clean, count
from reconciler.report.style import Style
from reconciler.report.table import pairs, table

_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _sorted(state: AppliedState) -> list[Applied]:
    return [state.resources[each] for each in sorted(state.resources, key=lambda key: (_ORDER[key[0]], key[1]))]


def state_list_text(state: AppliedState, style: Style) -> str:
    """Return every resource the last run left, by kind and key, then lineage and serial."""
    rows = [
        (
            str(each.resource.kind),
            key_label(each.resource.kind, each.resource.key),
            clean(each.provider),
            clean(each.id),
        )
        for each in _sorted(state)
    ]
    lines = list(table(rows, style, head=("kind", "key", "provider", "id")))
    lines += [f"  acknowledged: {clean(each)} ({clean(note)})" for each, note in sorted(state.acknowledged.items())]
    lineage = f" of lineage {state.lineage}" if state.lineage else "; nothing was ever applied"
    lines.append(f"{count(len(rows), 'resource')}, serial {state.serial}{lineage}")
    return "\n".join(lines) + "\n"


def state_show_text(applied: Applied, style: Style) -> str:
    """Return one resource as the last run left it."""
    resource, remember = applied.resource, applied.remember
    shown: list[tuple[str, str | None]] = [("provider", clean(applied.provider)), ("id", clean(applied.id) or None)]
    shown += [(name, format_value(name, value)) for name, value in resource.fields().items() if value is not None]
    shown.append(("protect", "yes" if remember.protect else None))
    version = remember.password_version
    shown.append(("password version", None if version is None else str(version)))
    shown.append(("our part", clean(remember.contribution) if remember.contribution else None))
    title = style.bold(f"{resource.kind} {key_label(resource.kind, resource.key)}")
    return "\n".join([title, *pairs(shown, style)]) + "\n"


def _applied_json(applied: Applied) -> dict[str, object]:
    resource, remember = applied.resource, applied.remember
    return {
        "kind": str(resource.kind),
        "key": resource.key,
        "provider": applied.provider,
        "id": applied.id,
        "fields": {name: list(each) if isinstance(each, tuple) else each for name, each in resource.fields().items()},
        "protect": remember.protect,
        "password_version": remember.password_version,
        "contribution": remember.contribution,
    }


def state_list_json(state: AppliedState) -> dict[str, object]:
    """Return the whole state as plain data, by kind and key."""
    return {
        "lineage": state.lineage,
        "serial": state.serial,
        "resources": [_applied_json(each) for each in _sorted(state)],
        "acknowledged": dict(sorted(state.acknowledged.items())),
    }


def state_show_json(applied: Applied) -> dict[str, object]:
    """Return one resource of the state as plain data."""
    return _applied_json(applied)
