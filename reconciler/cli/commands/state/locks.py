"""`state lock` and `state unlock`: who holds the state, and a lock that nobody gives back."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.commands.state.common import store_of
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option

if TYPE_CHECKING:
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
        return _tell_lock(app, store.holder())
    removed = store.unlock(lock)
    if app.json:
        app.envelope("state-unlock", removed=removed.id, owner=removed.owner, host=removed.host, process=removed.pid)
    else:
        app.out(f"removed the lock of {removed}; should it live after all, it can write no more")
    return Exit.DONE


@make(
    "lock",
    summary="show who holds the lock, since when, until when, and how to remove it",
    examples=[
        ("reconciler state lock", "the owner, its machine, its command, and when its lease ends"),
        ("reconciler state lock --format json", "the same, for a script that waits"),
    ],
)
@config_option
def lock(config: tuple[str, ...]) -> Exit:
    """A lock is a lease: a heartbeat renews it while its run lives, and it ends by itself.

    One whose lease has ended by this machine's clock is watched by the next apply for as long as a lease lasts, as two
    machines' clocks may differ; where no heartbeat is seen, it is taken over. A run whose lock was taken over or
    removed can write no more.
    """
    app = current()
    return _tell_lock(app, store_of(app, config).lock())


def _tell_lock(app: App, found: "LockInfo | None") -> Exit:
    import time

    from reconciler.cli.locking import standing
    from reconciler.cli.speak import out_style
    from reconciler.report.lock_text import lock_json, lock_text

    now = time.time()
    if app.json:
        app.envelope("state-lock", **lock_json(found, standing(found, now), now))
    else:
        app.out(lock_text(found, standing(found, now), now, out_style(app)))
    return Exit.DONE
