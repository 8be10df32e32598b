"""The platform's file: made, opened and refused.

A file is looked at before anything is opened for writing: a foreign, truncated, damaged or newer one is refused and
stays as it is, byte for byte. While a writer is at work the file is in SQLite's WAL mode, so that a killed process
leaves every committed transaction and nothing of the one it was in; at rest it is one plain file.
"""

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from reconciler.providers.reader import ProviderError
from reconciler.providers.sandbox.schema import APPLICATION_ID, FIRST_INSTANCE, TABLES, VERSION
from reconciler.providers.sandbox.session import offset

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100  # bytes
_UNMERGED = 4000  # pages the WAL holds before they are merged: scattered addresses touch the same ones again and again
_CACHE = 32768  # kB
_WAIT = 5.0  # seconds for another process's transaction


def memory() -> sqlite3.Connection:
    """An empty platform that no file stands for."""
    db = _connect(":memory:")
    _make(db)
    return db


def open_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file for reading alone.

    Raises:
        ProviderError: If it is not a sound file of this platform; it is left as it was.
    """
    _check_header(path)
    with explained(path):
        _finish(path)
        db = _connect(f"file:{quote(str(path))}?mode=ro")
        try:
            _check_content(path, db)
        except BaseException:
            db.close()
            raise
    return db


def open_writing(path: Path) -> sqlite3.Connection:
    """Open a file for writing; it is made where there is none.

    Raises:
        ProviderError: If it is not a sound file of this platform, or can not be made.
    """
    with explained(path):
        if not path.exists():
            _create(path)
    open_reading(path).close()
    with explained(path):
        db = _connect(f"file:{quote(str(path))}?mode=rw")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_UNMERGED}")
        db.execute(f"PRAGMA cache_size = -{_CACHE}")
        db.execute("PRAGMA foreign_keys = ON")
    return db


def close(db: sqlite3.Connection) -> None:
    """Close a connection; the last one leaves a single plain file behind."""
    with suppress(sqlite3.Error):  # read-only, or another process has the file open
        db.execute("PRAGMA busy_timeout = 0")
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the provider's, with what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise ProviderError(f"{path} is in use by another process", transient=True) from error
        raise ProviderError(f"{path} can not be used: {error}", help=_permissions(path)) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise ProviderError(f"{path} can not be used: {error.strerror}", help=_permissions(path)) from error


def _connect(target: str) -> sqlite3.Connection:
    return sqlite3.connect(target, timeout=_WAIT, isolation_level=None, cached_statements=256, uri=True)


def _make(db: sqlite3.Connection) -> None:
    db.executescript(f"BEGIN; {TABLES} COMMIT;")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('instances', ?)", (FIRST_INSTANCE - 1,))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")


def _create(path: Path) -> None:
    """Make the file beside its place and link it there whole, so that no one ever sees half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    try:
        with closing(_connect(f"file:{quote(str(draft))}")) as db:
            _make(db)
        _put(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _put(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # another process was first; its file is as good
    except OSError:
        draft.rename(path)  # a file system without links


def _check_header(path: Path) -> None:
    with explained(path), path.open("rb") as file:
        header = file.read(_HEADER)
        size = os.fstat(file.fileno()).st_size
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise _foreign(path)
    (page,) = struct.unpack_from(">H", header, 16)
    pages, version, application = (struct.unpack_from(">I", header, at)[0] for at in (28, 60, 68))
    if application != APPLICATION_ID:
        raise _foreign(path)
    if version > VERSION:
        raise ProviderError(
            f"{path} was written by a newer release (version {version}, this one knows {VERSION})",
            help="use that release, or name another path",
        )
    unfinished = any(_beside(path, suffix).exists() for suffix in ("-wal", "-journal"))
    if size < pages * (page if page > 1 else 65536) and not unfinished:
        raise _damaged(path, "it is shorter than it says")


def _finish(path: Path) -> None:
    """Let SQLite undo what a killed process had begun outside the WAL; only a writer may, and only it needs to."""
    if _beside(path, "-journal").exists():
        with closing(_connect(f"file:{quote(str(path))}?mode=rw")) as db:
            db.execute("SELECT 1 FROM meta LIMIT 1").fetchone()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _check_content(path: Path, db: sqlite3.Connection) -> None:
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _damaged(path, verdict)
    offset(db)


def _foreign(path: Path) -> ProviderError:
    return ProviderError(
        f"{path} is not a file of the embedded platform; it was left as it is",
        help="name another path, or move that file away to start with an empty platform",
    )


def _damaged(path: Path, how: str) -> ProviderError:
    return ProviderError(
        f"{path} is damaged: {how}; it was left as it is",
        help="put a copy of it back, or move it away to start with an empty platform",
    )


def _permissions(path: Path) -> str:
    return f"see that {path.parent} and the file can be read and written"
