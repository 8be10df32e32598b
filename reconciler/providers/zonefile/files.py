"""The files of zones: finding, locking, and replacing them whole."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.providers.reader import ProviderError

_PATTERNS = ("{zone}.zone", "{zone}", "db.{zone}")


def listed(directory: Path, named: Mapping[str, str]) -> dict[str, Path]:
    """Return the zones of a directory and their files.

    Args:
        directory: Where zone files stand.
        named: File names of zones, where the configuration gives them; else every file whose name has one of the usual
            forms is a zone.

    Raises:
        ProviderError: If the directory can not be read.
    """
    if named:
        return {zone: directory / name for zone, name in named.items()}
    try:
        names = sorted(entry.name for entry in os.scandir(directory) if entry.is_file())
    except OSError as error:
        raise ProviderError(
            f"the directory of zone files {directory} can not be read: {(error.strerror or '').lower()}",
            help=f"make it and put a zone file there, such as {directory / 'example.org.zone'}",
        ) from None
    zones: dict[str, Path] = {}
    for name in names:
        zone = _zone_of(name)
        if zone is not None:
            best = min((directory / each for each in (zones.get(zone, Path(name)).name, name)), key=_rank)
            zones[zone] = best
    return zones


def found(directory: Path, named: Mapping[str, str], zone: str) -> Path | None:
    """Return the file of one zone without a walk over the folder, where it has one of the usual names."""
    if named:
        return directory / named[zone] if zone in named else None
    usual = (directory / pattern.format(zone=zone) for pattern in _PATTERNS)
    return next((path for path in usual if path.is_file()), None) or listed(directory, named).get(zone)


def _zone_of(name: str) -> str | None:
    from reconciler.model.names import BadName, domain_key

    if name.startswith((".", "#")) or name.endswith(("~", ".bak", ".jnl", ".signed", ".swp", ".md", ".txt")):
        return None
    bare = name.removesuffix(".zone")
    bare = bare.removeprefix("db.") if bare == name else bare
    try:
        return domain_key(bare)
    except BadName:
        return None


def _rank(path: Path) -> int:
    zone = _zone_of(path.name) or ""
    return [pattern.format(zone=zone) for pattern in _PATTERNS].index(path.name.lower())


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory's advisory lock, so that two writers of its files take turns.

    The directory and not the file is locked: a file is replaced by each change, and a lock on the old one would hold
    off no one.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file's content so that a reader, or a crash at any moment, finds the old or the new, never a part.

    Mode, owner and group stay as they are; the owner only as far as we are allowed to set it.
    """
    new = path.with_name(f".{path.name}.new")
    state = path.stat()
    with suppress(FileNotFoundError):
        new.unlink()  # left behind by a crash; we hold the lock
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with suppress(PermissionError):
                os.fchown(file.fileno(), state.st_uid, state.st_gid)
            os.fchmod(file.fileno(), state.st_mode & 0o7777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            new.unlink()
        raise
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
