"""A throw-away copy of an example, and the installed command to run in it: what tests and benchmarks stand on."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


#: What of the surrounding environment a run sees.
_KEPT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR")


def plain_environment(home: Path) -> dict[str, str]:
    """A plain terminal's: no colours, 100 columns, UTC; nothing of the person who runs the tests."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    plain = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "100"}
    return kept | plain | {"HOME": str(home)}


def _left_behind(folder: str, names: list[str]) -> list[str]:
    """What runs left in a folder of an example: never part of a copy."""
    if Path(folder).name == "state":
        return [name for name in names if name != "README.md"]
    return [name for name in names if name in ("secrets", "out", "__pycache__")]


def copy_examples(source: Path, target: Path) -> None:
    """Copy examples without what runs left in them."""
    shutil.copytree(source, target, ignore=_left_behind)


def command() -> list[str]:
    """The installed command of this Python; `python -m reconciler` where only the sources are there."""
    script = Path(sys.executable).with_name("reconciler")
    return [str(script)] if script.exists() else [sys.executable, "-m", "reconciler"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, and what it printed."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Both outputs."""
        return self.out + self.err


@dataclass(slots=True)
class House:
    """A folder with a configuration, and the command that is run in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, example: str, target: Path) -> "House":
        """Copy an example to `target/EXAMPLE`."""
        folder = target / example
        copy_examples(ROOT / "examples" / example, folder)
        return cls(folder)

    def environment(self) -> dict[str, str]:
        """A plain terminal's, and what this house adds."""
        return plain_environment(self.folder.parent) | self.env

    def run(self, *arguments: str | Path, exit: int | None = None, timeout: float = 240) -> Result:  # noqa: A002
        """Run `reconciler ARGUMENTS`.

        Args:
            arguments: As typed.
            exit: The exit code to insist on, where one is expected.
            timeout: Seconds after which the command counts as hung.
        """
        words = [*command(), *map(str, arguments)]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        if exit is not None and result.exit != exit:
            told = f"`reconciler {' '.join(map(str, arguments))}` ended with exit {result.exit}, not {exit}"
            raise AssertionError(f"{told}\n{result.text}")
        return result

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start `reconciler ARGUMENTS` without waiting, in a process group of its own; it talks to `self.log`."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [*command(), *map(str, arguments)],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> Path:
        """What the last started command printed."""
        return self.folder.with_suffix(".log")

    def edit(self, file: str, *replacements: tuple[str, str]) -> None:
        """Replace texts in a file of the configuration; each must be there."""
        path = self.folder / file
        text = path.read_text()
        for old, new in replacements:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text)

    def drop_lines(self, file: str, *words: str) -> None:
        """Take every line out of a file that holds one of the words; each must be there."""
        path = self.folder / file
        lines = path.read_text().splitlines(keepends=True)
        for word in words:
            assert any(word in line for line in lines), f"{file} has no {word!r}"
        path.write_text("".join(line for line in lines if not any(word in line for word in words)))

    def drop_block(self, file: str, start: str) -> None:
        """Take the line that begins with `start` out of a file, and the lines below it that are indented deeper."""
        path = self.folder / file
        kept, inside = [], False
        depth = len(start) - len(start.lstrip())
        for line in path.read_text().splitlines(keepends=True):
            inside = line.startswith(start) or (inside and len(line) - len(line.lstrip()) > depth)
            if not inside:
                kept.append(line)
        assert len("".join(kept)) < path.stat().st_size, f"{file} has no {start!r}"
        path.write_text("".join(kept))

    def bytes_of(self, *folders: str) -> Mapping[str, bytes]:
        """Every file below some folders (or the whole), by relative path: two of these compare a run's traces."""
        tops = [self.folder / name for name in folders] or [self.folder]
        files = [path for top in tops for path in sorted(top.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in files}


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and all it started at once, with SIGKILL, and wait until it is gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
