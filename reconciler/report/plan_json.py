"""A plan for programs: the plan document as it is written to a file, digest and all."""

from reconciler.plan.document import Plan
from reconciler.plan.wire import to_json


def plan_json(plan: Plan) -> dict[str, object]:
    """Return the document `reconciler.plan/1` as plain data; its JSON Schema says what is in it."""
    return to_json(plan)
