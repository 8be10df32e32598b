"""opendkim: signs what people send through submission, with keys that come while it runs."""

import base64
import os
import signal
import subprocess
from pathlib import Path

from tests.programs import program
from tests.servers import keeper
from tests.servers.cluster.site import Service, Site, user, write

_TABLES = ("keytable", "signingtable")
_BITS = "2048"


def start(site: Site) -> Service:
    """Start it without a key."""
    owner = user("opendkim")
    folder = site.directory("opendkim", owner)
    for name in _TABLES:
        write(folder / name, "", owner)
    write(folder / "internal", "127.0.0.1\n", owner)
    conf = site.conf("opendkim.conf", folder / "opendkim.conf")
    return site.start(
        "opendkim",
        [program("opendkim", "opendkim"), "-f", "-x", conf],
        answers=(folder / "milter.sock").is_socket,
        owner=owner,
    )


def add_key(folder: Path, pid: int, domain: str, selector: str) -> str:
    """Make a key that mail of a domain is signed with from now on, in place of one it had.

    Returns:
        The value of the TXT record at `SELECTOR._domainkey.DOMAIN`.
    """
    owner, name = user("opendkim"), f"{selector}._domainkey.{domain}"
    private = _openssl("genrsa", _BITS)
    key = write(folder / f"{name}.pem", private.decode(), owner, 0o600)
    _replace(folder / "keytable", name, f"{name} {domain}:{selector}:{key}")
    _replace(folder / "signingtable", f"*@{domain}", f"*@{domain} {name}")
    os.kill(pid, signal.SIGUSR1)
    keeper.until(lambda: not _pending(pid, signal.SIGUSR1), what="opendkim's reading of its tables")
    return (
        f"v=DKIM1; k=rsa; p={base64.b64encode(_openssl('rsa', '-pubout', '-outform', 'DER', given=private)).decode()}"
    )


def _replace(table: Path, first: str, line: str) -> None:
    """Put a line into a table, in place of the one that starts with the same word."""
    kept = [each for each in table.read_text().splitlines() if each.split()[0] != first]
    table.write_text("\n".join([*kept, line, ""]))


def _pending(pid: int, number: signal.Signals) -> bool:
    """Whether a process has not yet looked at a signal."""
    status = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return bool((int(status["SigPnd"], 16) | int(status["ShdPnd"], 16)) >> (number - 1) & 1)


def _openssl(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run([program("openssl", "openssl"), *words], input=given, capture_output=True, check=True).stdout
