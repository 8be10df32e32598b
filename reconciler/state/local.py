"""State in local files: `PATH`, `PATH.journal`, `PATH.lock`.

The lock file doubles as the fence: who writes opens it, locks that very file with flock, and makes sure that it still
stands at its path. As a take-over replaces the file under the same flock, nobody can lose the lease between looking and
writing, and a crashed writer leaves no flock behind.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from reconciler.state.backend import Contents, Fence

_MODE = 0o600  # addresses and names are nobody else's affair
_LOCK_LIMIT = 1 << 16


class LocalFiles:
    """The backend `local`."""

    def __init__(self, path: Path) -> None:
        """Keep state in `path` and beside it."""
        self._where = str(path)
        # through a link, what it points at is replaced, not the link
        real = path.resolve()
        self._snapshot = real
        self._journal = real.with_name(real.name + ".journal")
        self._lock = real.with_name(real.name + ".lock")
        self._folder = real.parent
        self._descriptor = -1

    @property
    def where(self) -> str:
        """The snapshot's path as configured."""
        return self._where

    def read(self) -> Contents:
        """Return snapshot and journal; the journal is read first, so that a fold in between loses no run."""
        journal = _read(self._journal)
        return Contents(_read(self._snapshot), journal or b"")

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""
        return _read(self._lock)

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Write `data` behind the first `at` bytes of the journal and make it durable."""
        with self._held(fence):
            created = self._open()
            size = os.fstat(self._descriptor).st_size
            if size < at:
                raise OSError(None, "the journal was cut by somebody else")
            if size > at:
                os.ftruncate(self._descriptor, at)
            try:
                _write_all(self._descriptor, data, at)
                os.fsync(self._descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, at)
                raise
            if created:
                self._sync_folder()

    def replace(self, snapshot: bytes, fence: Fence) -> None:
        """Put a snapshot in place atomically, then empty the journal."""
        with self._held(fence):
            self._put(snapshot)
            self.close()
            with contextlib.suppress(FileNotFoundError):
                self._journal.unlink()
                self._sync_folder()

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock file."""
        if before is None:
            return after is not None and self._create_lock(after)
        with self._standing() as found:
            if found != before:
                return False
            if after is None:
                self._lock.unlink()
            else:
                self._temporary(self._lock, after).replace(self._lock)
            return True

    def close(self) -> None:
        """Close the journal."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> bool:
        """Open the journal for writing; True where that made it."""
        if self._descriptor >= 0:
            return False
        flags = os.O_WRONLY | os.O_CLOEXEC
        try:
            self._descriptor = os.open(self._journal, flags)
        except FileNotFoundError:
            self._descriptor = os.open(self._journal, flags | os.O_CREAT, _MODE)
            return True
        return False

    def _put(self, snapshot: bytes) -> None:
        temporary = self._temporary(self._snapshot, snapshot, durable=True)
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(self._snapshot.stat().st_mode & 0o777)
        temporary.replace(self._snapshot)
        self._sync_folder()

    def _temporary(self, path: Path, data: bytes, *, durable: bool = False) -> Path:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
        try:
            _write_all(descriptor, data, 0)
            if durable:
                os.fsync(descriptor)
        except OSError:
            temporary.unlink()
            raise
        finally:
            os.close(descriptor)
        return temporary

    def _create_lock(self, data: bytes) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._temporary(self._lock, data)
        try:
            # a link appears with its content, and only where nothing stands
            os.link(temporary, self._lock)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
        return True

    @contextlib.contextmanager
    def _standing(self) -> Iterator[bytes | None]:
        """The lock's bytes, which nobody can change inside the block."""
        while True:
            try:
                descriptor = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                yield None
                return
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if _same(descriptor, self._lock):
                    yield os.read(descriptor, _LOCK_LIMIT)
                    return
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def _held(self, fence: Fence) -> Iterator[None]:
        with self._standing() as lock:
            fence(lock)
            yield

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write_all(descriptor: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view = view[written:]
        at += written


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
