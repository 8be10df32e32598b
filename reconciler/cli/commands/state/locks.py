"""`state unlock`: a lock that nobody gives back."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.commands.state.common import store_of
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option

if TYPE_CHECKING:
    from reconciler.report.views import LockView
    from reconciler.state import LockInfo


@make(
    "unlock",
    summary="show who holds the lock, or remove it",
    examples=[
        ("reconciler state unlock", "who holds it, and its id"),
        ("reconciler state unlock 5f0c3a", "remove the lock of that id"),
    ],
)
@click.argument("lock", metavar="[ID]", required=False)
@config_option
def unlock(lock: str | None, config: tuple[str, ...]) -> Exit:
    """Only for a run that is dead: a lock is renewed while its run lives, and taken over by itself once it expired.

    A run whose lock was removed can write no more, and says so.
    """
    app = current()
    store = store_of(app, config)
    if lock is None:
        return _tell_lock(app, store.lock())
    removed = store.unlock(lock)
    if app.json:
        app.envelope("state-unlock", removed=removed.id, owner=removed.owner, host=removed.host, process=removed.pid)
    else:
        app.out(f"removed the lock of {removed}")
    return Exit.DONE


def lock_view(lock: "LockInfo") -> "LockView":
    """Return what a report shows of a lock."""
    import time
    from datetime import UTC, datetime

    from reconciler.report.views import LockView

    expires = datetime.fromtimestamp(lock.expires, UTC).isoformat(timespec="seconds")
    return LockView(lock.owner, lock.host, lock.pid, expires, expired=lock.expires < time.time())


def _tell_lock(app: App, lock: "LockInfo | None") -> Exit:
    from reconciler.cli.speak import out_style
    from reconciler.report.state_text import lock_json, lock_text

    view = None if lock is None else lock_view(lock)
    if app.json:
        app.envelope("state-lock", **lock_json(view), id=None if lock is None else lock.id)
        return Exit.DONE
    app.out(lock_text(view, out_style(app)))
    if lock is not None:
        app.out(f"To remove it: reconciler state unlock {lock.id}")
    return Exit.DONE
