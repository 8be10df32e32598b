"""The plan document on the wire: canonical JSON, its digest, and reading it back.

Format `reconciler.plan/1`. The digest is of the canonical JSON of everything else, so a plan edited by hand is refused;
nothing in it tells the time, so the same inputs give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
from pydantic import ValidationError

from reconciler.model.diagnostic import Problem, problem
from reconciler.model.fingerprint import canonical
from reconciler.model.fingerprint import digest as digest_of
from reconciler.model.resources import FieldValue
from reconciler.plan.document import (
    FORMAT,
    Backup,
    Change,
    Dependency,
    Drift,
    LedgerLine,
    Operation,
    Plan,
    PlanWarning,
    Refusal,
    Unmanaged,
)
from reconciler.plan.shape import Body, ChangeShape, OperationShape, Value

_FAMILY = "reconciler.plan/"
_HEAD = 64  # bytes in which a plan that `encode` wrote names its format
_AGAIN = "make the plan again: reconciler plan --out FILE"


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the document as JSON-able values, its digest included."""
    body = _body(plan)
    return {"format": FORMAT, "digest": digest_of(canonical(body)), **body}


def digest(plan: Plan) -> str:
    """Return the plan's digest, `sha256:…`."""
    return digest_of(canonical(_body(plan)))


def encode(plan: Plan) -> bytes:
    """Return the document as it is written to a file."""
    return orjson.dumps(to_json(plan), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def is_plan(data: bytes) -> bool:
    """Whether a file's content is a plan of any version, whole or not; an empty file is as good as one."""
    return not data.strip() or f'"format": "{_FAMILY}'.encode() in data[:_HEAD]


def decode(data: bytes, name: str = "the plan") -> Plan:
    """Read a document.

    Args:
        data: As `encode` wrote it.
        name: The file's name, for messages.

    Raises:
        Problem: `plan-unreadable` if it is no such document, `plan-format` if it is of another version, `plan-digest`
            if it was changed after it was made.
    """
    try:
        tree = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Problem(problem("plan-unreadable", f"{name} is not JSON: {error}", help=_AGAIN)) from None
    form = tree.get("format") if isinstance(tree, dict) else None
    if form != FORMAT:
        found = f"has the format '{form}'" if form else "has no format"
        raise Problem(problem("plan-format", f"{name} {found}; this version reads '{FORMAT}'", help=_AGAIN))
    stated = tree.pop("digest", None)
    tree.pop("format")
    if stated != digest_of(canonical(tree)):
        raise Problem(
            problem(
                "plan-digest",
                f"{name} was changed after it was made: its digest does not match its content",
                help=f"change the configuration instead, then {_AGAIN}",
            )
        )
    try:
        return _plan(Body.model_validate(tree))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Problem(
            problem("plan-unreadable", f"{name} is not a plan: {where}: {first['msg']}", help=_AGAIN)
        ) from None


def _body(plan: Plan) -> dict[str, Any]:
    dependencies: dict[int, dict[str, str]] = {}
    return {
        "config": {"digest": plan.config_digest},
        "state": {"lineage": plan.lineage, "serial": plan.serial},
        "summary": plan.summary,
        "operations": [_operation(step, dependencies) for step in plan.operations],
        "refusals": [
            {"guard": each.guard, "operations": each.operations, "consent": each.consent, "reason": each.reason}
            for each in plan.refusals
        ],
        "drift": [
            {
                "kind": each.kind,
                "key": each.key,
                "provider": each.provider,
                "gone": each.gone,
                "fields": _fields(each.fields),
                "resolution": each.resolution,
            }
            for each in plan.drift
        ],
        "unmanaged": [{"kind": each.kind, "key": each.key, "provider": each.provider} for each in plan.unmanaged],
        "ledger": [
            {
                "instance": each.instance,
                "booked": each.booked,
                "start": each.start,
                "peak": each.peak,
                "end": each.end,
            }
            for each in plan.ledger
        ],
        "warnings": [_warning(each) for each in plan.warnings],
        "held": [asdict(each) for each in plan.held],
        "previews": [asdict(each) for each in plan.previews],
    }


def _warning(warning: PlanWarning) -> dict[str, Any]:
    told: dict[str, Any] = {"id": warning.id, "message": warning.message, "where": warning.where}
    return told if warning.help is None else {**told, "help": warning.help}


def _fields(fields: Mapping[str, Change]) -> dict[str, Any]:
    return {name: {"before": change.before, "after": change.after} for name, change in fields.items()}


def _operation(step: Operation, dependencies: dict[int, dict[str, str]]) -> dict[str, Any]:
    """Return one step; a dependency that many steps share is made once (they are one object in a plan just made)."""
    after = []
    for each in step.after:
        known = dependencies.get(id(each))
        if known is None:
            known = {"operation": each.operation, "rule": each.rule, "reason": each.reason}
            dependencies[id(each)] = known
        after.append(known)
    told = {
        "id": step.id,
        "action": step.action,
        "kind": step.kind,
        "key": step.key,
        "provider": step.provider,
        "after": after,
        "fields": _fields(step.fields),
        "loses_data": step.loses_data,
        "costs_money": step.costs_money,
        "changes_routing": step.changes_routing,
        "precondition": step.precondition,
        "replaces": step.replaces,
        "notes": step.notes,
        "steps": step.steps,
    }
    if step.backup is not None:
        told["backup"] = {"to": step.backup.to, "made": step.backup.made}
    return told


def _value(value: Value) -> FieldValue:
    return tuple(value) if isinstance(value, list) else value


def _read_fields(fields: Mapping[str, ChangeShape]) -> dict[str, Change]:
    return {name: Change(_value(change.before), _value(change.after)) for name, change in fields.items()}


def _plan(document: Body) -> Plan:
    return Plan(
        config_digest=document.config.digest,
        lineage=document.state.lineage,
        serial=document.state.serial,
        operations=tuple(_read_operation(each) for each in document.operations),
        refusals=tuple(
            Refusal(each.guard, tuple(each.operations), tuple(each.consent), each.reason) for each in document.refusals
        ),
        drift=tuple(
            Drift(each.kind, each.key, each.provider, _read_fields(each.fields), each.gone, each.resolution)
            for each in document.drift
        ),
        unmanaged=tuple(Unmanaged(each.kind, each.key, each.provider) for each in document.unmanaged),
        ledger=tuple(
            LedgerLine(each.instance, each.booked, each.start, each.peak, each.end) for each in document.ledger
        ),
        warnings=tuple(PlanWarning(each.id, each.message, each.where, each.help) for each in document.warnings),
        held=tuple(document.held),
        previews=tuple(document.previews),
    )


def _read_operation(step: OperationShape) -> Operation:
    return Operation(
        id=step.id,
        action=step.action,
        kind=step.kind,
        key=step.key,
        provider=step.provider,
        after=tuple(Dependency(each.operation, each.rule, each.reason) for each in step.after),
        fields=_read_fields(step.fields),
        loses_data=step.loses_data,
        costs_money=step.costs_money,
        changes_routing=step.changes_routing,
        precondition=step.precondition,
        replaces=step.replaces,
        notes=tuple(step.notes),
        steps=tuple(step.steps),
        backup=None if step.backup is None else Backup(step.backup.to, step.backup.made),
    )
