"""What an operation of the plan means for provider and state: pure, from the document's words to values."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.fingerprint import fingerprint
from reconciler.model.kinds import Action
from reconciler.model.live import Applied, Live
from reconciler.model.resources import FieldValue, Resource, make, with_fields
from reconciler.model.secrets import Secret
from reconciler.plan.document import STATE_FIELDS, Operation, raises_password
from reconciler.providers.writer import Write
from reconciler.state.resolve import after_write, differing
from reconciler.state.values import Ended, Intent


def wanted(operation: Operation) -> dict[str, FieldValue]:
    """Return the values the provider is to have after a create or an update, of the fields the operation names."""
    return {name: change.after for name, change in operation.fields.items() if name not in STATE_FIELDS}


def sets_version(operation: Operation) -> bool:
    """Whether an update raises the version of a password."""
    change = operation.fields.get("password_version")
    return operation.action is Action.UPDATE and change is not None and raises_password(change.before, change.after)


def state_only(operation: Operation, *, password: bool) -> bool:
    """Whether an operation calls no writer.

    Args:
        operation: The operation.
        password: Whether it sets a password.
    """
    if operation.action is Action.UPDATE:
        return not password and STATE_FIELDS.issuperset(operation.fields)
    return operation.action in (Action.ADOPT, Action.FORGET, Action.OPERATOR)


def releases(operation: Operation) -> bool:
    """Whether the resource leaves state: our part of a shared value is withdrawn, the rest is nobody's."""
    change = operation.fields.get("contribution")
    return operation.action is Action.UPDATE and change is not None and change.after is None


def remembered(operation: Operation, held: Applied | None) -> Remembered:
    """Return what state is to remember after an operation, given what it holds before."""
    base = NOTHING_REMEMBERED
    if operation.action is not Action.CREATE and held is not None and held.provider == operation.provider:
        base = held.remember
    if STATE_FIELDS.isdisjoint(operation.fields):
        return base
    changed = {name: operation.fields[name].after for name in STATE_FIELDS if name in operation.fields}
    return replace(base, **changed)  # type: ignore[arg-type]


def holds(operation: Operation, live: Live | None) -> bool:
    """Whether a live resource is what the operation was planned on.

    A field that already is as planned counts as not moved: another operation of the same plan can have put it there
    (the TTL of a shared rrset), or an earlier try.
    """
    resource = None if live is None else live.resource
    if fingerprint(resource) == operation.precondition:
        return True
    if resource is None or operation.action is not Action.UPDATE:
        return False
    fields = resource.fields()
    ahead = {
        name: change.before
        for name, change in operation.fields.items()
        if name in fields and fields[name] == change.after and change.before != change.after
    }
    return bool(ahead) and fingerprint(with_fields(resource, ahead)) == operation.precondition


def intent(operation: Operation, held: Applied | None, *, password: bool) -> Intent:
    """Return what is made durable before the write."""
    deletes = operation.action is Action.DELETE
    return Intent(
        operation.action,
        operation.kind,
        operation.key,
        operation.provider,
        {} if deletes else wanted(operation),
        operation.precondition,
        NOTHING_REMEMBERED if deletes else remembered(operation, held),
        password,
        releases(operation),
        replaced(operation),
    )


def replaced(operation: Operation) -> dict[str, FieldValue]:
    """Return the provider's values that an update or a delete does away with, for the history."""
    if operation.action is Action.CREATE:
        return {}
    return {name: change.before for name, change in operation.fields.items() if name not in STATE_FIELDS}


def write(
    operation: Operation, fields: Mapping[str, FieldValue], live: Live | None, password: Secret | None, root: Path
) -> Write:
    """Return the write.

    Args:
        operation: The operation.
        fields: Its wanted fields.
        live: The resource as just read.
        password: For a create of a user, or an update that sets it.
        root: Folder at which the path of a backup starts.
    """
    if operation.action is Action.CREATE:
        after = make(operation.kind, operation.key, fields)
        return Write(operation.action, operation.kind, operation.key, None, after, password=password)
    if operation.action is Action.DELETE:
        backup = None if operation.backup is None else root / operation.backup.to
        return Write(operation.action, operation.kind, operation.key, live, backup=backup)
    assert live is not None, "an update has a precondition that something is there"
    changed = frozenset(fields) if password is None else frozenset((*fields, "password"))
    after = with_fields(live.resource, fields)
    return Write(operation.action, operation.kind, operation.key, live, after, changed, password)


def recorded(operation: Operation, live: Live | None, held: Applied | None, now: float) -> Ended:
    """Return the end of an operation that touches state alone, or was done by a person, given the resource as read.

    Args:
        operation: The operation.
        live: The resource as read.
        held: What state holds of it.
        now: Seconds since the epoch.
    """
    ended = Ended(operation.action, operation.kind, operation.key, operation.provider)
    if operation.action is Action.FORGET or releases(operation) or live is None:
        return ended._replace(gone=True)
    applied = Applied(live.resource, operation.provider, live.id, remembered(operation, held))
    if held is None:
        return ended._replace(applied=applied)  # what is only adopted was there before, nobody knows since when
    return ended._replace(applied=after_write(applied, held, now, _stood(operation, live.resource)))


def _stood(operation: Operation, there: Resource) -> Resource | None:
    """What was there before an operation, as it was planned on."""
    known = there.fields()
    before = {name: change.before for name, change in operation.fields.items() if name in known}
    if before and all(value is None for value in before.values()):
        return None
    return with_fields(there, before)


def left_to_do(operation: Operation, live: Live | None) -> str | None:
    """Return what a person's step has not brought about yet, or None where it has."""
    leaves = bool(operation.fields) and all(change.after is None for change in operation.fields.values())
    if leaves:
        return None if live is None else "it is still there"
    if live is None:
        return "it is not there"
    return describe(live.resource, wanted(operation))


def describe(live: Resource, fields: Mapping[str, FieldValue]) -> str | None:
    """Return which fields are not as wanted, in words, or None where all are."""
    differs = differing(live, fields)
    return (
        " and ".join(f"{name} is {_shown(value)}, not {_shown(fields[name])}" for name, value in differs.items())
        or None
    )


def _shown(value: FieldValue) -> str:
    return ", ".join(value) if isinstance(value, tuple) else repr(value)
