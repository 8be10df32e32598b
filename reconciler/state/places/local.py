"""State in local files: `PATH`, `PATH.journal`, `PATH.lock`, and a folder `PATH.history`.

The lock file doubles as the fence: who writes opens it, locks that very file with flock, and makes sure that it still
stands at its path. As a take-over replaces the file under the same flock, nobody can lose the lease between looking and
writing, and a crashed writer leaves no flock behind.
"""

import contextlib
import fcntl
import glob
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler.state import problems
from reconciler.state.backend import BackendError, Contents, Fence, Image, Mark, Standing

_MODE = 0o600  # addresses and names are nobody else's affair
_IDENTITY_LIMIT = 1 << 12
_LOCK_LIMIT = 1 << 16


class LocalFiles:
    """The backend `local`."""

    keeps_rows = False

    def __init__(self, path: Path) -> None:
        """Keep state in `path` and beside it."""
        self._where = str(path)
        # through a link, what it points at is replaced, not the link
        real = path.resolve()
        self._snapshot = real
        self._journal = real.with_name(real.name + ".journal")
        self._lock = real.with_name(real.name + ".lock")
        self._history = real.with_name(real.name + ".history")
        self._folder = real.parent
        self._descriptor = -1

    @property
    def where(self) -> str:
        """The snapshot's path as configured."""
        return self._where

    def read(self) -> Contents:
        """Return snapshot and journal; the journal is read first, so that a fold in between loses no run."""
        with self._readable():
            journal = _read(self._journal)
            return Contents(_read(self._snapshot), journal or b"")

    def mark(self) -> Mark:
        """Return the snapshot's first line and the journal's length."""
        with self._readable():
            try:
                length = self._journal.stat().st_size
            except FileNotFoundError:
                length = 0
            return self._identity(), length

    def read_lock(self) -> bytes | None:
        """Return the lock, or None where there is none."""
        with self._readable():
            return _read(self._lock)

    def history(self) -> Iterator[bytes]:
        """Yield every folded journal, oldest first."""
        for path in self._folded():
            with self._readable():
                content = path.read_bytes()
            yield content

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        """Write `data` behind the first `at` bytes of the journal and make it durable."""
        with self._writable(), self._held(fence):
            created = self._open(at)
            try:
                _write_all(self._descriptor, data, at)
                os.fsync(self._descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, at)
                raise
            if created:
                self._sync(self._folder)

    def archive(self, at: int, fence: Fence) -> None:
        """Move the journal's first `at` bytes to the history."""
        with self._writable(), self._held(fence):
            self._put_away(at)

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        """Put a snapshot in place atomically, then move the journal to the history."""
        with self._writable(), self._held(fence):
            self._put(image.whole())
            self._put_away(at)

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        """Replace every folded journal, one file after the other."""
        with self._writable(), self._held(fence):
            for path in self._folded():
                self._temporary(path, change(path.read_bytes())).replace(path)
                self._sync(self._history)

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        """Compare and swap the lock file."""
        with self._writable():
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

    def orphans(self) -> frozenset[str]:
        """Return the names of temporary files that a crash left, or that a run is just writing."""
        with self._readable():
            return frozenset(path.name for path in self._temporaries())

    def sweep(self, fence: Fence) -> frozenset[str]:
        """Remove what a crash left, under the lock; return the names."""
        with self._writable(), self._held(fence):
            useless = self._temporaries()
            for path in useless:
                path.unlink(missing_ok=True)
            return frozenset(path.name for path in useless)

    def close(self) -> None:
        """Close the journal."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self, at: int) -> bool:
        """Open the journal for writing and cut it off behind `at`; True where that made it."""
        created = False
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CLOEXEC
            try:
                self._descriptor = os.open(self._journal, flags)
            except FileNotFoundError:
                self._descriptor = os.open(self._journal, flags | os.O_CREAT, _MODE)
                created = True
        size = os.fstat(self._descriptor).st_size
        if size < at:
            raise OSError(None, "the journal was cut by somebody else")
        if size > at:
            os.ftruncate(self._descriptor, at)
        return created

    def _put_away(self, at: int) -> None:
        """Make the journal the newest file of the history; renamed whole, it is never in both or in neither."""
        if at == 0:
            self.close()
            self._journal.unlink(missing_ok=True)
            self._sync(self._folder)
            return
        self._open(at)
        os.fsync(self._descriptor)
        self.close()
        self._history.mkdir(mode=0o700, exist_ok=True)
        folded = self._folded()
        number = int(folded[-1].stem) + 1 if folded else 1
        self._journal.rename(self._history / f"{number:08}.journal")
        self._sync(self._history)
        self._sync(self._folder)

    def _folded(self) -> list[Path]:
        return sorted(path for path in self._history.glob("*.journal") if path.stem.isdigit())

    def _put(self, snapshot: bytes) -> None:
        temporary = self._temporary(self._snapshot, snapshot)
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(self._snapshot.stat().st_mode & 0o777)
        temporary.replace(self._snapshot)
        self._sync(self._folder)

    def _temporaries(self) -> list[Path]:
        """Those of snapshot and history: one of the lock may be another's who is just trying to get it."""
        return [*self._folder.glob(f"{glob.escape(self._snapshot.name)}.[0-9]*.tmp"), *self._history.glob("*.tmp")]

    def _temporary(self, path: Path, data: bytes) -> Path:
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
        try:
            _write_all(descriptor, data, 0)
            os.fsync(descriptor)
        except OSError:
            temporary.unlink()
            raise
        finally:
            os.close(descriptor)
        return temporary

    def _create_lock(self, data: bytes) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        # durable, as a name without its content after a loss of power would be a lock that nobody can read
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
            fence(Standing(lock, self._identity()))
            yield

    def _identity(self) -> bytes | None:
        try:
            with self._snapshot.open("rb") as file:
                return file.readline(_IDENTITY_LIMIT)
        except FileNotFoundError:
            return None

    @staticmethod
    def _sync(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackendError(problems.unreadable(self._where, error).diagnostics) from error

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackendError(problems.unwritable(self._where, error).diagnostics) from error


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
