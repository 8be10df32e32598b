"""Measure one command: wall time, processor time and peak memory of a fresh process."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.house import plain_environment


@dataclass(frozen=True, slots=True)
class Measured:
    """What a process took.

    Attributes:
        wall: Seconds from start to end, the interpreter's own start included.
        cpu: Seconds of processor time, user and system.
        peak: Bytes of resident memory at most.
        out: What it printed.
    """

    wall: float
    cpu: float
    peak: int
    out: str


def measure(
    words: Sequence[str | Path], folder: Path, expected: int = 0, env: Mapping[str, str] | None = None
) -> Measured:
    """Run a command to its end.

    Args:
        words: The command.
        folder: Where it runs.
        expected: The exit code it has to end with.
        env: What it sees beside a plain terminal's environment.

    Raises:
        SystemExit: If it ends with another exit code than the expected one; a benchmark of a failure is worth nothing.
    """
    log = folder / "bench.log"
    with log.open("wb") as sink:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=folder,
            env=plain_environment(folder) | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        # wait4 gives this child's own usage; getrusage(RUSAGE_CHILDREN) would give the largest of all so far.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    out = log.read_text(errors="replace")
    log.unlink()
    if process.returncode != expected:
        told = " ".join(str(word) for word in words)
        sys.exit(f"bench: `{told}` ended with exit {process.returncode}, not {expected}\n{out[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, out)


def best(words: Sequence[str | Path], folder: Path, times: int, expected: int = 0) -> Measured:
    """The fastest of some runs: noise only ever adds."""
    return min((measure(words, folder, expected) for _ in range(times)), key=lambda each: each.wall)
