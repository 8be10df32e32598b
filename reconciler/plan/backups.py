"""Backups that are made before what they are of is deleted: each step says where, so that a saved plan does as well."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.model.kinds import Action
from reconciler.plan.document import Backup, Operation
from reconciler.plan.guards import tombstone_of
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.archive.manifest import Manifest


def with_backups(operations: Sequence[Operation], inputs: PlanInputs) -> tuple[Operation, ...]:
    """Return operations of which each deletion names the backup that its tombstone has made."""
    if not any(tombstone.backup_to for tombstone in inputs.desired.tombstones.values()):
        return tuple(operations)
    return tuple(_with_backups(operations, inputs))


def _with_backups(operations: Sequence[Operation], inputs: PlanInputs) -> Iterator[Operation]:
    for step in operations:
        tombstone = tombstone_of(step, inputs) if step.action is Action.DELETE else None
        if tombstone is None or tombstone.backup_to is None:
            yield step
            continue
        there = inputs.archives.get(tombstone.backup_to)
        made = there.made if isinstance(there, Manifest) else None
        yield step._replace(backup=Backup(_below(tombstone.backup_to, inputs.desired.root), made))


def _below(path: str, root: Path) -> str:
    """Return a path relative to a folder it lies below, so that a plan reads the same in every work tree."""
    place, start = Path(path), Path(os.path.normpath(root))
    return place.relative_to(start).as_posix() if place.is_relative_to(start) else path
