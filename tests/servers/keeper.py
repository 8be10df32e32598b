"""Keeping servers: started in a throw-away folder, waited for by a condition, and gone when the test run is.

    with keeper.kept() as nest:
        daemon = nest.start(["postgres", …], stop=signal.SIGINT)
        daemon.wait(answers)
        …

Servers are children of a watcher (`watcher.py`) and not of the test run: when the block ends, and also when the run is
killed in the middle of it, the watcher ends them and removes the folder.
"""

import contextlib
import json
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_WATCHER = Path(__file__).with_name("watcher.py")
_LOOK = 0.02  # seconds between two looks at a condition
_TAIL = 3000  # characters of a log that a failure shows
_PORTS = range(20000, 32000)  # below those the kernel gives to outgoing connections


class ServerFailed(AssertionError):
    """A server ended or did not get ready; the message has the end of its log."""


class Owner(NamedTuple):
    """Whom a server runs as."""

    uid: int
    gid: int


def unprivileged() -> Owner | None:
    """Whom to run a server as that refuses to be root; None where the tests run as an ordinary user anyway."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on just now; another may be faster, and a server that can not bind needs a new one."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return port


def until(condition: Callable[[], object], seconds: float = 30.0, what: str = "the condition") -> None:
    """Wait until a condition holds.

    Raises:
        ServerFailed: If it does not within that time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServerFailed(f"{what} did not come to hold within {seconds} s")
        time.sleep(_LOOK)


class Daemon:
    """A server that was started."""

    def __init__(self, nest: "Keeper", pid: int, log: Path) -> None:
        """Name a process of a keeper."""
        self._nest = nest
        self.pid = pid
        self.log = log

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def tail(self) -> str:
        """The end of the log."""
        return self.log.read_text(errors="replace")[-_TAIL:]

    def wait(self, ready: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until the server is ready.

        Raises:
            ServerFailed: If it ends, or is not ready within that time.
        """
        deadline = time.monotonic() + seconds
        while True:
            alive = self.alive
            if ready():
                return
            if not alive:
                raise ServerFailed(f"the server ended while it was waited for:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"the server was not ready within {seconds} s:\n{self.tail()}")
            time.sleep(_LOOK)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its group."""
        os.killpg(self.pid, number)

    def stop(self) -> None:
        """End it before its time; the folder stays, and another may be started in it."""
        self._nest.order({"order": "stop", "pid": self.pid})


class Keeper:
    """A throw-away folder, and the servers that run in it."""

    def __init__(self, folder: Path, watcher: "subprocess.Popen[bytes]") -> None:
        """Give orders to a watcher."""
        self.folder = folder
        self._watcher = watcher

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        owner: Owner | None = None,
        stop: signal.Signals = signal.SIGTERM,
        grace: float = 5.0,
        log: str = "log",
    ) -> Daemon:
        """Start a server in a session of its own.

        Args:
            argv: Program and arguments.
            env: The whole environment; None for that of the test run.
            cwd: Where it runs; None for the folder.
            owner: Whom it runs as; None for the user of the test run.
            stop: The signal it ends at.
            grace: Seconds after that signal until it is killed.
            log: File of the folder that what it prints is added to.

        Raises:
            ServerFailed: If it can not be started at all.
        """
        path = self.folder / log
        answer = self.order(
            {
                "order": "start",
                "argv": [str(word) for word in argv],
                "env": dict(os.environ if env is None else env),
                "cwd": str(cwd or self.folder),
                "owner": owner,
                "stop": int(stop),
                "grace": grace,
                "log": str(path),
            }
        )
        return Daemon(self, int(answer), path)

    def order(self, order: Mapping[str, object]) -> str:
        """Have the watcher do something, and return its answer."""
        assert self._watcher.stdin is not None
        assert self._watcher.stdout is not None
        self._watcher.stdin.write(json.dumps(order).encode() + b"\n")
        self._watcher.stdin.flush()
        answer = self._watcher.stdout.readline().decode().rstrip("\n")
        if not answer or answer.startswith("!"):
            raise ServerFailed(answer[1:] or "the watcher has ended")
        return answer

    def end(self) -> None:
        """End everything and wait for it."""
        assert self._watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            # closing the pipe alone would not do where a process that was forked off still has it
            self._watcher.stdin.write(b'{"order": "end"}\n')
            self._watcher.stdin.flush()
        with self._watcher:
            self._watcher.wait()


@contextlib.contextmanager
def kept(owner: Owner | None = None) -> Iterator[Keeper]:
    """A folder, and servers in it, which are gone when the block ends.

    Args:
        owner: Whom the folder belongs to; None for the user of the test run.
    """
    folder = Path(tempfile.mkdtemp(prefix="reconciler-"))
    try:
        if owner is not None:
            os.chown(folder, *owner)
        watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WATCHER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )
    except BaseException:
        shutil.rmtree(folder)
        raise
    keeper = Keeper(folder, watcher)
    try:
        yield keeper
    finally:
        keeper.end()
