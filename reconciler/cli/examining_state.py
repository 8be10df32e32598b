"""What `doctor` finds out about the state: each part by itself, so that one that is broken hides no other."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reconciler.cli.locking import standing
from reconciler.model.diagnostic import Diagnostic, Problem, warning
from reconciler.report.doctor_text import Check
from reconciler.report.layout import count
from reconciler.report.lock_text import Standing, from_the_future
from reconciler.report.times import distance, length, moment
from reconciler.state import StateStore
from reconciler.state.backend import BackendError
from reconciler.state.kept import Kept
from reconciler.state.reading import Read, read
from reconciler.state.tending.verify_findings import ends_elsewhere
from reconciler.state.tending.verifying import gone
from reconciler.state.values import Intent, LockInfo, RunHeader

_IN_STEP = 5.0  # seconds a run may lie in the future before two clocks are said to differ


@dataclass(slots=True)
class StateFound:
    """What the state says, as far as it can be read.

    Attributes:
        checks: Of its parts.
        read: Its content; None where that can not be read.
        held: Somebody who seems to be alive holds the lock.
        kept: Local files with outcomes of it.
        last: The last run of the history.
    """

    checks: list[Check] = field(default_factory=list)
    read: Read | None = None
    held: bool = False
    kept: Sequence[Kept] = ()
    last: RunHeader | None = None

    @property
    def in_flight(self) -> tuple[Intent, ...]:
        """Writes whose end is not known."""
        return () if self.read is None else tuple(self.read.fold.in_flight.values())


def examine_state(store: StateStore) -> StateFound:
    """Look at place, lock, kept outcomes, history and clock; nothing is written, and no lock is taken."""
    found = StateFound()
    found.checks.append(_place(store, found))
    lock, check = _lock(store, found)
    found.checks.append(check)
    found.checks.append(_kept(store, found))
    found.checks.append(_history(store, found))
    found.checks[0] = _gone(store, found) or _elsewhere(store, found, lock) or found.checks[0]
    found.checks.append(_clock(lock, found.last))
    return found


def _place(store: StateStore, found: StateFound) -> Check:
    try:
        content = read(store.backend, store.encryption)
    except Problem as stopped:
        with contextlib.suppress(Problem):  # what may not be gone on from can be looked at all the same
            found.read = read(store.backend, store.encryption, strict=False)
        if found.read is None and isinstance(stopped, BackendError):
            return Check("state", f"{store.where}: it can not be read", stopped.diagnostics)
        return Check("state", f"{store.where}: a run can not go on from what is there", stopped.diagnostics)
    found.read = content
    fold = content.fold
    due = content.cipher.rekey_due()
    if due is not None:
        return Check("state", f"{store.where}: encrypted for others than the configuration names", due.diagnostics)
    if not fold.lineage:
        return Check("state", f"{store.where}: nothing was ever written")
    how = "encrypted, and its key is at hand" if content.cipher.sealed else "in plain text"
    said = f"{store.where}: serial {fold.serial}, {count(len(fold.resources), 'resource')}, {how}"
    if content.format_changed:
        said += "; of an older format, which the next run brings up to date"
    return Check("state", said, (_torn(store.where),) if content.torn else ())


def _gone(store: StateStore, found: StateFound) -> Check | None:
    """A state that is not there, though its history is; None where that is not so."""
    if found.read is None or found.read.fold.lineage:
        return None
    with contextlib.suppress(Problem):  # who may not list has been told all the rest
        finding = gone(store, found.last)
        if finding is not None:
            return Check("state", f"{store.where}: it is not there, and once was", (finding,))
    return None


def _elsewhere(store: StateStore, found: StateFound, lock: LockInfo | None) -> Check | None:
    """A state that its own history does not end with: one of them was put there by somebody; None where they agree."""
    if found.read is None or found.last is None or lock is not None:
        return None
    fold, last = found.read.fold, found.last
    if (fold.lineage, fold.serial) == (last.lineage, last.serial):
        return None
    finding = ends_elsewhere(store.where, (last.lineage, last.serial), (fold.lineage, fold.serial))
    return Check("state", f"{store.where}: it is not what its last run left", (finding,))


def _torn(where: str) -> Diagnostic:
    return warning(
        "state-torn",
        f"the journal of {where} ends in an entry that was never completely written, and counts as not written",
        help="the next run cuts it off: reconciler apply",
    )


def _lock(store: StateStore, found: StateFound) -> tuple[LockInfo | None, Check]:
    try:
        lock = store.lock()
    except Problem as stopped:
        return None, Check("lock", "it can not be read", stopped.diagnostics)
    if lock is None:
        return None, Check("lock", "nobody holds it")
    now = time.time()
    known = standing(lock, now)
    since = f"since {moment(lock.since)}"
    if known in (Standing.ALIVE, Standing.ENDLESS):
        found.held = True
        return lock, Check("lock", f"held by {lock} {since}")
    why = {
        Standing.GONE: "its process has ended",
        Standing.OVER: f"its lease ended {distance(lock.expires, now)}",
        Standing.ENDED: f"its lease ended {distance(lock.expires, now)} by this machine's clock",
    }[known]
    left = warning(
        "state-lock-left",
        f"the lock of {store.where} was left by {lock}: {why}",
        help="the next apply takes it over; who it was, and until when: reconciler state lock",
    )
    return lock, Check("lock", f"left by {lock} {since}", (left,))


def _kept(store: StateStore, found: StateFound) -> Check:
    lineage = found.read.fold.lineage if found.read is not None else ""
    try:
        files = [each for each in store.kept() if lineage in ("", each.lineage)]
        findings = tuple(_waits(each, found.read) for each in files)
    except Problem as stopped:
        return Check("kept", "outcomes on this machine can not be read", stopped.diagnostics)
    found.kept = files
    if not files:
        return Check("kept", "no outcome waits on this machine")
    return Check("kept", f"{count(len(files), 'file')} on this machine with outcomes that wait", findings)


def _waits(each: Kept, content: Read | None) -> Diagnostic:
    ends, acknowledged = each.open()
    outcomes = count(len(ends) + len(acknowledged), "outcome")
    late = content is not None and each.serial != content.fold.serial
    known = "; a later run has found them out by itself" if late else ""
    return warning(
        "state-kept",
        f"run {each.serial} could not record {outcomes}, which {each.path} keeps{known}",
        help="the next apply removes the file" if late else "the next apply brings them home: reconciler apply",
    )


def _history(store: StateStore, found: StateFound) -> Check:
    runs, first = 0, 0.0
    try:
        for run in store.history(lambda *_: False):
            first = first if runs else run.header.at
            runs, found.last = runs + 1, run.header
    except Problem as stopped:
        return Check("history", "it can not be read to its end", stopped.diagnostics)
    if runs:
        return Check("history", f"{count(runs, 'run')} since {moment(first)}")
    serial = 0 if found.read is None else found.read.fold.serial
    return Check("history", f"no run, though the state is of run {serial}" if serial else "no run yet")


def _clock(lock: LockInfo | None, last: RunHeader | None) -> Check:
    """Compare this machine's clock with what others wrote: only what lies in the future can not be."""
    now = time.time()
    ahead = max(from_the_future(lock, now) if lock else 0.0, last.at - now if last else 0.0)
    if ahead <= _IN_STEP:
        return Check("clock", f"{moment(now)}; the state knows no later time")
    differ = warning(
        "clock-differs",
        f"this machine's clock is {length(ahead)} behind that of a machine which wrote to the state",
        why="a lease is safe whatever the clocks say; times in lock and history are not those of this machine",
        help="set the clocks of both machines, such as by NTP: timedatectl status",
    )
    return Check("clock", f"{moment(now)}; the state knows a time {length(ahead)} later", (differ,))
