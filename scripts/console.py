"""Run the console blocks of a Markdown page, and hold them to what the page says.

A page shows commands as people type them:

    <!-- in: examples/quickstart -->
    ```console
    $ reconciler plan        # exit 2
    …
    1 to create
    ```

The blocks of a page run one after the other in a throw-away copy of `examples/`, in the folder that the last `in:` note
names. A command is expected to end with exit 0 unless it says another. In the output `…` stands for any text: alone on
a line for any lines, within a line for anything on it. A block under `<!-- not run -->` is left alone.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from scripts.house import ROOT, copy_examples, plain_environment

#: Gets a copy ready to be run in, and returns what its commands see beside a plain environment.
Settle: TypeAlias = Callable[[Path], Mapping[str, str]]

_NOTE = r"(?:^<!-- (?P<note>in: (?P<folder>\S+)|not run) -->\n+)?"
_BLOCK = re.compile(_NOTE + r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d+)$")
_TIMES = re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a block, with the exit code and the output the page promises."""

    line: str
    command: str
    exit: int
    output: str


@dataclass(frozen=True, slots=True)
class Block:
    """A console block: where it stands in the page's text, the folder it runs in, and its steps."""

    start: int
    end: int
    folder: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """A step as it went."""

    step: Step
    exit: int
    output: str

    @property
    def holds(self) -> bool:
        """Whether the page told the truth."""
        return self.exit == self.step.exit and matches(self.step.output, self.output)


def blocks(text: str, folder: str = ".") -> Iterator[Block]:
    """The blocks of a page that are run, with the folder each runs in, relative to the root of the copy."""
    for found in _BLOCK.finditer(text):
        if found["note"] == "not run":
            continue
        folder = found["folder"] or folder
        yield Block(found.start("body"), found.end("body"), folder, tuple(_steps(found["body"])))


def _steps(body: str) -> Iterator[Step]:
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        if not part.startswith("$ "):
            continue
        line, _, output = part.partition("\n")
        while line.endswith("\\"):
            more, _, output = output.partition("\n")
            line = f"{line}\n{more}"
        wanted = _EXIT.search(line)
        command = _EXIT.sub("", line[2:])
        yield Step(line, command, int(wanted[1]) if wanted else 0, output)


def matches(promised: str, printed: str) -> bool:
    """Whether an output is the promised one, where `…` stands for any text."""
    lines = promised.strip("\n").split("\n")
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else _line_pattern(line) for line in lines)
    return re.fullmatch(pattern, printed.strip("\n") + "\n") is not None


def _line_pattern(line: str) -> str:
    return ".*?".join(map(re.escape, line.split("…"))) + r"\n"


def environment(tools: Path) -> dict[str, str]:
    """What commands of a page see: this Python's `reconciler` first in the path, no colours, 100 columns."""
    tools.mkdir(parents=True, exist_ok=True)
    for name, arguments in (("reconciler", "-m reconciler"), ("python", "")):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join((str(tools), os.environ.get("PATH", os.defpath), "/usr/sbin"))
    return plain_environment(tools.parent) | {"PATH": path}


def run(
    text: str, workspace: Path, folder: str = ".", settle: Settle | None = None
) -> Iterator[tuple[Block, list[Ran]]]:
    """Run a page's blocks in `workspace`, which gets a copy of `examples/`.

    Args:
        text: The page.
        workspace: An empty folder, thrown away afterwards.
        folder: Where blocks run until the page names another, relative to the root of the work tree.
        settle: Gets the copy ready, where a page needs more than the files.
    """
    tree = workspace / "tree"
    copy_examples(ROOT / "examples", tree / "examples")
    seen = environment(workspace / "tools") | dict(settle(tree) if settle is not None else {})
    for block in blocks(text, folder):
        yield block, [_run_step(step, tree / block.folder, seen) for step in block.steps]


def _run_step(step: Step, folder: Path, seen: dict[str, str]) -> Ran:
    done = subprocess.run(
        ["bash", "-c", step.command],
        cwd=folder,
        env=seen,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    printed = done.stdout.decode().replace(str(folder.parent.parent), "…")
    return Ran(step, done.returncode, printed)


def rewritten(text: str, workspace: Path, folder: str = ".") -> str:
    """The page with the output of each step that no longer holds replaced by what was printed."""
    parts, at = [], 0
    for block, steps in run(text, workspace, folder):
        body = "".join(_shown(ran) for ran in steps)
        parts += [text[at : block.start], body]
        at = block.end
    return "".join([*parts, text[at:]])


def _shown(ran: Ran) -> str:
    if ran.holds:
        return f"{ran.step.line}\n{ran.step.output}"
    line = _EXIT.sub("", ran.step.line) + (f"  # exit {ran.exit}" if ran.exit else "")
    output = _TIMES.sub("… s", ran.output).rstrip("\n")
    return f"{line}\n{output}\n" if output else f"{line}\n"
