"""Drift for programs."""

from collections.abc import Sequence

from reconciler.model.resources import FieldValue
from reconciler.plan.document import Drift, Unmanaged


def _plain(value: FieldValue) -> object:
    return list(value) if isinstance(value, tuple) else value


def drift_json(drift: Sequence[Drift], unmanaged: Sequence[Unmanaged]) -> dict[str, object]:
    """Return drift and unmanaged resources as plain data; `before` is last applied, `after` is live."""
    return {
        "drift": [
            {
                "kind": str(each.kind),
                "key": each.key,
                "provider": each.provider,
                "gone": each.gone,
                "resolution": each.resolution,
                "fields": {
                    name: {"before": _plain(change.before), "after": _plain(change.after)}
                    for name, change in each.fields.items()
                },
            }
            for each in drift
        ],
        "unmanaged": [{"kind": str(each.kind), "key": each.key, "provider": each.provider} for each in unmanaged],
    }
