"""What the commands of state share: which state, and what a person means by a key."""

from typing import TYPE_CHECKING

from reconciler.cli.app import App
from reconciler.cli.options import config_paths

if TYPE_CHECKING:
    from reconciler.model.live import Applied, AppliedState
    from reconciler.state import StateStore


def store_of(app: App, config: tuple[str, ...]) -> "StateStore":
    """Return the state that the configuration names.

    Raises:
        Problem: If the configuration has mistakes.
    """
    from reconciler.config import load
    from reconciler.state import open_state

    return open_state(load(config_paths(config), app.cwd).desired.state)


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
