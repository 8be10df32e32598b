"""Blockers: live things no one declared that stand in the way of a deletion. They are named, never swept along."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain
from reconciler.plan.document import Operation
from reconciler.plan.inputs import PlanInputs

_SHOWN = 5


def blockers(operations: Sequence[Operation], inputs: PlanInputs) -> list[Diagnostic]:
    """Return an error for each deletion that what stays behind forbids (netcup/N7, N12, N20)."""
    gone: dict[Kind, set[str]] = defaultdict(set)
    for step in operations:
        if step.action is Action.DELETE:
            gone[step.kind].add(step.key)
    if not gone:
        return []
    return [
        *_domains(gone, inputs),
        *_mailboxes(gone, _retargeted(operations), inputs),
        *_instances(gone, inputs),
    ]


def _retargeted(operations: Sequence[Operation]) -> set[str]:
    return {
        step.key
        for step in operations
        if step.kind is Kind.ALIAS and step.action is Action.UPDATE and "to" in step.fields
    }


def _domains(gone: dict[Kind, set[str]], inputs: PlanInputs) -> Iterator[Diagnostic]:
    if not gone[Kind.DOMAIN]:
        return
    staying: dict[str, list[str]] = defaultdict(list)
    for _, live in inputs.actual:
        kind, key = live.resource.kind, live.resource.key
        if kind in (Kind.MAILBOX, Kind.ALIAS) and key not in gone[kind] and domain_of(key) in gone[Kind.DOMAIN]:
            staying[domain_of(key)].append(f"{kind} {key}")
    for domain, names in sorted(staying.items()):
        yield problem(
            "domain-not-empty",
            f"domain '{domain}' can not be removed: {_some(names)} would stay behind",
            rule="netcup/N7",
            help="declare them (reconciler import) and remove them with the domain, or keep the domain",
        )


def _mailboxes(gone: dict[Kind, set[str]], retargeted: set[str], inputs: PlanInputs) -> Iterator[Diagnostic]:
    if not gone[Kind.MAILBOX]:
        return
    leading: dict[str, list[str]] = defaultdict(list)
    for _, live in inputs.actual:
        alias = live.resource
        if isinstance(alias, Alias) and alias.address not in gone[Kind.ALIAS] and alias.address not in retargeted:
            for target in alias.to:
                if target in gone[Kind.MAILBOX]:
                    leading[target].append(f"alias {alias.address}")
    for mailbox, names in sorted(leading.items()):
        yield problem(
            "mailbox-has-aliases",
            f"mailbox '{mailbox}' can not be deleted: {_some(names)} would lead to nothing",
            rule="netcup/N12",
            help="declare the alias with another target, or remove it as well (reconciler import shows it)",
        )


def _instances(gone: dict[Kind, set[str]], inputs: PlanInputs) -> Iterator[Diagnostic]:
    staying: dict[str, list[str]] = defaultdict(list)
    for _, live in inputs.actual:
        domain = live.resource
        if not isinstance(domain, Domain) or domain.name in gone[Kind.DOMAIN]:
            continue
        if domain.instance in gone[Kind.INSTANCE]:
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
