"""What the pages quote from the configuration of a cluster stands in the files that the tests run."""

import re

import pytest

from scripts.generate import ROOT
from tests.servers.cluster.site import conf

PAGE = ROOT / "docs/providers/sogo-server.md"
QUOTE = re.compile(r"^<!-- from: (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Ports, paths and secrets of a host as Debian sets it up, where the tests have others.
VALUES = {
    "folder": "/F",
    "doveadm_key": "KEY",
    "vmail": "5000",
    "vmail_root": "/var/vmail",
    "sogo_database": "postgresql://sogo:PASSWORD@127.0.0.1:5432/sogo",
    **{f"{role}_password": "PASSWORD" for role in ("postfixadmin", "mailadmin", "mailread", "sogo")},
    "postgres": "5432",
    "smtp": "25",
    "submission": "587",
    "imap": "143",
    "sieve": "4190",
    "doveadm": "8080",
    "sogo": "20000",
    "web": "80",
    "sink": "25",
}
PATHS = {
    "/F/dovecot/etc/": "/etc/dovecot/",
    "/F/dovecot/run/": "/run/dovecot/",
    "/F/opendkim/": "/run/opendkim/",
    "/F/sogo/memcached.sock": "127.0.0.1:11211",
    "BLOWFISH:5:": "BLOWFISH:12:",
}


def as_installed(file):
    """A file of the tests' configuration, as it would stand on a host."""
    text = conf(file, VALUES)
    for ours, theirs in PATHS.items():
        text = text.replace(ours, theirs)
    return text


@pytest.mark.parametrize(("file", "quote"), QUOTE.findall(PAGE.read_text()), ids=lambda each: each.split("\n")[0])
def test_quotes_stand_in_the_file(file, quote):
    """Line by line and in order; `…` stands for lines that are left out."""
    text, at = "\n" + as_installed(file), 0
    for part in re.split(r"^…\n", quote, flags=re.MULTILINE):
        found = text.find("\n" + part, at)
        assert found >= 0, f"not in {file}, or not in this order:\n{part}"
        at = found + len(part)


def test_each_query_is_shown():
    """A map that Postfix asks by stands on the page, with its query."""
    page = PAGE.read_text()
    for path in sorted((ROOT / "tests/servers/cluster/conf").glob("sql-*.cf")):
        query = path.read_text().partition("query = ")[2].strip()
        assert query in page or re.sub(r"\s+", " ", query) in page, path.name
