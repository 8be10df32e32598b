"""Outcomes that an earlier run could not record: a run that holds the lock brings them home, one that reads says so."""

from collections.abc import Sequence

from reconciler.cli.app import App
from reconciler.cli.speak import tell_warnings
from reconciler.model.diagnostic import Problem
from reconciler.report.layout import clean
from reconciler.report.severity import softened
from reconciler.state import StateSession, StateStore, kept
from reconciler.state.kept import Homecoming, Kept


def bring_home(app: App, store: StateStore, state: StateSession) -> tuple[Homecoming, ...]:
    """Record what earlier runs of this state could not, and say so; to be called before anything is found out anew.

    A file that can not be read stops nothing: what it says is found out by reading the providers.

    Raises:
        Problem: If state can not be written.
    """
    came = kept.bring_home(state, _found(app, store, state.loaded.applied.lineage))
    for each in came:
        app.say(f"an earlier run could not record what it did: {clean(str(each))}")
    return came


def mention_kept(app: App, store: StateStore, lineage: str) -> None:
    """Say which outcomes wait for the next run that writes."""
    for each in _found(app, store, lineage):
        said = clean(str(each.path))
        app.say(f"note: run {each.serial} could not record all it did; the next apply brings home what {said} holds")


def homecomings_json(came: Sequence[Homecoming]) -> list[dict[str, object]]:
    """Return what came home as plain data."""
    return [
        {"file": str(each.kept.path), "serial": each.kept.serial, "recorded": each.recorded, "late": each.late}
        for each in came
    ]


def _found(app: App, store: StateStore, lineage: str) -> list[Kept]:
    """The files of this state that can be read; the others are told."""
    readable = []
    try:
        for each in store.kept():
            if each.lineage == lineage:
                each.open()
                readable.append(each)
    except Problem as stopped:
        tell_warnings(softened(stopped.diagnostics), app)
    return readable
