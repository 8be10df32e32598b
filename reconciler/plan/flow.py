"""Who receives mail, now and in the world a plan leads to. Pure; the simulation itself is in `delivery`.

A plan changes who receives mail also where nobody wrote a word: a mailbox goes and its catch-all takes over, a domain
moves and its postmaster is gone. Two flows, before and after, tell all of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Inventory, Live
from reconciler.model.resources import FieldValue, field_names, make, with_fields
from reconciler.plan.delivery import SEPARATOR, By, Delivery, Flow, Hop
from reconciler.plan.document import Change, Operation

__all__ = [
    "ROLES",
    "SEPARATOR",
    "By",
    "Delivery",
    "Flow",
    "Hop",
    "RecipientChange",
    "after",
    "changed_recipients",
    "lost_roles",
]

#: Local parts whose mail must reach somebody (RFC 2142 §5 and §4; RFC 5321 §4.5.1 for postmaster).
ROLES = ("postmaster", "abuse")

_NAMES: Mapping[Kind, frozenset[str]] = {kind: frozenset(field_names(kind)) for kind in Kind}


@dataclass(frozen=True, slots=True)
class RecipientChange:
    """An address whose mail ends elsewhere than before; empty where it bounces or its domain is no longer hosted."""

    address: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def after(actual: Inventory, operations: Sequence[Operation]) -> Inventory:
    """Return what the providers will have once every operation was done, a person's steps included.

    Args:
        actual: What they have now.
        operations: The plan's, in order; adopt and forget change no provider.
    """
    changes: dict[tuple[str, Kind], dict[str, Live | None]] = {}
    for operation in operations:
        if operation.action in (Action.ADOPT, Action.FORGET):
            continue
        patch = changes.setdefault((operation.provider, operation.kind), {})
        before = (
            patch[operation.key]
            if operation.key in patch
            else actual.get(operation.provider, operation.kind, operation.key)
        )
        patch[operation.key] = _done(operation, before)
    return actual.patched(changes)


def _done(operation: Operation, before: Live | None) -> Live | None:
    """The resource once an operation was done; None where it is gone."""
    if operation.action is Action.DELETE:
        return None
    if operation.action is Action.OPERATOR and all(change.after is None for change in operation.fields.values()):
        return None
    given = _after(operation.kind, operation.fields)
    if before is None:
        return Live(make(operation.kind, operation.key, given))
    return Live(with_fields(before.resource, given), before.id, before.ready, before.facts)


def _after(kind: Kind, fields: Mapping[str, Change]) -> dict[str, FieldValue]:
    """The new values of fields a provider keeps; a password and what state alone remembers are not among them."""
    names = _NAMES[kind]
    return {name: change.after for name, change in fields.items() if name in names}


def changed_recipients(
    before: Flow, after: Flow, addresses: Iterable[str] | None = None
) -> tuple[RecipientChange, ...]:
    """Return the addresses whose final recipients differ, sorted, whether or not they were edited themselves.

    Args:
        before: The flow now.
        after: The flow once the plan ran.
        addresses: Which to look at; None: every mailbox and alias of either moment.
    """
    asked = {*before.addresses(), *after.addresses()} if addresses is None else set(addresses)
    changes = []
    for address in asked:
        was, will = _here(before, address), _here(after, address)
        if was != will:
            changes.append(RecipientChange(address, was, will))
    return tuple(sorted(changes, key=lambda change: change.address))


def _here(flow: Flow, address: str) -> tuple[str, ...]:
    """Recipients of an address as far as mail to it is our affair: of a domain not hosted here there are none."""
    found = flow.recipients(address)
    return () if found == (address,) and not flow.keeps(address) else found


def lost_roles(before: Flow, after: Flow, domains: Iterable[str]) -> tuple[RecipientChange, ...]:
    """Return `postmaster@` and `abuse@` that had a recipient and lose the last one, for domains that stay hosted."""
    roles = [f"{role}@{domain}" for domain in domains if after.hosts(domain) for role in ROLES]
    return tuple(change for change in changed_recipients(before, after, roles) if change.before and not change.after)
