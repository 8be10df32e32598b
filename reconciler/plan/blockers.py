"""Blockers: live things no one declared that stand in the way of a deletion. They are named, never swept along."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain
from reconciler.plan.document import Operation
from reconciler.plan.inputs import PlanInputs

_SHOWN = 5

#: Keys deleted at each provider, of each kind: what another provider has under the same name is another thing.
_Gone: TypeAlias = dict[tuple[str, Kind], set[str]]


def blockers(operations: Sequence[Operation], inputs: PlanInputs) -> list[Diagnostic]:
    """Return an error for each deletion that what stays behind forbids (netcup/N7, N12, N20)."""
    gone: _Gone = defaultdict(set)
    for step in operations:
        if step.action is Action.DELETE:
            gone[step.provider, step.kind].add(step.key)
    if not gone:
        return []
    return [
        *_twice(operations),
        *_domains(gone, inputs),
        *_mailboxes(gone, operations, inputs),
        *_instances(gone, inputs),
    ]


def _edited(operations: Sequence[Operation], field: str) -> set[tuple[str, str]]:
    """The aliases of which one field is edited in place: what they name from then on was judged with the files."""
    return {
        (step.provider, step.key)
        for step in operations
        if step.kind is Kind.ALIAS and step.action is Action.UPDATE and field in step.fields
    }


def _twice(operations: Sequence[Operation]) -> Iterator[Diagnostic]:
    """Find things that would be deleted at two providers at once: consent names a thing, and could not tell which."""
    deletions = Counter((step.kind, step.key) for step in operations if step.action is Action.DELETE)
    for (kind, key), number in sorted(deletions.items()):
        if number > 1:
            providers = sorted(step.provider for step in operations if (step.kind, step.key) == (kind, key))
            old_and_new = " and ".join(dict.fromkeys(providers))
            yield problem(
                "deleted-twice",
                f"{kind} '{key}' would be deleted at {old_and_new}",
                why="it goes, and so does the copy of it that stayed at a provider it was moved away from",
                help="make two changes of it: apply without the tombstone that names the provider first, then with it",
            )


def _domains(gone: _Gone, inputs: PlanInputs) -> Iterator[Diagnostic]:
    if not any(kind is Kind.DOMAIN for _, kind in gone):
        return
    staying: dict[str, list[str]] = defaultdict(list)
    for provider, live in inputs.actual:
        kind, key = live.resource.kind, live.resource.key
        if kind not in (Kind.MAILBOX, Kind.ALIAS) or key in gone.get((provider, kind), ()):
            continue
        if domain_of(key) in gone.get((provider, Kind.DOMAIN), ()):
            staying[domain_of(key)].append(f"{kind} {key}")
    for domain, names in sorted(staying.items()):
        yield problem(
            "domain-not-empty",
            f"domain '{domain}' can not be removed: {_some(names)} would stay behind",
            rule="netcup/N7",
            help="declare them (reconciler import) and remove them with the domain, or keep the domain",
        )


def _mailboxes(gone: _Gone, operations: Sequence[Operation], inputs: PlanInputs) -> Iterator[Diagnostic]:
    if not any(kind is Kind.MAILBOX for _, kind in gone):
        return
    retargeted, resent = _edited(operations, "to"), _edited(operations, "send_as")
    leading: dict[str, list[str]] = defaultdict(list)
    sending: dict[str, list[str]] = defaultdict(list)
    for provider, live in inputs.actual:
        alias = live.resource
        if not isinstance(alias, Alias) or alias.address in gone.get((provider, Kind.ALIAS), ()):
            continue
        going, here = gone.get((provider, Kind.MAILBOX), set()), (provider, alias.address)
        for target in going.intersection(alias.to) if here not in retargeted else ():
            leading[target].append(f"alias {alias.address}")
        for sender in going.intersection(alias.send_as or ()) if here not in resent else ():
            sending[sender].append(f"alias {alias.address}")
    for mailbox, names in sorted(sending.items()):
        yield problem(
            "mailbox-has-aliases",
            f"mailbox '{mailbox}' can not be deleted: it may still send as {_some(names)}",
            rule="netcup/N12",
            help="declare `send_as` of the alias without it, or remove the alias as well",
        )
    for mailbox, names in sorted(leading.items()):
        yield problem(
            "mailbox-has-aliases",
            f"mailbox '{mailbox}' can not be deleted: {_some(names)} would lead to nothing",
            rule="netcup/N12",
            help="declare the alias with another target, or remove it as well (reconciler import shows it)",
        )


def _instances(gone: _Gone, inputs: PlanInputs) -> Iterator[Diagnostic]:
    staying: dict[str, list[str]] = defaultdict(list)
    for provider, live in inputs.actual:
        domain = live.resource
        if not isinstance(domain, Domain) or domain.name in gone.get((provider, Kind.DOMAIN), ()):
            continue
        if domain.instance in gone.get((provider, Kind.INSTANCE), ()):
            staying[str(domain.instance)].append(f"domain {domain.name}")
    for instance, names in sorted(staying.items()):
        yield problem(
            "instance-not-empty",
            f"instance '{instance}' can not be cancelled: {_some(names)} would stay behind",
            rule="netcup/N20",
            help="move or remove the domain first",
        )


def _some(names: Iterable[str]) -> str:
    shown = sorted(names)
    rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + rest
