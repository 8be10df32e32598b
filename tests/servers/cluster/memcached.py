"""memcached: where SOGo keeps passwords, names and aliases for a while."""

import socket
from pathlib import Path

from tests.programs import program
from tests.servers.cluster.site import PATIENCE, Service, Site, user

_END = b"\r\n"


def path(folder: Path) -> Path:
    """Its socket."""
    return folder / "sogo" / "memcached.sock"


def start(site: Site) -> Service:
    """Start it as SOGo's user, on a socket for that user and root alone."""
    words: list[str | Path] = ["-s", path(site.folder), "-a", "0600", "-m", "32", "-t", "1"]
    return site.start(
        "memcached",
        [program("memcached", "memcached"), *words],
        answers=lambda: ask(site.folder, "version").startswith("VERSION"),
        owner=user("sogo"),
    )


def ask(folder: Path, command: str) -> str:
    """Give it a command that is answered by one line; no answer is an empty one."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(path(folder)))
            client.sendall(command.encode() + _END)
            return client.recv(1 << 16).removesuffix(_END).decode()
    except OSError:
        return ""
