"""Reading a state's history from the command line: which runs, which steps of them, and telling them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.cli.app import App
from reconciler.cli.find import key_of, split, unknown
from reconciler.cli.speak import out_style
from reconciler.model.diagnostic import Problem, problem
from reconciler.model.kinds import Kind
from reconciler.report.history_json import run_json
from reconciler.report.history_text import history_text, timeline_text
from reconciler.state import StateStore
from reconciler.state.codec import Data
from reconciler.state.history import Run
from reconciler.state.values import RunHeader

#: Steps of a run that are named where not all are asked for.
FEW = 10
#: Runs that are told of one thing, where no limit is given.
EVER = 1000


def tell_runs(app: App, store: StateStore, limit: int) -> None:
    """Tell the latest runs, the latest first.

    A program is given every step of them; a person the first few of each, and all only where asked to be told more.
    """
    few = None if app.json or app.verbosity > 0 else FEW
    kept: deque[Run] = deque(maxlen=limit + 1)
    kept.extend(store.history(_First(few)))
    runs = list(reversed(kept))
    more = len(runs) > limit
    del runs[limit:]
    if app.json:
        _envelope(app, runs, more=more)
    else:
        app.out(history_text(runs, out_style(app), few=few, more=more))


def tell_run(app: App, store: StateStore, serial: int) -> None:
    """Tell one run with all its steps.

    Raises:
        Problem: If the history has none of this serial.
    """
    found: Run | None = None
    last = 0
    for run in store.history(lambda header, _: header.serial == serial):
        last = run.header.serial
        if last == serial:
            found = run
    if found is None:
        there = f"the latest is {last}" if last else "it is empty"
        raise Problem(
            problem(
                "history-no-run",
                f"the history of {store.where} has no run {serial}; {there}",
                help="reconciler state history",
            )
        )
    if app.json:
        _envelope(app, [found], more=False)
    else:
        app.out(history_text([found], out_style(app)))


def tell_thing(app: App, store: StateStore, text: str, limit: int) -> None:
    """Tell what happened to one thing, the latest first, also to one that is gone.

    Raises:
        Problem: If no run touched it.
    """
    wanted = _About(text)
    kept: deque[Run] = deque((run for run in store.history(wanted) if run.steps), maxlen=limit)
    runs = list(reversed(kept))
    if not runs:
        raise Problem(unknown(text, wanted.seen))
    if app.json:
        _envelope(app, runs, more=False)
    else:
        app.out(timeline_text(runs, out_style(app)))


def _envelope(app: App, runs: Iterable[Run], *, more: bool) -> None:
    app.envelope("state-history", runs=[run_json(each) for each in runs], more=more)


@dataclass(slots=True)
class _First:
    """Wants the first steps of each run, so that a run of a hundred thousand takes no more memory than one of ten."""

    few: int | None
    _serial: int = 0
    _left: int = 0

    def __call__(self, header: RunHeader, _: Data) -> bool:
        if self.few is None:
            return True
        if header.serial != self._serial:
            self._serial, self._left = header.serial, self.few
        self._left -= 1
        return self._left >= 0


@dataclass(slots=True)
class _About:
    """Wants the steps about the thing a person names; remembers other keys, to suggest one that was meant."""

    text: str
    seen: set[str] = field(default_factory=set)
    _keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind, name = split(self.text)
        self._keys = {str(each): key_of(each, name) for each in Kind if kind in (None, each)}

    def __call__(self, _: RunHeader, entry: Data) -> bool:
        key: str = entry["key"]
        self.seen.add(key)
        return self._keys.get(entry["kind"]) == key
