"""What earlier runs left to the next: outcomes to be recorded, a state that is gone; who only reads is told of it."""

from collections.abc import Sequence

from reconciler.cli.app import App
from reconciler.cli.speak import tell_warnings
from reconciler.model.diagnostic import Problem
from reconciler.report.layout import clean
from reconciler.report.severity import softened
from reconciler.state import Loaded, StateSession, StateStore, kept
from reconciler.state.kept import Homecoming, Kept
from reconciler.state.tending.verifying import lost


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


def mention(app: App, store: StateStore, loaded: Loaded) -> None:
    """Say what someone who only looks should know of the state: what waits for the next run, and what stops it."""
    for each in _found(app, store, loaded.applied.lineage):
        said = clean(str(each.path))
        app.say(f"note: run {each.serial} could not record all it did; the next apply brings home what {said} holds")

    if loaded.rekey_due:
        app.say("note: the state is encrypted for others than the configuration names; before an apply: state rekey")
    if loaded.lock is not None:
        app.say(f"note: {clean(str(loaded.lock))} holds the state; what it is doing may not be in this")
    mention_loss(app, store, loaded)


def mention_loss(app: App, store: StateStore, loaded: Loaded) -> None:
    """Warn where there is no state and there once was one: everything looks new, and would be adopted."""
    if loaded.applied.lineage:
        return
    try:
        finding = lost(store)
    except Problem:  # who may not list learns nothing from here
        return
    if finding is not None:
        tell_warnings(softened([finding]), app)


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
