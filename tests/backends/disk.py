"""A disk that can fail and can lose power: what the program asks of the system is done, half done, or not done.

Each call that changes a folder is a step. When the power goes, whatever was not made durable by fsync may be there, or
not, or be there by name and without its content, as file systems differ in what they write down first.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.backends.memory import Steps
from tests.servers.proxy import Fault

_Call = Callable[..., Any]


class Loss(StrEnum):
    """What is lost with the power."""

    NOTHING = "nothing"
    UNSYNCED = "all that was not synced"
    CONTENT = "content that was not synced, but no name"


class Disk:
    """The system's calls for one folder, and what of it is durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())
        self.steps = Steps(lambda: OSError(errno.EIO, os.strerror(errno.EIO)))
        self._real: dict[str, _Call] = {}
        self._content: dict[int, bytes] = {}  # by inode, as last synced
        self._names: dict[str, dict[str, int]] = {}  # by folder, as last synced
        self._open: dict[int, int] = {}  # descriptors by inode, so that no inode gets a second life

    def arm(self, fault: Fault | None) -> None:
        """Let a fault happen, and count from here."""
        self.steps.arm(fault)

    @contextlib.contextmanager
    def spinning(self) -> Iterator[None]:
        """Stand between the program and the system for the block."""
        self._note_all()
        changing = ("fsync", "pwrite", "ftruncate", "rename", "replace", "link", "unlink", "mkdir")
        self._real = {name: getattr(os, name) for name in changing}
        try:
            for name in changing:
                setattr(os, name, self._call(name))
            yield
        finally:
            for name, real in self._real.items():
                setattr(os, name, real)
            for descriptor in self._open.values():
                os.close(descriptor)
            self._open.clear()

    def _call(self, name: str) -> _Call:
        real = self._real[name]

        def call(target: Any, *rest: Any, **named: Any) -> Any:
            path = _path(target)
            if not path.startswith(self._folder):
                return real(target, *rest, **named)
            result: list[Any] = []

            def act() -> None:
                if name == "fsync":  # the disk of these tests is this object
                    self._note(path, target)
                result.append(None if name == "fsync" else real(target, *rest, **named))

            half = (lambda: real(target, rest[0][: len(rest[0]) // 2], *rest[1:])) if name == "pwrite" else None
            self.steps.take(act, half)
            return result[0]

        return call

    def _note_all(self) -> None:
        self._content, self._names = {}, {}
        for folder, _, files in os.walk(self._folder):
            for file in files:
                path = Path(folder, file)
                self._content[path.stat().st_ino] = path.read_bytes()
            self._names[folder] = self._held(folder)

    def _held(self, folder: str) -> dict[str, int]:
        found = _inodes(folder)
        for name, inode in found.items():
            if inode not in self._open:
                self._open[inode] = os.open(Path(folder, name), os.O_RDONLY | os.O_CLOEXEC)
        return found

    def _note(self, path: str, descriptor: int) -> None:
        if Path(path).is_dir():
            self._names[path] = self._held(path)
        else:
            inode = os.fstat(descriptor).st_ino
            if inode not in self._open:
                self._open[inode] = os.dup(descriptor)
            self._content[inode] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def lose(self, loss: Loss) -> None:
        """Let the power be gone: take away what was not durable."""
        if loss is Loss.NOTHING:
            return
        names = {folder: _inodes(folder) for folder, _, _ in os.walk(self._folder)}
        if loss is Loss.UNSYNCED:
            names = self._names
        # a folder stands where its own name is durable in the one above
        standing = {self._folder}
        for folder in sorted(names):
            if folder != self._folder and str(Path(folder).parent) in standing:
                inode = Path(folder).stat().st_ino if Path(folder).is_dir() else -1
                if names[str(Path(folder).parent)].get(Path(folder).name) == inode:
                    standing.add(folder)
        kinds = {Path(folder, name) for folder in standing for name in names[folder]}
        folders = {path for path in kinds if str(path) in standing or path.is_dir()}
        contents = {path: self._content.get(names[str(path.parent)][path.name], b"") for path in kinds - folders}
        for entry in list(Path(self._folder).iterdir()):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for folder in sorted(folders):
            folder.mkdir()
        for path, content in contents.items():
            path.write_bytes(content)


def _inodes(folder: str) -> dict[str, int]:
    return {entry.name: entry.inode() for entry in os.scandir(folder)}


def _path(target: Any) -> str:
    if isinstance(target, int):
        return str(Path(f"/proc/self/fd/{target}").readlink())
    return str(Path(os.fspath(target)).absolute())
