"""Values of state to and from plain JSON data."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import FieldValue, make
from reconciler.state.values import Ended, Intent, LockInfo, RunHeader

#: JSON as orjson gives it.
Data = dict[str, Any]

_KINDS = {str(kind): kind for kind in Kind}
_ACTIONS = {str(action): action for action in Action}
_REMEMBERED = frozenset({"protect", "password_version", "contribution"})


def remember_data(remember: Remembered) -> Data:
    """Return what is remembered, without the defaults."""
    data: Data = {}
    if remember.protect:
        data["protect"] = True
    if remember.password_version is not None:
        data["password_version"] = remember.password_version
    if remember.contribution is not None:
        data["contribution"] = remember.contribution
    return data


def _remember(data: Data | None) -> Remembered:
    if not data:
        return NOTHING_REMEMBERED
    if not data.keys() <= _REMEMBERED:
        raise ValueError(f"'remember' has {sorted(data.keys() - _REMEMBERED)}")
    return Remembered(data.get("protect", False), data.get("password_version"), data.get("contribution"))


def _fields(data: Data) -> Mapping[str, FieldValue]:
    return {name: tuple(value) if type(value) is list else value for name, value in data.items()}


def applied_data(kind: Kind, key: str, applied: Applied) -> Data:
    """Return a resource of the snapshot as data."""
    data: Data = {"kind": kind, "key": key, "provider": applied.provider, "fields": applied.resource.fields()}
    if applied.id:
        data["id"] = applied.id
    _add_rest(data, applied)
    return data


def _add_rest(data: Data, applied: Applied) -> None:
    """Add what only some resources have."""
    if applied.remember is not NOTHING_REMEMBERED and (remember := remember_data(applied.remember)):
        data["remember"] = remember
    if applied.changed_at:
        data["changed_at"] = applied.changed_at
    if applied.stale_until:
        data["stale_until"] = applied.stale_until
    if applied.left:
        data["left"] = list(applied.left)


def _applied(kind: Kind, key: str, data: Data) -> Applied:
    return Applied(
        make(kind, key, data["fields"]),
        data["provider"],
        data.get("id", ""),
        _remember(data.get("remember")),
        data.get("changed_at", 0),
        data.get("stale_until", 0),
        tuple(data.get("left", ())),
    )


def read_applied(data: Data) -> tuple[tuple[Kind, str], Applied]:
    """Return a resource of the snapshot and the key it is found by.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: If the data is not one.
    """
    kind = _KINDS[data["kind"]]
    key = data["key"]
    return (kind, key), _applied(kind, key, data)


def header_data(header: RunHeader) -> Data:
    """Return a run's header as a journal entry."""
    data: Data = {
        "run": header.run,
        "format": "reconciler.journal/1",
        "lineage": header.lineage,
        "serial": header.serial,
        "fence": header.fence,
        "operation": header.operation,
        "who": header.who,
        "at": header.at,
    }
    if header.ci:
        data["ci"] = header.ci
    if header.plan:
        data["plan"] = header.plan
    if header.took_over is not None:
        data["took_over"] = asdict(header.took_over)
    if header.onto is not None:
        data["onto"] = list(header.onto)
    return data


def read_header(data: Data) -> RunHeader:
    """Return the header an entry holds."""
    return RunHeader(
        run=data["run"],
        lineage=data["lineage"],
        serial=data["serial"],
        fence=data["fence"],
        operation=data.get("operation", ""),
        who=data.get("who", ""),
        ci=data.get("ci", ""),
        at=data.get("at", 0.0),
        plan=data.get("plan", ""),
        took_over=LockInfo(**data["took_over"]) if "took_over" in data else None,
        onto=_onto(*data["onto"]) if "onto" in data else None,
    )


def _onto(lineage: str, serial: int) -> tuple[str, int]:
    return lineage, serial


def intent_data(intent: Intent) -> Data:
    """Return an intent as a journal entry."""
    data: Data = {
        "begin": intent.action,
        "kind": intent.kind,
        "key": intent.key,
        "provider": intent.provider,
        "fields": intent.fields,
        "precondition": intent.precondition,
    }
    if intent.remember is not NOTHING_REMEMBERED and (remember := remember_data(intent.remember)):
        data["remember"] = remember
    if intent.password:
        data["password"] = True
    if intent.release:
        data["release"] = True
    if intent.before:
        data["before"] = intent.before
    return data


def read_intent(data: Data) -> Intent:
    """Return the intent an entry holds."""
    return Intent(
        action=_ACTIONS[data["begin"]],
        kind=_KINDS[data["kind"]],
        key=data["key"],
        provider=data["provider"],
        fields=_fields(data["fields"]),
        precondition=data["precondition"],
        remember=_remember(data.get("remember")),
        password=data.get("password", False),
        release=data.get("release", False),
        before=_fields(data.get("before", {})),
    )


def ended_data(ended: Ended) -> Data:
    """Return an end as a journal entry."""
    data: Data = {
        "end": ended.action,
        "done": ended.done,
        "kind": ended.kind,
        "key": ended.key,
        "provider": ended.provider,
    }
    applied = ended.applied
    if applied is not None:
        data["fields"] = applied.resource.fields()
        if applied.id:
            data["id"] = applied.id
        _add_rest(data, applied)
    if ended.gone:
        data["gone"] = True
    if ended.message:
        data["message"] = ended.message
    return data


def read_ended(data: Data) -> Ended:
    """Return the end an entry holds."""
    kind, key, provider = _KINDS[data["kind"]], data["key"], data["provider"]
    applied = None
    if "fields" in data:
        applied = _applied(kind, key, data)
    return Ended(
        action=_ACTIONS[data["end"]],
        kind=kind,
        key=key,
        provider=provider,
        done=data["done"],
        applied=applied,
        gone=data.get("gone", False),
        message=data.get("message", ""),
    )
