"""The books of a soak, audited: history, state, platform and what the runs said must all tell the same story."""

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.config import load
from reconciler.model.diagnostic import Problem
from reconciler.state import StateStore, journal, open_state
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.history import Run, Step
from tests.soak import world
from tests.soak.fleet import Ran

#: What a run that nobody killed may say of the state, when others are at it.
_EXPECTED = frozenset({"state-locked", "stale-plan"})
#: What a plan may say as well: it takes no lock, so it may see another run's mailbox and not yet the record of it.
_EXPECTED_OF_PLAN = _EXPECTED | {"address-taken"}
_KILLED = -9

Things = Mapping[tuple[str, str], Mapping[str, object]]


@dataclass(slots=True)
class Report:
    """What a soak came to.

    Attributes:
        backend: Where state was kept.
        counted: Numbers by name, in the order they are to be shown.
        exits: How often each exit code was seen; -9 stands for killed.
        wrong: What does not add up, a sentence each; empty where all is well.
    """

    backend: str
    counted: dict[str, int] = field(default_factory=dict)
    exits: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def check(self, good: bool, sentence: str) -> None:
        """Note a sentence where something is not good."""
        if not good:
            self.wrong.append(sentence)


def audit(backend: str, folder: Path, ran: Sequence[Ran], quiet: Sequence[Ran]) -> Report:
    """Compare all there is.

    Args:
        backend: Where state was kept, for the report.
        folder: Where the fleet worked; it holds the configuration of the quiet run as `quiet/mail.yaml`.
        ran: The fleet's processes.
        quiet: The last apply, which nobody disturbed, and a plan after it.
    """
    report = Report(backend)
    store = open_state(load([folder / "quiet/mail.yaml"], folder / "quiet").desired.state)
    try:
        seen = world.seen(folder / "platform/sandbox.db")
        runs = list(store.history())
        _processes(report, ran, quiet)
        _linear(report, store, runs)
        _nothing_lost(report, [*ran, *quiet], runs)
        _as_the_platform_says(report, seen.journal, runs)
        _same_content(report, store, seen.things, runs)
        _nothing_left(report, store, folder)
    finally:
        store.backend.close()
    return report


def _processes(report: Report, ran: Sequence[Ran], quiet: Sequence[Ran]) -> None:
    """Whoever was not killed must have ended in a way that is known."""
    applies = [each for each in ran if each.words[0] == "apply"]
    report.exits.update(each.exit for each in applies)
    report.counted["applies"] = len(applies)
    report.counted["killed"] = sum(each.exit == _KILLED for each in ran)
    strange: dict[tuple[str, ...], list[Ran]] = defaultdict(list)
    for each in ran:
        told = _diagnostics(each)
        fine = each.exit == _KILLED or each.exit in ((0, 5) if each.words[0] == "apply" else (0, 2))
        expected = _EXPECTED_OF_PLAN if each.words[0] == "plan" else _EXPECTED
        odd = tuple(said for said in told if said not in expected)
        if odd or not (fine or told) or "Traceback" in each.err:
            strange[odd].append(each)
    for first, *more in strange.values():
        said = f"`{' '.join(first.words[:3])}` ended with exit {first.exit}:\n{first.out}{first.err}"
        report.wrong.append(f"{said}({len(more)} more like it)" if more else said)
    for each in quiet:
        report.check(each.exit == 0, f"the quiet {each.words[0]} ended with exit {each.exit}:\n{each.out}{each.err}")


def _diagnostics(ran: Ran) -> list[str]:
    """The errors a run told, by id."""
    if ran.exit in (_KILLED, 0, 2):
        return []
    if "json" not in ran.words or not ran.out.strip():
        return [line.partition("[")[2].partition("]")[0] for line in ran.err.splitlines() if line.startswith("error[")]
    told = json.loads(ran.out)
    return [f"{each['status']} {each['id']}: {each.get('message', '')}" for each in _undone(told)] + [
        each["id"] for each in told.get("diagnostics", ())
    ]


def _undone(told: Mapping[str, object]) -> Iterator[dict[str, str]]:
    operations = told.get("operations", [])
    assert isinstance(operations, list)
    return (each for each in operations if each["status"] != "done")


def _linear(report: Report, store: StateStore, runs: Sequence[Run]) -> None:
    """One history: no serial left out or used twice, one lineage, fences that only rise."""
    headers = [run.header for run in runs]
    report.counted["runs"] = len(runs)
    report.counted["takeovers"] = sum(header.took_over is not None for header in headers)
    serials = [header.serial for header in headers]
    report.check(serials == list(range(1, len(runs) + 1)), f"serials are not 1 to {len(runs)}: {serials}")
    report.check(len({header.lineage for header in headers}) <= 1, "there is more than one lineage")
    rising = all(one.fence < two.fence for one, two in itertools.pairwise(headers))
    report.check(rising, f"fences do not rise: {[header.fence for header in headers]}")
    ids = defaultdict(set)
    for serial, run in _written(store):
        ids[serial].add(run)
    report.check(all(len(each) == 1 for each in ids.values()), f"two runs have one serial: {dict(ids)}")


def _written(store: StateStore) -> Iterator[tuple[int, str]]:
    """Serial and id of every header in every journal, repeated ones as well."""
    for part in _journals(store):
        bodies, _ = journal.lines(part, store.where)
        for _, entry in journal.entries(bodies, store.where, Cipher(None, store.where)):
            if "run" in entry:
                yield entry["serial"], entry["run"]


def _journals(store: StateStore) -> list[bytes]:
    return [*store.backend.history(), store.backend.read().journal]


def _nothing_lost(report: Report, ran: Iterable[Ran], runs: Sequence[Run]) -> None:
    """What a run said it did stands in the history, under the digest of its plan."""
    steps = {
        run.plan: Counter(f"{each.action} {each.kind} {each.key}" for each in run.steps if each.done) for run in runs
    }
    told = 0
    for each in ran:
        if each.words[0] != "apply" or each.exit not in (0, 5):
            continue
        said = json.loads(each.out)
        done = Counter(operation["id"] for operation in said["operations"] if operation["status"] == "done")
        told += done.total()
        lost = done - steps.get(said["plan"], Counter())
        report.check(
            not lost, f"the run of plan {said['plan']} said that it did, and history does not know: {dict(lost)}"
        )
    report.counted["told as done"] = told


def _as_the_platform_says(report: Report, happened: Mapping[tuple[str, str], list[str]], runs: Sequence[Run]) -> None:
    """For each address the history and the platform's journal have the same events in the same order."""
    recorded: dict[tuple[str, str], list[str]] = defaultdict(list)
    for step in (step for run in runs for step in run.steps):
        if step.done and step.kind in ("mailbox", "alias"):
            recorded[step.kind, step.key] += _events(step)
    for place in sorted(recorded.keys() | happened.keys()):
        ours, theirs = recorded.get(place, []), happened.get(place, [])
        report.check(ours == theirs, f"{' '.join(place)}: history has {ours}, the platform did {theirs}")
    counts = Counter(event.split()[0] for events in happened.values() for event in events)
    report.counted |= {"creates": counts["create"], "deletes": counts["delete"]}
    report.counted["changes"] = counts.total() - counts["create"] - counts["delete"]
    for place, events in happened.items():
        lives = [event for event in events if event in ("create", "delete")]
        twice = sum(pair == ("create", "create") for pair in itertools.pairwise(lives))
        report.check(not twice, f"{' '.join(place)} was created twice: {lives}")


def _events(step: Step) -> list[str]:
    """What the platform writes down of a step."""
    if step.action in ("create", "delete"):
        return [step.action]
    # in the order in which the platform changes them
    return [f"{name} {step.after[name]}" for name in ("quota", "owner") if name in step.after]


def _same_content(report: Report, store: StateStore, things: Things, runs: Sequence[Run]) -> None:
    """State, the fold of all journals, the steps of the history, and the platform hold the same things."""
    state = _plain(store.load().applied.resources.values())
    fold = Fold()
    try:
        for part in _journals(store):
            bodies, _ = journal.lines(part, store.where)
            journal.replay(bodies, fold, store.where)
    except Problem as error:
        report.wrong.append(f"the history can not be folded: {error}")
    folded = _plain(fold.resources.values())
    bare = {place: {name: value for name, value in each.items() if name != "id"} for place, each in things.items()}
    report.counted["resources"] = len(state)
    _compare(report, "state", state, "the platform", things)
    _compare(report, "state", state, "the fold of the history", folded)
    _compare(report, "the history told step by step", _retold(runs), "the platform", bare)


def _plain(resources: Iterable[object]) -> Things:
    return {
        (str(each.resource.kind), each.resource.key): {**each.resource.fields(), "id": each.id} for each in resources
    }


def _retold(runs: Sequence[Run]) -> Things:
    """What is there after every step, from the values that history shows."""
    things: dict[tuple[str, str], dict[str, object]] = {}
    for step in (step for run in runs for step in run.steps if step.done):
        place = (step.kind, step.key)
        if step.action in ("delete", "forget"):
            things.pop(place, None)
        else:
            things[place] = {**things.get(place, {}), **step.after}
    return things


def _compare(report: Report, one: str, left: Things, other: str, right: Things) -> None:
    differing = sorted(place for place in left.keys() | right.keys() if left.get(place) != right.get(place))
    for place in differing:
        report.wrong.append(f"{' '.join(place)}: {one} has {left.get(place)}, {other} {right.get(place)}")


def _nothing_left(report: Report, store: StateStore, folder: Path) -> None:
    """No write in flight, no lock, no outcome kept aside."""
    loaded = store.load()
    report.check(not loaded.in_flight, f"in flight: {[each.operation for each in loaded.in_flight]}")
    report.check(loaded.lock is None, f"a lock is left: {loaded.lock}")
    kept = [str(path.relative_to(folder)) for path in folder.rglob("kept-*")]
    report.check(not kept, f"outcomes are kept aside: {kept}")
