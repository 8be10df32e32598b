"""Backups that tombstones ask for: only where the provider that has the mailbox can make them."""

from collections.abc import Iterator

from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.names import address_label
from reconciler.plan.check.scene import Moment


def check_backups(moment: Moment) -> Iterator[Diagnostic]:
    """Find tombstones of what is there whose backup its provider can not make."""
    unable = [name for name, able in moment.scene.capabilities.items() if not able.makes_backups]
    for (kind, key), tombstone in moment.scene.desired.tombstones.items():
        if tombstone.backup_to is None:
            continue
        past = moment.applied.get(kind, key)
        home = tombstone.at or (past.provider if past is not None else None)
        for name in unable:
            if name == home and moment.actual.get(name, kind, key) is not None:
                yield problem(
                    "backup-not-possible",
                    f"{name} can make no backup of {kind} {address_label(key)}",
                    at=tombstone.span,
                    why="its mail can not be reached from here",
                    help="make one by hand and name it, `backup: PATH`, or write `backup: waived`",
                )
