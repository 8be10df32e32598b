"""Making an archive: beside its place, made durable, and only then renamed.

While it is made its folder is called `NAME.partial`. A process that is killed leaves that behind; nobody takes it for
an archive, and the next one that makes `NAME` clears it away. Only its owner can read what is in it.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from reconciler.providers.archive.archivist import Archivist
from reconciler.providers.archive.manifest import (
    MANIFEST,
    ArchivedFile,
    ArchiveError,
    Manifest,
    encode,
    measured,
    verify,
)

PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Draft:
    """An archive in the making.

    Attributes:
        folder: Where its files are written to, by whatever writes them.
        place: What the folder will be called.
    """

    folder: Path
    place: Path

    def finish(self, manifest: Manifest) -> Manifest:
        """Note every file in the manifest, make all of it durable, and give the folder its name.

        Args:
            manifest: All but `files`, which are looked up.

        Raises:
            ArchiveError: If that can not be done.
        """
        with _told(self.place):
            _close_up(self.folder)
            whole = replace(manifest, files=tuple(_inventory(self.folder)))
            with _private(self.folder / MANIFEST) as file:
                file.write(encode(whole))
            for path in (*self.folder.rglob("*"), self.folder):
                _sync(path)
            self.folder.rename(self.place)
            _sync(self.place.parent)
        return whole


@contextmanager
def making(place: Path) -> Iterator[Draft]:
    """Make an archive; what an error leaves unfinished is cleared away.

    Args:
        place: The folder that will be the archive; it must not be there.

    Raises:
        ArchiveError: If something is there already, another process makes it now, or it can not be written.
    """
    if os.path.lexists(place):
        raise ArchiveError(f"{place} is there already, and is not written over", help="name a new folder")
    folder = place.with_name(place.name + PARTIAL)
    with _told(place), closing(_Claim(folder)):
        try:
            yield Draft(folder, place)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


async def back_up_once(archivist: Archivist, address: str, place: Path) -> Manifest:
    """Return the manifest of the archive of a mailbox, which is made unless it is there already, and whole.

    A run that was killed between a backup and the deletion after it goes on with the backup that it has.

    Raises:
        ArchiveError: If something else is there.
        ProviderError: If the archive can not be made.
    """
    there = await asyncio.to_thread(made_already, address, place)
    return there or await archivist.back_up(address, place)


def made_already(address: str, place: Path) -> Manifest | None:
    """Return the manifest of the archive of a mailbox that is there and whole; None where nothing is there.

    Raises:
        ArchiveError: If something else is there.
    """
    return verify(place, address) if os.path.lexists(place) else None


class _Claim:
    """The unfinished folder, which is one process's as long as it lives; a dead one's is cleared away."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.iterdir():
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            folder.chmod(0o700)
        except BlockingIOError:
            self.close()
            raise ArchiveError(
                f"{folder} is being written by another process", help="wait for it, or name another folder"
            ) from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        os.close(self._descriptor)


def _close_up(folder: Path) -> None:
    """Let nobody but the owner read what is there, whoever wrote it."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


def _inventory(folder: Path) -> Iterator[ArchivedFile]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        found = measured(path, name)
        if found is not None and _writable(name):
            yield found
        elif found is not None or path.is_symlink() or not path.is_dir():
            raise ArchiveError(f"{os.fsencode(path)!r} is neither a folder nor a file with a name in UTF-8")


def _writable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """Turn what the system says into a sentence that names the archive."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"no archive can be made at {place}: {(error.strerror or str(error)).lower()}",
            help="see that its folder can be written, and that the disk has room",
        ) from error
