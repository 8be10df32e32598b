"""What the runs of a state did, for programs. Times are RFC 3339; fields are as state has them."""

from collections.abc import Mapping

from reconciler.model.resources import FieldValue
from reconciler.report.times import iso
from reconciler.state.history import Run, Step


def run_json(run: Run) -> dict[str, object]:
    """Return a run with its steps as plain data."""
    header, dead = run.header, run.header.took_over
    taken = None if dead is None else {"owner": dead.owner, "host": dead.host, "process": dead.pid, "id": dead.id}
    counts: dict[str, dict[str, int]] = {}
    for (action, outcome), number in sorted(run.counts.items()):
        counts.setdefault(action, {})[outcome] = number
    return {
        "serial": header.serial,
        "run": header.run,
        "at": iso(header.at),
        "command": header.operation,
        "who": header.who,
        "ci": header.ci or None,
        "plan": run.plan or None,
        "fence": header.fence,
        "took_over": taken,
        "acknowledged": dict(run.acknowledged),
        "counts": counts,
        "steps": [_step(step) for step in run.steps],
    }


def _step(step: Step) -> dict[str, object]:
    told: dict[str, object] = {
        "action": step.action,
        "kind": step.kind,
        "key": step.key,
        "provider": step.provider,
        "outcome": step.outcome,
        "at": iso(step.at),
        "before": _fields(step.before),
        "after": _fields(step.after),
    }
    if step.password:
        told["password_set"] = True
        told["password_version"] = step.password_version
    if step.message:
        told["message"] = step.message
    if step.found is not None:
        told["found"] = {"serial": step.found.serial, "done": step.found.done, "message": step.found.message}
    return told


def _fields(fields: Mapping[str, FieldValue]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
