"""Planning from end to end: check, diff, order, guard. Pure; the reading stands in `gather`."""

from collections.abc import Iterator, Sequence

from reconciler.model.collector import paused
from reconciler.model.diagnostic import Diagnostic, problem, stop_on_errors, warning
from reconciler.model.kinds import WRITES, Kind
from reconciler.model.resources import Record
from reconciler.plan.backups import with_backups
from reconciler.plan.blockers import blockers
from reconciler.plan.check import check, check_changes
from reconciler.plan.diff import diff
from reconciler.plan.document import Operation, Plan, PlanWarning
from reconciler.plan.guards import refusals
from reconciler.plan.inputs import PlanInputs
from reconciler.plan.order import order
from reconciler.plan.windows import with_windows
from reconciler.providers.reader import ODDITIES


def make_plan(inputs: PlanInputs) -> Plan:
    """Return the plan that takes the providers from what they have to what is desired.

    Raises:
        Problem: With every diagnostic that forbids a plan; nothing has been changed.
    """
    with paused():
        return _make_plan(inputs)


def _make_plan(inputs: PlanInputs) -> Plan:
    warnings = {
        *inputs.warnings,
        *stop_on_errors([*_unconfigured(inputs), *check(inputs.desired, inputs.capabilities)]),
        *stop_on_errors(check_changes(inputs.desired, inputs.actual, inputs.applied, inputs.capabilities)),
    }
    differences = diff(inputs)
    warnings.update(_unproven(differences.operations, inputs))
    stop_on_errors(blockers(differences.operations, inputs))
    home = record_homes(inputs)
    ordered = order(differences.operations, inputs, home)
    operations = with_backups(with_windows(ordered.operations), inputs)
    return Plan(
        config_digest=inputs.desired.digest,
        lineage=inputs.applied.lineage,
        serial=inputs.applied.serial,
        operations=operations,
        refusals=refusals(operations, inputs, home),
        drift=tuple(sorted(differences.drift, key=lambda each: (each.kind, each.key))),
        unmanaged=tuple(sorted(differences.unmanaged, key=lambda each: (each.provider, each.kind, each.key))),
        ledger=ordered.ledger,
        warnings=tuple(sorted({as_warning(each) for each in warnings}, key=_reading)),
        held=inputs.held,
    )


def _unproven(operations: Sequence[Operation], inputs: PlanInputs) -> Iterator[Diagnostic]:
    """What a DNS provider is said to do and was never seen to, where the plan hangs on it."""
    for name in sorted({step.provider for step in operations if step.kind is Kind.RECORD and step.action in WRITES}):
        unproven = inputs.capabilities[name].zones.unproven
        if unproven:
            told = [f"{what} is unproven: {why}" for what, why in unproven.items()]
            many = f"{len(told)} things are unproven ({', '.join(sorted(unproven))}): `reconciler doctor` tells why"
            yield warning(
                "provider-unproven",
                f"the DNS provider {name}: {told[0] if len(told) == 1 else many}",
                help="look at the records at the host after the run",
            )


def as_warning(diagnostic: Diagnostic) -> PlanWarning:
    """Return a diagnostic that stops nothing in the form a plan carries it."""
    where = None if diagnostic.primary is None else str(diagnostic.primary.span)
    return PlanWarning(diagnostic.id, diagnostic.message, where, diagnostic.help if diagnostic.id in ODDITIES else None)


def _reading(warning: PlanWarning) -> tuple[str, str, str]:
    return warning.where or "", warning.id, warning.message


def record_homes(inputs: PlanInputs) -> dict[str, str]:
    """Return, for each record wanted or applied, the declared or known domain it serves: the nearest one above."""
    domains = {*inputs.desired.of(Kind.DOMAIN), *(key for kind, key in inputs.applied.resources if kind is Kind.DOMAIN)}
    homes = {}
    resources = [declaration.resource for declaration in inputs.records.values()]
    resources += [applied.resource for (kind, _), applied in inputs.applied.resources.items() if kind is Kind.RECORD]
    for resource in resources:
        if isinstance(resource, Record):
            name = resource.name
            while name and name not in domains:
                name = name.partition(".")[2]
            if name:
                homes[resource.key] = name
    return homes


def _unconfigured(inputs: PlanInputs) -> list[Diagnostic]:
    """State that speaks of a provider nobody can ask any more would read as "everything is gone"."""
    missing: dict[str, str] = {}
    for (kind, key), applied in inputs.applied.resources.items():
        if applied.provider not in inputs.capabilities:
            missing.setdefault(applied.provider, f"{kind} {key}")
    return [
        problem(
            "provider-gone",
            f"the state knows {example} at provider '{name}', which is not configured any more",
            why="without the provider nobody can tell what is still there",
            help=f"put the block '{name}:' back under `providers:`, remove what it has with an apply, then the block; "
            f"if you only renamed it: reconciler state mv provider:{name} provider:NEW",
        )
        for name, example in sorted(missing.items())
    ]
