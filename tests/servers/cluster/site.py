"""The place a cluster is built in: a folder, ports, secrets, and services that are started and waited for."""

import http.client
import os
import pwd
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers import keeper
from tests.servers.keeper import Daemon, Keeper, Owner
from tests.servers.nameserver import owns

HOST = "127.0.0.1"
#: A server that listens and does not answer by then gets asked again.
PATIENCE = 5.0
ROOT = Owner(0, 0)
#: What a service sees of the environment: nothing of the person who runs the tests.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

_CONF = Path(__file__).with_name("conf")
_PLACEHOLDER = re.compile(r"@([a-z_]+)@")


class PortTaken(Exception):
    """Somebody else was faster to listen on a port that was free."""


def user(name: str) -> Owner:
    """A user that a package has made."""
    entry = pwd.getpwnam(name)
    return Owner(entry.pw_uid, entry.pw_gid)


def conf(template: str, values: Mapping[str, str]) -> str:
    """A configuration file of `conf/`, with each `@name@` in it replaced."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], (_CONF / template).read_text())


def write(path: Path, text: str, owner: Owner = ROOT, mode: int = 0o644) -> Path:
    """Write a file that only its owner sees before it is all there."""
    path.touch(0o600)
    path.write_text(text)
    os.chown(path, *owner)
    path.chmod(mode)
    return path


@dataclass(frozen=True)
class Service:
    """A daemon of the cluster, started.

    Attributes:
        name: What it is called in the folder and in reports.
        daemon: The process.
        ports: Where it listens.
        answers: Whether it does what it is there for.
    """

    name: str
    daemon: Daemon
    ports: tuple[int, ...]
    answers: Callable[[], bool]

    def wait(self) -> None:
        """Wait until it answers, on ports of its own.

        Raises:
            ServerFailed: If it ends, or gives no answer in time.
            PortTaken: If somebody else listens on one of its ports.
        """
        self.daemon.wait(self._ready)

    def _ready(self) -> bool:
        if self.ports and not owns(self.daemon.pid, *self.ports):
            for port in self.ports:
                if listens(port) and not owns(self.daemon.pid, port):
                    raise PortTaken(f"{self.name}: somebody else listens on {port}")
            return False
        return self.answers()


@dataclass(frozen=True)
class Site:
    """Where a cluster is built.

    Attributes:
        nest: Starts services, and ends them.
        ports: Port of each listener, by name.
        values: What configuration files are filled with, ports among them.
    """

    nest: Keeper
    ports: Mapping[str, int]
    values: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """The throw-away folder."""
        return self.nest.folder

    def directory(self, name: str, owner: Owner = ROOT, mode: int = 0o755) -> Path:
        """Make a folder in the folder."""
        path = self.folder / name
        path.mkdir()
        os.chown(path, *owner)
        path.chmod(mode)
        return path

    def conf(self, template: str, path: Path, owner: Owner = ROOT, mode: int = 0o644) -> Path:
        """Write a configuration file; those with a password in them need a narrower mode."""
        return write(path, conf(template, self.values), owner, mode)

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        ports: Sequence[str] = (),
        answers: Callable[[], bool],
        owner: Owner | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        grace: float = 0.5,
    ) -> Service:
        """Start a service; wait for it when all others are started as well.

        Args:
            name: What it is called; what it prints goes to `log/NAME.log`.
            argv: Program and arguments.
            ports: Names of the ports it listens on.
            answers: Whether it does what it is there for.
            owner: Whom it runs as; None for root.
            env: What it sees beside the plain environment.
            cwd: Where it runs; None for the folder.
            grace: Seconds it gets to end in: nobody misses what it might still write.
        """
        daemon = self.nest.start(
            argv, env={**ENVIRONMENT, **(env or {})}, cwd=cwd, owner=owner, grace=grace, log=f"log/{name}.log"
        )
        return Service(name, daemon, tuple(self.ports[each] for each in ports), answers)


def free_ports(names: Sequence[str]) -> dict[str, int]:
    """A port for each name, no two the same."""
    found: dict[str, int] = {}
    while len(found) < len(names):
        port = keeper.free_port(HOST)
        if port not in found.values():
            found[names[len(found)]] = port
    return found


def listens(port: int) -> bool:
    """Whether anybody listens."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def greets(port: int, greeting: bytes) -> bool:
    """Whether a server greets who comes with these first bytes."""
    try:
        with socket.create_connection((HOST, port), PATIENCE) as client:
            return client.recv(512).startswith(greeting)
    except OSError:
        return False


def serves(port: int, path: str, status: int = 200) -> bool:
    """Whether a web server answers a path with a status."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:
            return response.status == status
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
