"""A real sshd that lets root in by a key made for it alone; gone when the block ends."""

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.programs import as_root, program
from tests.servers import keeper
from tests.servers.cluster.site import HOST, greets

#: Plain and quick: one exchange of keys that costs little, and a shell that believes not to be the first one, for that
#: one would read what root has in .bashrc.
_CONFIGURATION = """\
ListenAddress {host}:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/person.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
KexAlgorithms curve25519-sha256
SetEnv SHLVL=2
"""
#: sshd refuses to start without a folder that Debian makes with the service: it gets one that nobody else sees.
_START = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$@"'


@dataclass(frozen=True)
class Sshd:
    """A running sshd.

    Attributes:
        login: Who is let in, and where.
        options: What `ssh` has to be given to get in, and to know the host.
    """

    login: str
    options: tuple[str, ...]


@contextlib.contextmanager
def running() -> Iterator[Sshd]:
    """An sshd on a free port."""
    as_root("sshd")
    server, key = program("sshd", "openssh-server"), program("ssh-keygen", "openssh-client")
    with keeper.kept() as nest:
        for name in ("host", "person"):
            subprocess.run([key, "-q", "-t", "ed25519", "-N", "", "-f", nest.folder / name], check=True)
        port = keeper.free_port(HOST)
        configuration = nest.folder / "sshd_config"
        configuration.write_text(_CONFIGURATION.format(host=HOST, port=port, folder=nest.folder))
        known = nest.folder / "known"
        known.write_text(f"[{HOST}]:{port} {(nest.folder / 'host.pub').read_text()}")
        daemon = nest.start(["unshare", "--mount", "sh", "-c", _START, "sh", server, "-D", "-e", "-f", configuration])
        daemon.wait(lambda: greets(port, b"SSH-"))
        yield Sshd(f"root@{HOST}", _options(port, nest.folder / "person", known))


def _options(port: int, key: Path, known: Path) -> tuple[str, ...]:
    return (
        "-F",
        "none",
        "-p",
        str(port),
        "-i",
        str(key),
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        f"UserKnownHostsFile={known}",
    )
