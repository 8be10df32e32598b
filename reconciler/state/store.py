"""A state as configured: loading it needs no lock and writes nothing; changing it happens in a session under lock."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.state import history, kept, lease, problems
from reconciler.state.backend import Contended, Mark, StateWriter
from reconciler.state.cipher import Cipher
from reconciler.state.reading import Read, read
from reconciler.state.session import StateSession
from reconciler.state.values import Loaded, LockInfo


def silent(_: LockInfo) -> None:
    """Tell nobody."""


class StateStore:
    """One state."""

    def __init__(
        self, backend: StateWriter, timing: lease.Timing | None = None, encryption: EncryptionBlock | None = None,
        folders: Sequence[Path] = (),
    ) -> None:  # fmt: skip
        """Keep state in a backend.

        Args:
            backend: The place.
            timing: Where time comes from.
            encryption: Who may read it; None for plain text.
            folders: Where outcomes are kept that the place can not take, the first that can be written.
        """
        self.backend = backend
        self.encryption = encryption
        self.timing = timing or lease.Timing()
        self.folders = tuple(folders)

    @property
    def where(self) -> str:
        """The place, as a user would write it."""
        return self.backend.where

    def load(self) -> Loaded:
        """Return the state as the last durable entry leaves it; one that does not exist is empty.

        Raises:
            Problem: If snapshot, journal or lock can not be read. They are left as they are.
        """
        lock = self.lock()
        return read(self.backend, self.encryption).loaded(lock)

    def mark(self) -> Mark:
        """Return what tells whether anything was written since: it differs after every write.

        Raises:
            Problem: If the place can not be read.
        """
        return self.backend.mark()

    def lock(self) -> LockInfo | None:
        """Return who holds the state, dead or alive.

        Raises:
            Problem: If the lock can not be read.
        """
        raw = self.backend.read_lock()
        return None if raw is None else lease.decode(raw, self.where)

    def holder(self) -> LockInfo | None:
        """Return who holds the state, whoever it is: a place's own lock is asked for as well, which may take it.

        It is for commands about the lock; planning looks at `lock` and leaves the place alone.

        Raises:
            Problem: If the lock can not be read.
        """
        found = self.lock()
        if found is None and isinstance(self.backend, Contended):
            self.backend.contend()
            found = self.lock()
        return found

    def close(self) -> None:
        """Give back what is held open; the next use opens it again."""
        self.backend.close()

    def history(self, wanted: history.Wanted = history.every) -> Iterator[history.Run]:
        """Yield every run that wrote, oldest first.

        Args:
            wanted: Which steps are kept in memory.

        Raises:
            Problem: If a journal can not be read.
        """
        cipher = Cipher(self.encryption, self.where)

        def parts() -> Iterator[bytes]:
            # read before the folded ones: a run that is folded in between is then in both, not in neither
            latest = self.backend.read().journal
            yield from self.backend.history()
            yield latest

        return history.runs(parts(), self.where + ".journal", cipher, wanted)

    def kept(self) -> list[kept.Kept]:
        """Return the outcomes that could not be recorded and wait in local files, of any state.

        Raises:
            Problem: If a file is damaged.
        """
        return kept.find(self.folders, self.encryption)

    @contextlib.contextmanager
    def acquire(
        self, operation: str, *, wait: float = 0.0, on_wait: Callable[[LockInfo], None] = silent
    ) -> Iterator[StateSession]:
        """Hold the lock for the block; what was added is committed and folded when it ends without an exception.

        Args:
            operation: The command, for others to see.
            wait: Seconds to wait for a living owner; a dead one's lock is taken over.
            on_wait: Told once who is waited for.

        Raises:
            Problem: If it is held by somebody alive, or state can not be read or written.
        """
        held, took_over = lease.acquire(self.backend, operation, wait, self.timing, on_wait)
        with released(held, self.backend):
            found = read(self.backend, self.encryption)
            session = self.session(held, found, took_over)
        with closed(session):
            yield session

    def session(self, held: lease.Lease, found: Read, took_over: LockInfo | None) -> StateSession:
        """Return a session under a lease that was just acquired; its fence rises above all that ever wrote."""
        sealer = found.cipher.for_writing()
        held.raise_fence(max(found.fold.fence, held.info.fence) + 1)
        keeper = kept.Keeper(self.folders, self.where)
        return StateSession(
            self.backend, held, found, took_over=took_over, timing=self.timing, keeper=keeper, sealer=sealer
        )

    def unlock(self, lock_id: str) -> LockInfo:
        """Remove a lock by hand; a run that still holds it fails at its next write.

        Raises:
            Problem: If there is no lock, or it has another id.
        """
        self.holder()
        while True:
            raw = self.backend.read_lock()
            lock = None if raw is None else lease.decode(raw, self.where)
            if lock is None or lock.id != lock_id:
                raise problems.unlock_mismatch(self.where, lock_id, lock)
            if self.backend.write_lock(raw, None):
                return lock
            # its heartbeat came in between: look again


@contextlib.contextmanager
def released(held: lease.Lease, backend: StateWriter) -> Iterator[None]:
    """Give a lease back where what has to follow its acquisition fails."""
    try:
        yield
    except BaseException:
        held.release()
        backend.close()
        raise


@contextlib.contextmanager
def closed(session: StateSession) -> Iterator[None]:
    """Close a session behind the block; what went wrong in it is told before what goes wrong on closing."""
    try:
        yield
    except BaseException:
        # a lease that is lost, or a disk that fails, must not hide what went wrong first
        with contextlib.suppress(Problem):
            session.close()
        raise
    session.close()
