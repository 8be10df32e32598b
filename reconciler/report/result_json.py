"""How a run ended, for programs."""

from collections import Counter

from reconciler.report.views import OutcomeView, RunView, Status


def _outcome(each: OutcomeView) -> dict[str, object]:
    operation = each.operation
    told: dict[str, object] = {
        "id": operation.id,
        "action": str(operation.action),
        "kind": str(operation.kind),
        "key": operation.key,
        "provider": operation.provider,
        "status": str(each.status),
    }
    if each.message:
        told["message"] = each.message
    if each.rule:
        told["rule"] = each.rule
    if each.because:
        told["because"] = each.because
    if each.status is Status.WAITING and operation.steps:
        told["steps"] = list(operation.steps)
    return told


def result_json(run: RunView) -> dict[str, object]:
    """Return a run's end as plain data: numbers by status, then every operation in the plan's order."""
    numbers = Counter(each.status for each in run.outcomes)
    return {
        "summary": {str(status): numbers[status] for status in Status},
        "interrupted": run.interrupted,
        "halted": run.halted,
        "operations": [_outcome(each) for each in run.outcomes],
    }
