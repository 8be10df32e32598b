"""What the commands of state share: which state, and what a person means by a key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_paths

if TYPE_CHECKING:
    from reconciler.model.desired import Desired
    from reconciler.model.live import Applied, AppliedState
    from reconciler.state import StateStore
    from reconciler.state.tending.rewriting import Rewriting


def configured(app: App, config: tuple[str, ...]) -> "tuple[Desired, StateStore]":
    """Return what the files say, and the state that they name; it is closed at the end of the command.

    Raises:
        Problem: If the configuration has mistakes.
    """
    from reconciler.config import load
    from reconciler.state import open_state

    desired = load(config_paths(config), app.cwd).desired
    store = open_state(desired.state)
    click.get_current_context().call_on_close(store.close)
    return desired, store


def store_of(app: App, config: tuple[str, ...]) -> "StateStore":
    """Return the state that the configuration names.

    Raises:
        Problem: If the configuration has mistakes.
    """
    return configured(app, config)[1]


def tell_homecomings(app: App, session: "Rewriting") -> None:
    """Say what became of outcomes that an earlier run could not record, and whose lock was taken over."""
    if session.took_over is not None:
        app.say(f"took over the lock of {session.took_over}, which is dead")
    for each in session.homecomings:
        app.say(str(each))


def approve(app: App, *, yes: bool, again: Sequence[str], config: Sequence[str]) -> bool:
    """Whether someone says yes to what was just shown; where nobody does, say how to.

    Args:
        app: This run.
        yes: It was said on the command line.
        again: The command, without approval and configuration.
        config: Of the configuration.
    """
    import shlex

    from reconciler.cli.approval import approved
    from reconciler.cli.speak import tell_failure
    from reconciler.model.diagnostic import problem

    if yes or approved(app):
        return True
    line = ["reconciler", *app.chdir_words, *again, *(word for path in config for word in ("-c", path)), "--yes"]
    nobody = problem("approval", "nobody said yes, and nothing was changed", help=shlex.join(line))
    tell_failure([nobody], app, Exit.REFUSED)
    return False


def find(applied: "AppliedState", text: str) -> "Applied":
    """Return the resource a person names, as `KEY` or `kind:KEY`.

    Raises:
        Problem: `unknown-key` where there is none, `ambiguous-key` where two kinds have one.
    """
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
