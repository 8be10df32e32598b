"""`state verify`: everything that is stored is read, and each thing that is not as it should be is told.

The law it rests on: all runs that ever wrote, replayed from the first one, give what the snapshot and the journal give.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.model.collector import paused
from reconciler.model.diagnostic import Diagnostic, Problem, Severity
from reconciler.model.kinds import Kind
from reconciler.state import journal, lease, snapshot
from reconciler.state.backend import Contents
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.store import StateStore
from reconciler.state.tending import verify_findings as findings
from reconciler.state.tending.rewriting import Sweeps
from reconciler.state.values import RunHeader


@dataclass(slots=True)
class Verified:
    """What was read, and what is wrong with it.

    Attributes:
        where: The place.
        lineage: Of the state; empty where it can not be read.
        serial: Of its last run.
        resources: How many there are.
        runs: How many stand in the history.
        journals: How many journals were read.
        sealed: Whether anything there is encrypted.
        first: Serial of the first run that the history knows; runs before it left only their resources.
        findings: What is wrong, or worth knowing.
        plain: Parts that are not sealed and should be.
        for_others: Parts that are sealed for others than those configured.
    """

    where: str
    lineage: str = ""
    serial: int = 0
    resources: int = 0
    runs: int = 0
    journals: int = 0
    sealed: bool = False
    first: int = 0
    findings: list[Diagnostic] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    for_others: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; what is only worth knowing does not count."""
        return all(each.severity is not Severity.ERROR for each in self.findings)


def verify(store: StateStore) -> Verified:
    """Read everything that is stored of a state; nothing is changed, and no lock is taken.

    Raises:
        BackendError: If the place can not be reached or read.
    """
    verified = Verified(store.where)
    contents, parts = _stable(store)
    with paused():
        now = _now(store, contents, verified)
        _History(store, verified).check(parts, now)
    if verified.plain:
        verified.findings.append(findings.plain(store.where, verified.plain))
    if verified.for_others:
        verified.findings.append(findings.for_others(store.where, verified.for_others))
    _kept(store, verified)
    _left(store, verified)
    return verified


def _stable(store: StateStore) -> tuple[Contents, list[bytes]]:
    """Read snapshot, journal and history of one moment: a fold in between would look like a difference.

    What a run at work adds to the journal meanwhile does not matter, as the journal is that of the first look.
    """
    while True:
        contents = store.backend.read()
        parts = [*store.backend.history(), contents.journal]
        if _first_line(store.backend.read()) == _first_line(contents):
            return contents, parts


def _first_line(contents: Contents) -> bytes:
    return b"" if contents.snapshot is None else snapshot.identity(contents.snapshot)


def _now(store: StateStore, contents: Contents, verified: Verified) -> Fold | None:
    """Read snapshot and journal as every run does; None where that can not be."""
    cipher = Cipher(store.encryption, store.where)
    fold = Fold()
    try:
        if contents.snapshot is not None:
            fold, _ = snapshot.decode(contents.snapshot, store.where, cipher)
            _keys(store, cipher, "the snapshot", verified)
        bodies, whole = journal.lines(contents.journal, store.where + ".journal")
        journal.replay(bodies, fold, store.where + ".journal", cipher)
    except Problem as problem:
        verified.findings += problem.diagnostics
        return None
    finally:
        verified.sealed = verified.sealed or cipher.sealed
    if whole < len(contents.journal):
        verified.findings.append(findings.torn(store.where, len(contents.journal) - whole))
    verified.lineage, verified.serial, verified.resources = fold.lineage, fold.serial, len(fold.resources)
    verified.findings += [findings.in_flight(each) for each in fold.in_flight.values()]
    if fold.moved_to:
        verified.findings.append(findings.moved(store.where, fold.moved_to))
    return fold


def _keys(store: StateStore, cipher: Cipher, part: str, verified: Verified) -> None:
    """Tell what is not sealed and should be, or is for others than those configured."""
    if store.encryption is None:
        return
    from reconciler.state.sealing import matches

    if cipher.plain:
        verified.plain.append(part)
    if cipher.current is not None and not matches(cipher.current.keys, store.encryption):
        verified.for_others.append(part)


class _History:
    """Every run from the first one on."""

    def __init__(self, store: StateStore, verified: Verified) -> None:
        self._store = store
        self._verified = verified
        self._fold = Fold()
        self._last: RunHeader | None = None
        self._seen: dict[int, str] = {}
        self._whole = True
        self._from_nothing = False
        self._lost = False  # runs since the last one that could be read

    def check(self, parts: Iterable[bytes], now: Fold | None) -> None:
        """Read all journals, then compare what they come to with what is there."""
        for number, part in enumerate(parts, start=1):
            self._verified.journals = number
            try:
                self._part(part, number)
            except Problem as problem:
                self._note(*(each for each in problem.diagnostics if each not in self._verified.findings))
                self._whole, self._lost = False, True
        if now is not None and self._whole:
            self._compare(now)

    def _part(self, part: bytes, number: int) -> None:
        name = f"{self._store.where}, journal {number} of its history"
        cipher = Cipher(self._store.encryption, self._store.where)
        bodies, _ = journal.lines(part, name)
        skipping = False
        for line, entry in journal.entries(bodies, name, cipher):
            try:
                if "run" in entry:
                    skipping = not self._follow(journal.read_run(entry, name))
                if not skipping:
                    journal.add(entry, self._fold)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise findings.meaningless(name, line, repr(error)) from None
        self._verified.sealed = self._verified.sealed or cipher.sealed
        if bodies:
            _keys(self._store, cipher, f"journal {number}", self._verified)

    def _follow(self, header: RunHeader) -> bool:
        """Whether a run is new: it goes on from the one before it, under a higher fence."""
        if self._last is not None and _anew(self._last, header) and header.run not in self._seen.values():
            self._note(findings.begins_anew(self._store.where, self._last, header))
            self._fold, self._last, self._seen = Fold(), None, {}
        if header.serial in self._seen:
            if self._seen[header.serial] != header.run:
                self._note(findings.forked(self._store.where, header))
            return False
        last = self._last
        if last is None:
            self._verified.first = header.serial
            self._from_nothing = header.serial == 1 or header.onto == ("", 0)
        elif not self._lost and (header.onto or (header.lineage, header.serial - 1)) != (last.lineage, last.serial):
            self._note(findings.gap(self._store.where, last, header))
        self._lost = False
        if last is not None and header.fence <= last.fence:
            self._note(findings.fence(self._store.where, last, header))
        self._seen[header.serial] = header.run
        self._last = header
        self._verified.runs += 1
        return True

    def _compare(self, now: Fold) -> None:
        """Tell where replayed history and present state part. What came before the first known run is not known."""
        then, where = self._fold, self._store.where
        if self._last is not None and not now.lineage:
            self._note(findings.ends(where, then.serial))
            return
        if self._last is None:
            if now.serial:
                self._note(findings.no_history(where, now.serial))
            return
        if (then.lineage, then.serial) != (now.lineage, now.serial):
            self._note(findings.ends_elsewhere(where, (then.lineage, then.serial), (now.lineage, now.serial)))
            return
        whole = self._from_nothing
        touched = then.dirty if not whole else then.resources.keys() | now.resources.keys()
        parted = sorted(each for each in touched if then.resources.get(each) != now.resources.get(each))
        if parted:
            self._note(findings.parted(where, [_said(*each, then, now) for each in parted]))
        if not whole:
            self._note(findings.begins_late(where, self._verified.first))
        elif then.acknowledged != now.acknowledged or then.in_flight != now.in_flight:
            self._note(findings.notes_parted(where))

    def _note(self, *found: Diagnostic) -> None:
        self._verified.findings += found


def _anew(last: RunHeader, header: RunHeader) -> bool:
    """Whether a run is the first of a state that knew of no run before it: the one there was lost."""
    return header.lineage != last.lineage and header.serial == 1 and header.onto is None


def _said(kind: Kind, key: str, then: Fold, now: Fold) -> str:
    """Say how the history and the snapshot differ about one resource."""
    one, other = then.resources.get((kind, key)), now.resources.get((kind, key))
    if one is None or other is None:
        return f"{kind} {key} is {'only in the snapshot' if one is None else 'not in the snapshot'}"
    before, after = one.resource.fields(), other.resource.fields()
    names = [name for name in before | after if before.get(name) != after.get(name)]
    return f"{kind} {key} differs in {', '.join(names) or 'its provider, id or protection'}"


def _kept(store: StateStore, verified: Verified) -> None:
    """Open the outcomes that wait on this machine, and tell of them."""
    try:
        waiting = [each for each in store.kept() if each.lineage == verified.lineage]
        for each in waiting:
            each.open()
            verified.findings.append(findings.waiting(str(each.path), each.serial))
    except Problem as problem:
        verified.findings += problem.diagnostics


def _left(store: StateStore, verified: Verified) -> None:
    """Tell of what crashes left; who holds the lock may be writing it just now."""
    raw = store.backend.read_lock()
    if raw is not None:
        verified.findings.append(findings.held(lease.decode(raw, store.where)))
    elif isinstance(store.backend, Sweeps) and (left := store.backend.orphans()):
        verified.findings.append(_useless(store.where, sorted(left), there=bool(verified.lineage or verified.findings)))


def _useless(where: str, names: Sequence[str], *, there: bool) -> Diagnostic:
    """Tell of parts that nothing names: a crash left them, or what named them is gone and they are all that is left."""
    return (None if there else _abandoned(where, names)) or findings.orphans(where, names)


def _abandoned(where: str, names: Sequence[str]) -> Diagnostic | None:
    history = [name for name in names if "-history-" in name]
    if not history:
        return None
    return findings.gone(where, f"parts of its history still are, such as {history[-1]} ({len(history):,} in all)")


def lost(store: StateStore) -> Diagnostic | None:
    """Tell of a state of which nothing is there, though its history is; None where nothing says it ever was.

    Raises:
        Problem: If the history can not be read.
    """
    last: RunHeader | None = None
    for run in store.history(lambda _header, _step: False):
        last = run.header
    return gone(store, last)


def gone(store: StateStore, last: RunHeader | None) -> Diagnostic | None:
    """Tell of a state that is not there and that its history, or a part of that, says was; None where nothing does.

    Args:
        store: A state of which nothing is there.
        last: The last run of the history.

    Raises:
        BackendError: If the place can not be listed.
    """
    if last is not None:
        return findings.ends(store.where, last.serial)
    left = store.backend.orphans() if isinstance(store.backend, Sweeps) else None
    return _abandoned(store.where, sorted(left or ()))
