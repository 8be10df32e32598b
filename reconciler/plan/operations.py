"""Making operations: what each step says of itself, given what the diff decided. Nothing here decides."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from reconciler.dns.entering import entry_lines
from reconciler.model.desired import NOTHING_REMEMBERED, Declaration, Remembered
from reconciler.model.fingerprint import ABSENT, fingerprint
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Fields, Record, Resource, with_fields
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.plan import notes
from reconciler.plan.document import Change, Operation, operation_id
from reconciler.providers.capabilities import Capabilities


def changes(before: Fields, after: Fields) -> dict[str, Change]:
    """Return the fields in which two states of one resource differ, in their own order."""
    pairs = {name: Change(before.get(name), after.get(name)) for name in before | after}
    return {name: change for name, change in pairs.items() if change.before != change.after}


@lru_cache(maxsize=256)
def remembered_changes(before: Remembered, after: Remembered) -> Mapping[str, Change]:
    """Return what state is to remember otherwise than it does; a few answers serve a hundred thousand mailboxes."""
    return MappingProxyType({} if before == after else changes(_remembered(before), _remembered(after)))


def _remembered(remember: Remembered) -> Fields:
    return {
        "protect": remember.protect,
        "password_version": remember.password_version,
        "contribution": remember.contribution,
    }


def create(
    declaration: Declaration, resource: Resource, able: Capabilities, *, replaces: bool, implicit_mx: bool = False
) -> list[Operation]:
    """Make the creation of a resource, and what follows it where the platform fixes its first plan (mailbox-org/M3).

    Args:
        declaration: What is declared.
        resource: Its fields, filled.
        able: What its provider can do.
        replaces: Whether its deletion goes before.
        implicit_mx: Whether mail may arrive today at the host of the domain's own address (RFC 5321 §5.1).
    """
    kind, key, provider = resource.kind, resource.key, declaration.provider
    later: dict[str, Change] = {}
    if kind is Kind.MEMBER and able.team is not None:
        initial, declared = able.team.initial_plan, resource.fields()["plan"]
        later = {} if declared in (None, initial) else {"plan": Change(initial, declared)}
        resource = with_fields(resource, {"plan": initial})
    fields = {name: Change(None, value) for name, value in resource.fields().items()}
    fields.update(remembered_changes(NOTHING_REMEMBERED, declaration.remember))
    made = [
        Operation(
            operation_id(Action.CREATE, kind, key),
            Action.CREATE,
            kind,
            key,
            provider,
            fields=fields,
            costs_money=kind in able.costs_money,
            replaces=operation_id(Action.DELETE, kind, key) if replaces else None,
            notes=notes.first_mx(key) if implicit_mx else notes.created(kind),
        )
    ]
    if later:
        editable = all(able.edits(kind, key, name) for name in later)
        made.append((update if editable else ask_owner)(Live(resource), provider, later, able))
    return made


def update(live: Live, provider: str, fields: Mapping[str, Change], able: Capabilities) -> Operation:
    """Make the update of some fields in place."""
    kind = live.resource.kind
    return _on(
        Action.UPDATE,
        live,
        provider,
        fields,
        costs_money=kind in able.costs_money and "storage" in fields,
        changes_routing=notes.moves_mail(live, fields),
        notes=notes.updated(kind, fields),
    )


def delete(live: Live, provider: str, able: Capabilities, *, replaced: bool = False) -> Operation:
    """Make the deletion of what is there; `replaced` if its creation follows."""
    kind, key = live.resource.kind, live.resource.key
    fields = _ending(live)
    return _on(
        Action.DELETE,
        live,
        provider,
        fields,
        loses_data=kind in able.loses_data,
        costs_money=kind in able.costs_money,
        changes_routing=notes.moves_mail(live, fields),
        replaces=operation_id(Action.CREATE, kind, key) if replaced else None,
        notes=notes.deleted(live, replaced=replaced),
    )


def adopt(live: Live, provider: str, remember: Mapping[str, Change]) -> Operation:
    """Make the adoption of what is there and declared, but not in state; it writes no password."""
    return _on(Action.ADOPT, live, provider, remember, notes=notes.adopted(live.resource.kind))


def accept(live: Live, provider: str, seen: Mapping[str, Change]) -> Operation:
    """Make state learn what somebody else changed and the declaration says as well."""
    return _on(Action.ADOPT, live, provider, seen)


def forget(kind: Kind, key: str, provider: str) -> Operation:
    """Make state forget what is neither declared nor there."""
    return Operation(operation_id(Action.FORGET, kind, key), Action.FORGET, kind, key, provider, precondition=ABSENT)


def release(live: Live, provider: str, fields: Mapping[str, Change]) -> Operation:
    """Make the end of our part in a shared value; the rest of it stays."""
    return _on(Action.UPDATE, live, provider, fields, notes=notes.released())


def ask_owner(live: Live, provider: str, fields: Mapping[str, Change], _able: Capabilities) -> Operation:
    """Make a step for the owner of an independent account (mailbox-org/M4)."""
    return _on(Action.OPERATOR, live, provider, fields, steps=notes.owner_steps(live, fields))


def enter(live: Live | None, wanted: Record | None, step: Operation) -> Operation:
    """Turn a step on a record into one for the person who enters records at a host that we can not write to."""
    before = None if live is None or not isinstance(live.resource, Record) else live.resource
    record = wanted or before
    assert record is not None, "a record is there, or is to be"
    change = RRsetChange(None if before is None else _rrset(before), None if wanted is None else _rrset(wanted))
    return step._replace(
        id=operation_id(Action.OPERATOR, Kind.RECORD, record.key),
        action=Action.OPERATOR,
        steps=(
            *entry_lines(change, record.zone or ""),
            "then run `reconciler apply` again: it looks whether every name server shows it",
        ),
    )


def _rrset(record: Record) -> RRset:
    return RRset(record.name, record.type, record.ttl or 0, record.values)


def leave(live: Live, provider: str) -> Operation:
    """Make the step by which an account leaves its team, or a team ends (mailbox-org/M13)."""
    return _on(Action.OPERATOR, live, provider, _ending(live), loses_data=True, steps=notes.leaving_steps(live))


def _ending(live: Live) -> dict[str, Change]:
    return {name: Change(value, None) for name, value in live.resource.fields().items()}


def _on(
    action: Action,
    live: Live,
    provider: str,
    fields: Mapping[str, Change],
    *,
    loses_data: bool = False,
    costs_money: bool = False,
    changes_routing: bool = False,
    replaces: str | None = None,
    notes: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
) -> Operation:
    kind, key = live.resource.kind, live.resource.key
    return Operation(
        operation_id(action, kind, key),
        action,
        kind,
        key,
        provider,
        fields=fields,
        loses_data=loses_data,
        costs_money=costs_money,
        changes_routing=changes_routing,
        precondition=fingerprint(live.resource),
        replaces=replaces,
        notes=notes,
        steps=steps,
    )
