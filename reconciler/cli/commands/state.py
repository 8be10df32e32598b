"""`state`: what the last runs left, and a lock that nobody gives back."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import group
from reconciler.cli.complete import complete_key
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths

if TYPE_CHECKING:
    from reconciler.model.live import Applied, AppliedState
    from reconciler.report.views import LockView
    from reconciler.state import LockInfo, StateStore


@group(
    "state",
    examples=[
        ("reconciler state list", "what is under management"),
        ("reconciler state show anna@example.org", "one of it, as the last run left it"),
        ("reconciler state unlock", "who holds the lock, and how to take it away"),
    ],
)
def command() -> None:
    """The state is what was last applied. Commands here read it alone; no provider is asked."""


@make(
    "list", summary="list what was last applied", examples=[("reconciler state list", "every resource, and the lock")]
)
@config_option
def list_(config: tuple[str, ...]) -> Exit:
    """By kind and key, with the provider's own id of each."""
    from reconciler.cli.speak import out_style
    from reconciler.report.state_text import lock_json, lock_text, state_list_json, state_list_text

    app = current()
    loaded = _store(app, config).load()
    lock = None if loaded.lock is None else _lock_view(loaded.lock)
    if app.json:
        waiting = [intent.operation for intent in loaded.in_flight]
        app.envelope("state-list", **state_list_json(loaded.applied), lock=lock_json(lock), in_flight=waiting)
        return Exit.DONE
    style = out_style(app)
    app.out(state_list_text(loaded.applied, style))
    for intent in loaded.in_flight:
        app.out(style.warn("in flight") + f": {intent.operation}; the next run finds out what became of it")
    if lock is not None:
        app.out(lock_text(lock, style))
    return Exit.DONE


@make(
    "show",
    summary="show one resource as it was last applied",
    examples=[
        ("reconciler state show anna@example.org", "a mailbox"),
        ('reconciler state show "record:example.org MX"', "a record"),
    ],
)
@click.argument("key", metavar="KEY", shell_complete=complete_key)
@config_option
def show(key: str, config: tuple[str, ...]) -> Exit:
    """KEY is an address, a domain, a label or a record's name and type; `kind:KEY` where two kinds have the same."""
    from reconciler.cli.speak import out_style
    from reconciler.report.state_text import state_show_json, state_show_text

    app = current()
    found = _find(_store(app, config).load().applied, key)
    if app.json:
        app.envelope("state-show", **state_show_json(found))
    else:
        app.out(state_show_text(found, out_style(app)))
    return Exit.DONE


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
    store = _store(app, config)
    if lock is None:
        return _tell_lock(app, store.lock())
    removed = store.unlock(lock)
    if app.json:
        app.envelope("state-unlock", removed=removed.id, owner=removed.owner, host=removed.host, process=removed.pid)
    else:
        app.out(f"removed the lock of {removed}")
    return Exit.DONE


for _each in (list_, show, unlock):
    command.add_command(_each)


def _store(app: App, config: tuple[str, ...]) -> "StateStore":
    from reconciler.config import load
    from reconciler.state import open_state

    return open_state(load(config_paths(config), app.cwd).desired.state)


def _find(applied: "AppliedState", text: str) -> "Applied":
    from reconciler.cli.find import ambiguous, split, unknown
    from reconciler.model.diagnostic import Problem

    kind, key = split(text)
    found = [
        past for (each, name), past in applied.resources.items() if kind in (None, each) and name in (key, key.lower())
    ]
    if not found:
        raise Problem(unknown(text, [name for _, name in applied.resources]))
    if len(found) > 1:
        raise Problem(ambiguous(text, [past.resource.kind for past in found]))
    return found[0]


def _lock_view(lock: "LockInfo") -> "LockView":
    import time
    from datetime import UTC, datetime

    from reconciler.report.views import LockView

    expires = datetime.fromtimestamp(lock.expires, UTC).isoformat(timespec="seconds")
    return LockView(lock.owner, lock.host, lock.pid, expires, expired=lock.expires < time.time())


def _tell_lock(app: App, lock: "LockInfo | None") -> Exit:
    from reconciler.cli.speak import out_style
    from reconciler.report.state_text import lock_json, lock_text

    view = None if lock is None else _lock_view(lock)
    if app.json:
        app.envelope("state-lock", **lock_json(view), id=None if lock is None else lock.id)
        return Exit.DONE
    app.out(lock_text(view, out_style(app)))
    if lock is not None:
        app.out(f"To remove it: reconciler state unlock {lock.id}")
    return Exit.DONE
