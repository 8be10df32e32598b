"""Saved plans: told apart from configuration on the command line, and read."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App

if TYPE_CHECKING:
    from reconciler.plan.document import Plan

SUFFIX = ".json"


def saved_plan(app: App, paths: tuple[str, ...]) -> Path | None:
    """The saved plan that the arguments name: one alone that ends in `.json` and is no folder."""
    if len(paths) != 1 or not paths[0].endswith(SUFFIX) or app.path(paths[0]).is_dir():
        return None
    return app.path(paths[0])


def refuse_to_overwrite(path: Path, name: str) -> None:
    """Let a plan be written where nothing is, or another plan; anything else may be somebody's state.

    Raises:
        Problem: If something else is there.
        OSError: If what is there can not be read.
    """
    from reconciler.model.diagnostic import Problem, problem
    from reconciler.plan.wire import is_plan

    if path.exists() and not is_plan(path.read_bytes()):
        raise Problem(
            problem(
                "plan-file-taken",
                f"'{name}' is there already and is no plan, so it is not written over",
                help="name another file: reconciler plan --out plan.json",
            )
        )


def read_plan(path: Path) -> "Plan":
    """Read a saved plan.

    Raises:
        OSError: If it can not be read.
        Problem: If it is no plan, of another version, or was changed after it was made.
    """
    from reconciler.plan.wire import decode

    return decode(path.read_bytes(), path.name)
