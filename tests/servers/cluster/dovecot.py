"""Dovecot: logins, IMAP, delivery, filters, and doveadm as a command and over HTTP."""

from pathlib import Path

from tests.programs import program
from tests.servers.cluster.site import ROOT, Service, Site, greets, user, write
from tests.servers.keeper import Owner

_SOCKETS = ("lmtp", "auth-client", "quota-status")
_MAIL = 0o700
_DOVEADM = '#!/bin/sh\nexec "{doveadm}" -c "{conf}" "$@"\n'


def vmail(site: Site) -> Owner:
    """Whom all mail belongs to."""
    number = int(site.values["vmail"])
    return Owner(number, number)


def start(site: Site) -> Service:
    """Start it as root: its master is, and gives each process the user it needs."""
    readers = ROOT._replace(gid=user("dovecot").gid)
    site.directory("vmail", vmail(site), _MAIL)
    site.directory("dovecot")
    etc = site.directory("dovecot/etc")
    run = site.directory("dovecot/run")
    site.directory("dovecot/state")
    conf = site.conf("dovecot.conf", etc / "dovecot.conf", readers, 0o640)
    site.conf("dovecot-sql.conf.ext", etc / "dovecot-sql.conf.ext", mode=0o600)
    site.conf("dict-usage.conf.ext", etc / "dict-usage.conf.ext", readers, 0o640)
    write(command(site.folder), _DOVEADM.format(doveadm=program("doveadm", "dovecot-core"), conf=conf), mode=0o755)
    imap, sieve = site.ports["imap"], site.ports["sieve"]
    return site.start(
        "dovecot",
        [program("dovecot", "dovecot-core"), "-F", "-c", conf],
        ports=["imap", "sieve", "doveadm"],
        answers=lambda: (
            all((run / each).is_socket() for each in _SOCKETS)
            and greets(imap, b"* OK")
            and greets(sieve, b'"IMPLEMENTATION"')
        ),
    )


def command(folder: Path) -> Path:
    """`doveadm` of this Dovecot, for root."""
    return folder / "bin" / "doveadm"
