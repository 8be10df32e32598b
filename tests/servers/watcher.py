"""The process that outlives a test run: it starts servers, and ends them when the run is gone.

It is a program of its own, without any import from here. A test run that is killed can not clean up; but the kernel
closes its end of the pipe, and that is what this process waits for. So there is one way to stop, and it does not matter
whether the run asked for it or died.

Orders come in as lines of JSON, and each is answered by one line: `start` by the process's number or by `!` and what
went wrong, `stop` by `.`.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_CHILD_SUBREAPER = 36
_SWEEP = 5.0  # seconds until what can not be killed is left alone
_LOOK = 0.1  # seconds between two looks at children and parent


class Watcher:
    """The servers of one folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._parent = os.getppid()
        self._daemons: dict[int, tuple[subprocess.Popen[bytes], int, float]] = {}

    def serve(self) -> None:
        """Carry out orders until there can be no more."""
        pending = b""
        while os.getppid() == self._parent:
            for process, *_ in self._daemons.values():
                process.poll()
            if not select.select([0], [], [], _LOOK)[0]:
                continue
            data = os.read(0, 1 << 16)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                order = json.loads(line)
                if order["order"] == "end":
                    return
                self._answer(self._start(order) if order["order"] == "start" else self._stop(order["pid"]))

    def end(self) -> None:
        """Stop every server, the last one first, and remove the folder."""
        for pid in reversed(list(self._daemons)):
            self._stop(pid)
        self._sweep()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answer(self, text: str) -> None:
        os.write(1, text.encode() + b"\n")

    def _start(self, order: dict[str, Any]) -> str:
        owner = {} if order["owner"] is None else dict(zip(("user", "group"), order["owner"], strict=True))
        try:
            with Path(order["log"]).open("ab") as log:
                process = subprocess.Popen(
                    order["argv"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=order["env"],
                    cwd=order["cwd"],
                    start_new_session=True,
                    umask=0o077,
                    extra_groups=[] if owner else None,
                    **owner,
                )
        except (OSError, subprocess.SubprocessError) as error:
            return f"!{error}"
        self._daemons[process.pid] = process, order["stop"], order["grace"]
        return str(process.pid)

    def _stop(self, pid: int) -> str:
        process, stop, grace = self._daemons.pop(pid)
        for number in (stop, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        process.wait()
        self._sweep()
        return "."

    def _sweep(self) -> None:
        """End what servers left behind: on Linux it has become a child of this process, whatever session it is in."""
        deadline = time.monotonic() + _SWEEP
        while time.monotonic() < deadline:
            left = [pid for pid in _children() if pid not in self._daemons]
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _children() -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def _asked_to_end(*_: object) -> None:
    sys.exit(0)


def main() -> None:
    """Watch over the folder named on the command line."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # a handler and not SIG_IGN, which servers would inherit
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGTERM, _asked_to_end)
    watcher = Watcher(sys.argv[1])
    try:
        watcher.serve()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        watcher.end()


if __name__ == "__main__":
    main()
