"""A configuration in a few lines, and what loading says about it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.config import Loaded, load
from reconciler.model.diagnostic import Diagnostic, Problem

HEAD = """\
version: 1
providers:
  groupware: {type: sandbox}
  zones: {type: zonefile}
instances:
  office: {provider: groupware, storage: 50 GB}
domains:
  example.org: {instance: office}
"""


class Room:
    """A folder with configuration files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def load(self, files: Mapping[str, str | bytes] | str | bytes, *paths: str) -> Loaded:
        """Load files, or one file's text below the usual head."""
        if isinstance(files, str):
            files = {"mail.yaml": HEAD + files}
        elif isinstance(files, bytes):
            files = {"mail.yaml": files}
        self.write(files)
        return load([Path(path) for path in paths], self.folder)

    def problems(self, files: Mapping[str, str | bytes] | str | bytes, *paths: str) -> tuple[Diagnostic, ...]:
        """The errors that loading ends with."""
        with pytest.raises(Problem) as caught:
            self.load(files, *paths)
        return tuple(each for each in caught.value.diagnostics if each.severity == "error")

    def problem(self, files: Mapping[str, str | bytes] | str | bytes, *paths: str) -> Diagnostic:
        """The only error that loading ends with."""
        (only,) = self.problems(files, *paths)
        return only


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.fixture
def excerpt(room: Room) -> Callable[[Diagnostic], str]:
    """What a diagnostic underlines."""

    def cut(diagnostic: Diagnostic) -> str:
        assert diagnostic.primary is not None
        span = diagnostic.primary.span
        line = (room.folder / span.file).read_text().splitlines()[span.line - 1]
        return line[span.column - 1 : span.column - 1 + span.length]

    return cut
