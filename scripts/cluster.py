"""Run a mail host with groupware to play with, with a small company on it, and take it away at Ctrl-C.

usage: python -m scripts.cluster, as root, from the root of the work tree
"""

import contextlib
import shlex
import signal
import sys
from collections.abc import Iterable, Mapping

import pytest
from rich.console import Console

from scripts import company
from scripts.house import House
from tests.servers import cluster
from tests.servers.cluster import Cluster

_WIDTH = 24  # of a name
_WORDS = """\
cd {folder}
. ./environment
$EDITOR mail.yaml
reconciler plan
"""


def places(host: Cluster) -> Mapping[str, Iterable[tuple[str, str]]]:
    """What there is to look at, and where, by who looks."""
    admin = host.admin
    forms = [("PostfixAdmin", f"{admin.url}login.php"), ("", f"{admin.login}  {admin.password}")] if admin else []
    return {
        "with a browser": [("web mail", host.webmail), *forms],
        "with a mail program": [
            ("IMAP", _address(host, "imap")),
            ("submission", _address(host, "submission")),
            ("ManageSieve", _address(host, "sieve")),
            ("CalDAV, CardDAV", f"{host.webmail}dav/"),
            ("certificate", str(host.certificate)),
        ],
        "from outside": [
            ("SMTP", _address(host, "smtp")),
            ("mail for others", str(host.folder / "sink")),
        ],
        "behind the scenes": [
            ("PostgreSQL", f"psql {shlex.quote(host.server.dsn_for('mail'))}"),
            ("doveadm over HTTP", host.doveadm_url),
            ("doveadm", str(host.doveadm_command)),
            ("BIND", host.names.address),
            ("configuration, logs", str(host.folder)),
        ],
    }


def _address(host: Cluster, name: str) -> str:
    return f"{host.host}:{host.ports[name]}"


def settled(host: Cluster) -> House:
    """Let the company of `examples/cluster` move in."""
    house = company.settle(host, host.folder / "company")
    house.run("apply", *company.CONSENT, exit=0)
    return house


def show(host: Cluster, house: House, console: Console) -> None:
    """Tell where everything is, who lives there, and how to change that."""
    console.print(f"a mail host with groupware, up in {host.seconds:.1f} s; nothing of it leaves this machine")
    for heading, rows in places(host).items():
        console.print(f"\n[bold]{heading}[/bold]")
        for name, where in rows:
            console.print(f"  {name:<{_WIDTH}}{where}", markup=False)
    console.print("\n[bold]who can log in[/bold]")
    for address, password in company.logins(house):
        console.print(f"  {address:<{_WIDTH}}{password}", markup=False)
    console.print("\n[bold]to change that[/bold]")
    for line in _WORDS.format(folder=shlex.quote(str(house.folder))).splitlines():
        console.print(f"  {line}", markup=False)
    console.print("\nCtrl-C ends it, and leaves nothing behind.")


def main() -> None:
    """Start, show, wait."""
    # what is copied from here must not have a line break that the terminal's width has put there
    console = Console(soft_wrap=True, highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # a shell that starts it in the background has told it to ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt), cluster.running(postfixadmin=True) as host:
            show(host, settled(host), console)
            signal.pause()
    except (pytest.skip.Exception, pytest.fail.Exception) as lacking:
        sys.exit(f"error: {lacking}\nhelp: scripts/system-packages.sh, as root, installs what is needed")


if __name__ == "__main__":
    main()
