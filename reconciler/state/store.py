"""A state as configured: loading it needs no lock and writes nothing; changing it happens in a session under lock."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler.model.collector import paused
from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem, problem
from reconciler.state import journal, lease, problems, snapshot
from reconciler.state.backend import StateWriter
from reconciler.state.fold import Fold
from reconciler.state.local import LocalFiles
from reconciler.state.session import StateSession
from reconciler.state.values import Loaded, LockInfo

#: Where local state is kept when the configuration does not say.
DEFAULT_NAME = "state/mail.json"


def _silent(_: LockInfo) -> None:
    """Tell nobody."""


class StateStore:
    """One state."""

    def __init__(self, backend: StateWriter, timing: lease.Timing | None = None) -> None:
        """Keep state in a backend."""
        self._backend = backend
        self._timing = timing or lease.Timing()

    @property
    def where(self) -> str:
        """The place, as a user would write it."""
        return self._backend.where

    def load(self) -> Loaded:
        """Return the state as the last durable entry leaves it; one that does not exist is empty.

        Raises:
            Problem: If snapshot, journal or lock can not be read. They are left as they are.
        """
        with _readable(self.where):
            lock = self.lock()
            return _loaded(*self._fold()[:2], lock)

    def lock(self) -> LockInfo | None:
        """Return who holds the state, dead or alive.

        Raises:
            Problem: If the lock can not be read.
        """
        with _readable(self.where):
            raw = self._backend.read_lock()
        return None if raw is None else lease.decode(raw, self.where)

    @contextlib.contextmanager
    def acquire(
        self, operation: str, *, wait: float = 0.0, on_wait: Callable[[LockInfo], None] = _silent
    ) -> Iterator[StateSession]:
        """Hold the lock for the block; what was added is committed and folded when it ends without an exception.

        Args:
            operation: The command, for others to see.
            wait: Seconds to wait for a living owner; a dead one's lock is taken over at once.
            on_wait: Told once who is waited for.

        Raises:
            Problem: If it is held by somebody alive, or state can not be read or written.
        """
        session = self._open(operation, wait, on_wait)
        try:
            yield session
        except BaseException:
            # a lease that is lost, or a disk that fails, must not hide what went wrong first
            with contextlib.suppress(OSError, Problem):
                session.close()
            raise
        session.close()

    def unlock(self, lock_id: str) -> LockInfo:
        """Remove a lock by hand; a run that still holds it fails at its next write.

        Raises:
            Problem: If there is no lock, or it has another id.
        """
        with _readable(self.where):
            raw = self._backend.read_lock()
            lock = None if raw is None else lease.decode(raw, self.where)
            if lock is None or lock.id != lock_id:
                raise problems.unlock_mismatch(self.where, lock_id, lock)
            if not self._backend.write_lock(raw, None):
                # its heartbeat came in between: look again
                return self.unlock(lock_id)
            return lock

    def _open(self, operation: str, wait: float, on_wait: Callable[[LockInfo], None]) -> StateSession:
        try:
            held, took_over = lease.acquire(self._backend, operation, wait, self._timing, on_wait)
        except OSError as error:
            raise problems.unwritable(self.where, error) from error
        try:
            fold, torn, whole, size = self._fold()
            held.raise_fence(max(fold.fence, held.info.fence) + 1)
            return StateSession(
                self._backend, held, fold, _loaded(fold.copy(), torn, held.info), took_over,
                whole=whole, size=size, now=self._timing.clock(),
            )  # fmt: skip
        except BaseException:
            held.release()
            raise

    def _fold(self) -> tuple[Fold, bool, int, int]:
        """Return the state, whether the journal is torn, its bytes to keep, and the snapshot's bytes."""
        with _readable(self.where):
            contents = self._backend.read()
        journal_name = self.where + ".journal"
        with paused():
            fold = Fold() if contents.snapshot is None else snapshot.decode(contents.snapshot, self.where)
            bodies, whole = journal.lines(contents.journal, journal_name)
            fresh = journal.replay(bodies, fold, journal_name)
        return fold, whole < len(contents.journal), whole if fresh else 0, len(contents.snapshot or b"")


def _loaded(fold: Fold, torn: bool, lock: LockInfo | None) -> Loaded:
    return Loaded(fold.applied(), tuple(fold.in_flight.values()), lock, fold.fence, torn)


@contextlib.contextmanager
def _readable(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise problems.unreadable(where, error) from error


def open_state(block: StateBlock) -> StateStore:
    """Return the state a configuration names; nothing is opened yet.

    Raises:
        Problem: If the backend is not one this version has, or its settings are not what it reads.
    """
    if block.backend != "local":
        raise Problem(
            problem(
                "state-backend-unknown",
                f"state can not be kept in '{block.backend}'",
                at=block.span,
                help="write `state: {local: PATH}`",
            )
        )
    settings = block.settings
    if settings is not None and not isinstance(settings, str):
        raise Problem(
            problem(
                "state-path", "the place of local state is a path", at=block.span, help="write `state: {local: PATH}`"
            )
        )
    return StateStore(LocalFiles(Path(block.base) / (settings or DEFAULT_NAME)))
