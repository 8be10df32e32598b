"""Bounce windows as the order left them: the halves of an alias made anew are neighbours, or the plan says how far."""

from collections.abc import Sequence

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Operation
from reconciler.plan.notes import window


def with_windows(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return ordered operations in which each deletion of an alias names its true bounce window (netcup/N18).

    A domain that moves takes its aliases down long before it can have them again, so the window that a retarget has,
    one round trip, would be a promise that the run does not keep.
    """
    told = list(operations)
    gone = {
        step.replaces: place
        for place, step in enumerate(operations)
        if step.replaces is not None and step.action is Action.DELETE and step.kind is Kind.ALIAS
    }
    if gone:
        for place, step in enumerate(operations):
            steps = place - gone[step.id] if step.id in gone else 1
            if steps > 1:
                first = operations[gone[step.id]]
                told[gone[step.id]] = first._replace(notes=(window(first.key, steps),))
    return tuple(told)
