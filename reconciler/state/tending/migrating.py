"""`state migrate`: a state moves to another place with its history, and is refused where it was.

The target is written first, run by run, in the order in which they were made; then it is read again and compared; then
the source is marked. A crash anywhere before the mark leaves the source in force and a target that holds the first of
its runs and nothing else: the next migration compares those and goes on behind them.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from reconciler.model.collector import paused
from reconciler.state import journal, lease, problems, snapshot
from reconciler.state.backend import Contents, Standing, StateReader, StateWriter
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.snapshot import Snapshot
from reconciler.state.store import StateStore, released, silent
from reconciler.state.tending import change_problems
from reconciler.state.tending.rewriting import Rewriting, rewriting
from reconciler.state.values import LockInfo

if TYPE_CHECKING:
    from reconciler.state.lease import Lease
    from reconciler.state.sealing import Sealer

#: Bytes of history that are put away in one piece.
_PIECE = 4_000_000


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration came to.

    Attributes:
        source: Where the state was.
        target: Where it is.
        lineage: Of the state.
        serial: Of its last run, which is the migration.
        resources: How many there are.
        runs: How many stand in the history of the target.
        went_on: How many of them an earlier migration had brought there already.
    """

    source: str
    target: str
    lineage: str
    serial: int
    resources: int
    runs: int
    went_on: int


@dataclass(frozen=True, slots=True)
class OldRun:
    """One run as it stands in the history: what it says, not how it was sealed.

    Attributes:
        serial: Its own.
        lines: Its commits, in plain text.
    """

    serial: int
    lines: bytes


def migrate(
    source: StateStore, target: StateStore, *, plaintext: bool = False,
    wait: float = 0.0, on_wait: Callable[[LockInfo], None] = silent,
) -> Migrated:  # fmt: skip
    """Move a state to another place.

    Args:
        source: Where it is.
        target: Where it shall be: nothing, or what an earlier migration of it left.
        plaintext: Whether an encrypted state may become one in plain text.
        wait: Seconds to wait for a living owner of either.
        on_wait: Told once who is waited for.

    Raises:
        Problem: If one of them is held or can not be reached, or the target holds something else.
    """
    if source.encryption is not None and target.encryption is None and not plaintext:
        raise change_problems.migrates_to_plaintext(target.where)
    with rewriting(source, "state migrate", wait=wait, on_wait=on_wait) as session:
        lock = session.loaded.lock
        _apart(source, target, lock)
        held, _ = lease.acquire(target.backend, "state migrate", wait, target.timing, on_wait)
        with released(held, target.backend):
            session.open_run()
            session.commit_now()
            migrated = _Target(target, held).take(source, session)
            session.move_to(target.where)
        held.release()
        target.backend.close()
        return migrated


def _apart(source: StateStore, target: StateStore, lock: LockInfo | None) -> None:
    """Make sure that the target is another place, however it is spelt: our own lock must not stand there."""
    raw = target.backend.read_lock()
    there = None if raw is None else lease.decode(raw, target.where)
    if lock is not None and there is not None and there.id == lock.id:
        raise change_problems.same_place(source.where)


class _Target:
    """The place a state moves to, under a lease of its own."""

    def __init__(self, store: StateStore, held: "Lease") -> None:
        self._store = store
        self._backend: StateWriter = store.backend
        self._held = held
        self._cipher = Cipher(store.encryption, store.where)
        self._identity: bytes | None = None

    def take(self, source: StateStore, session: Rewriting) -> Migrated:
        """Copy what the target has not yet, and make sure that it is all there."""
        past = Cipher(source.encryption, source.where)
        fence, went_on, rest = self._found(session, history(source.backend, past, source.where))
        sealer, runs = self._sealer(), went_on
        self._held.raise_fence(max(session.fence, fence, self._held.info.fence) + 1)
        for piece, number in _pieces(rest):
            runs += number
            data = _seal(piece, sealer)
            self._backend.append(data, 0, self._fence)
            self._backend.archive(len(data), self._fence)
        image = Snapshot(session.copy(), sealer, anew=True)
        self._backend.replace(image, 0, self._fence)
        self._compare(source, past, session)
        held = session.applied
        return Migrated(source.where, self._store.where, held.lineage, held.serial, len(held.resources), runs, went_on)

    def _found(self, session: Rewriting, wanted: Iterator[OldRun]) -> tuple[int, int, Iterator[OldRun]]:
        """Return the highest fence there, how many runs were put away there, and those that were not.

        A journal there is the piece whose writing was interrupted; it is written again.
        """
        contents = self._backend.read()
        fold = Fold()
        if contents.snapshot is not None:
            with paused():
                fold, _ = snapshot.decode(contents.snapshot, self._store.where, self._cipher)
            self._identity = snapshot.identity(contents.snapshot)
            if fold.lineage != session.applied.lineage:
                raise change_problems.place_taken(self._store.where)
        number = last = 0
        for run in history(self._backend, self._cipher, self._store.where, Contents(None, b"")):
            if next(wanted, None) != run:
                raise change_problems.place_taken(self._store.where)
            number, last = number + 1, run.serial
        if fold.serial > last:  # it holds more than the runs that led to it
            raise change_problems.place_taken(self._store.where)
        begun = b"".join(run.lines for run in _plain(contents.journal, self._cipher, self._store.where))
        rest: list[OldRun] = []
        while sum(len(run.lines) for run in rest) < len(begun) and (more := next(wanted, None)) is not None:
            rest.append(more)
        if not b"".join(run.lines for run in rest).startswith(begun):
            raise change_problems.place_taken(self._store.where)
        return fold.fence, number, itertools.chain(rest, wanted)

    def _sealer(self) -> "Sealer | None":
        """What seals there: the key that an earlier migration made, where it is for those who are configured."""
        from reconciler.state.sealing import make, matches

        encryption, current = self._store.encryption, self._cipher.current
        if encryption is None:
            return None
        return current if current is not None and matches(current.keys, encryption) else make(encryption)

    def _fence(self, standing: Standing) -> None:
        self._held.check(standing)
        if standing.identity != self._identity:
            raise problems.changed_underneath(self._store.where)

    def _compare(self, source: StateStore, past: Cipher, session: Rewriting) -> None:
        """Read the target again: resources and history must be those of the source."""
        cipher = Cipher(self._store.encryption, self._store.where)
        contents = self._backend.read()
        with paused():
            fold, _ = snapshot.decode(contents.snapshot or b"", self._store.where, cipher)
        same = fold.applied() == session.applied and fold.in_flight == session.copy().in_flight
        there = history(self._backend, cipher, self._store.where, contents)
        here = history(source.backend, past, source.where)
        if not same or any(one != other for one, other in itertools.zip_longest(here, there)):
            raise change_problems.copy_differs(self._store.where)


def history(backend: StateReader, cipher: Cipher, where: str, contents: Contents | None = None) -> Iterator[OldRun]:
    """Yield every run of a place, oldest first, each once.

    Args:
        backend: The place.
        cipher: Opens what is sealed.
        where: The place, for messages.
        contents: What was read of it, if it was.

    Raises:
        Problem: If a journal is damaged, or its key can not be had.
    """
    latest = (contents or backend.read()).journal
    seen: set[bytes] = set()  # first lines, which hold a run's own id: a crash leaves a run in two journals
    for part in itertools.chain(backend.history(), (latest,)):
        for run in _plain(part, cipher, where):
            first = run.lines.partition(b"\n")[0]
            if first not in seen:
                seen.add(first)
                yield run


def _plain(part: bytes, cipher: Cipher, where: str) -> Iterator[OldRun]:
    """Yield the runs of one journal."""
    serial, lines = 0, b""
    for line in journal.resealed(part, where + ".journal", cipher, None).splitlines(keepends=True):
        first = orjson.loads(line.partition(b" ")[2])[0]
        if "run" in first:
            if lines:
                yield OldRun(serial, lines)
            serial, lines = first["serial"], b""
        lines += line
    if lines:
        yield OldRun(serial, lines)


def _pieces(runs: Iterable[OldRun]) -> Iterator[tuple[bytes, int]]:
    lines: list[bytes] = []
    size = 0
    for run in runs:
        lines.append(run.lines)
        size += len(run.lines)
        if size >= _PIECE:
            yield b"".join(lines), len(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines), len(lines)


def _seal(piece: bytes, sealer: "Sealer | None") -> bytes:
    return journal.resealed(piece, "", Cipher(None, ""), sealer)
