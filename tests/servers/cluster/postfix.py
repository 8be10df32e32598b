"""Postfix: mail from outside on one port, mail from people on another."""

import os
import time
from pathlib import Path

from tests.programs import program
from tests.servers.cluster.site import ROOT, Service, Site, greets, user

_MASTER = Path("/usr/lib/postfix/sbin/master")
#: Makes the folders of the queue, then runs what `postfix start-fg` would.
_START = '"$1" -c "$3" check; exec "$2" -c "$3" -s'
_QUERIES = ("domains", "mailboxes", "aliases", "sender-logins", "local-senders", "closed")
#: Seconds. Each of Postfix's programs waits until main.cf is not brand-new, for somebody might still be writing it.
_AGE = 60


def start(site: Site) -> Service:
    """Start it as root: its master is, and gives each process the user it needs."""
    owner = user("postfix")
    site.directory("postfix")
    etc = site.directory("postfix/etc")
    site.directory("postfix/spool")
    site.directory("postfix/data", owner, 0o700)
    for name in ("main.cf", "master.cf"):
        site.conf(name, etc / name)
    for name in _QUERIES:
        site.conf(f"sql-{name}.cf", etc / f"sql-{name}.cf", ROOT._replace(gid=owner.gid), 0o640)
    then = time.time() - _AGE
    for path in etc.iterdir():
        os.utime(path, (then, then))
    smtp, submission = site.ports["smtp"], site.ports["submission"]
    return site.start(
        "postfix",
        ["/bin/sh", "-euc", _START, "sh", program("postfix", "postfix"), _MASTER, etc],
        ports=["smtp", "submission"],
        answers=lambda: greets(smtp, b"220") and greets(submission, b"220"),
    )


def configuration(folder: Path) -> Path:
    """Where its configuration is, which each of its commands has to be told."""
    return folder / "postfix" / "etc"
