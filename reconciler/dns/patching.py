"""What record writes make of zones, without making it: the rrsets as they will stand. Pure.

The same reading of a write as in `dns.writing`, which makes it: values of other classes in an rrset stay, and so does
its TTL where somebody else's values are in it.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler.dns.records import classes
from reconciler.dns.view import Changes
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset, RRsetKey

_DEFAULT_TTL = 3600  # seconds, where neither side says one


class Step(NamedTuple):
    """One record's write: as it was planned on, and as it will be; None on the side where it is not there."""

    before: Record | None
    after: Record | None

    @property
    def record(self) -> Record:
        """The record on the side where it is."""
        found = self.after or self.before
        assert found is not None, "a step has a before or an after"
        return found


class _Draft:
    """An rrset while steps are put into it."""

    def __init__(self, before: RRset | None) -> None:
        self.before = before
        self.ttl = _DEFAULT_TTL if before is None else before.ttl
        self.values: dict[str, tuple[str, ...]] = {}
        if before is not None:
            self.values = {cls: tuple(values) for cls, values in classes(before).items()}
        self.touched: set[str] = set()

    def put(self, step: Step) -> None:
        cls = step.record.value_class
        self.touched.add(cls)
        if step.after is None:
            self.values.pop(cls, None)
            return
        strangers = self.values.keys() - self.touched
        if step.after.ttl is not None and not (step.before is None and strangers):
            self.ttl = step.after.ttl
        self.values[cls] = step.after.values

    def rrset(self, key: RRsetKey) -> RRset | None:
        values = tuple(sorted(value for each in self.values.values() for value in each))
        return RRset(*key, self.ttl, values) if values else None


def changed_rrsets(rrsets: Mapping[RRsetKey, RRset], steps: Iterable[Step]) -> Changes:
    """Return the rrsets that differ once the steps are done.

    Args:
        rrsets: As they stand, of all zones that the steps are in.
        steps: In their order; two for one record where it is replaced.
    """
    drafts: dict[RRsetKey, _Draft] = {}
    for step in steps:
        key = step.record.name, step.record.type
        if key not in drafts:
            drafts[key] = _Draft(rrsets.get(key))
        drafts[key].put(step)
    after = {key: draft.rrset(key) for key, draft in drafts.items()}
    return {key: rrset for key, rrset in after.items() if rrset != drafts[key].before}
