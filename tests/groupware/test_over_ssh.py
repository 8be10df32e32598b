"""A mail host that is another machine: what only a command can do there is done over ssh."""

import asyncio
import errno
from pathlib import Path

import pytest

from reconciler.providers.archive.manifest import verify
from reconciler.providers.sogo.daemons.host import Host
from reconciler.providers.sogo.trouble import Trouble
from tests.groupware.people import DOORS
from tests.groupware.test_leaving import fill, held, home, traces
from tests.servers import sshd


@pytest.fixture(scope="module")
def door():
    """An sshd on this machine, which stands for another."""
    with sshd.running() as running:
        yield running


def test_a_mailbox_is_archived_deleted_and_restored_over_ssh(found, cluster, door):
    """All that was in it goes over the wire and back, to the letter."""
    office = found("faraway")
    host = {**cluster.provider["host"], "ssh": door.login, "ssh_options": list(door.options)}
    office.provider = {**cluster.provider, "host": host}
    clara = office.hire("clara")
    office.apply()
    fill(clara)
    before, files = held(clara), home(cluster, clara.address)
    declared, office.mailboxes = office.mailboxes, {}
    office.removed = [{"mailbox": clara.address, "reason": "left", "backup": {"to": "archive/clara"}}]
    office.apply("--allow-volume", "mailbox")
    assert verify(office.folder / "archive/clara", clara.address).counts.messages == 3
    assert clara.doors() == frozenset()
    assert not files.exists()
    assert traces(cluster, clara.address) == []
    office.mailboxes, office.removed = declared, []
    office.apply()
    assert clara.doors() == DOORS
    office.run("restore", "archive/clara")
    assert held(clara) == before


def test_what_the_disk_has_no_room_for_is_missed(door):
    """A disk that is full when the last bytes come over is an error, though ssh itself ends well then."""
    host = Host("/var/vmail", door.login, door.options)
    with pytest.raises(OSError) as full:  # noqa: PT011 - told apart by its number
        asyncio.run(host.fetch(Path("/dev/full"), "echo", "the last of it"))
    assert full.value.errno == errno.ENOSPC


def test_words_arrive_as_they_are(door):
    """No shell on the way finds anything in them, and an answer that is no is told from none."""
    words = ("it's", "a b", "$(id)", "`id`", "\\", '"', "two\nlines", "ü", "*", "~", "-n", "")
    host = Host("/var/vmail", door.login, door.options)
    assert asyncio.run(host.run("printf", "%s|", *words)) == "".join(f"{each}|" for each in words)
    assert not asyncio.run(host.has("/it's $(not) there"))
    with pytest.raises(Trouble, match="can not be run over ssh"):
        asyncio.run(Host("/", door.login, ("-F", "/dev/null", "-p", "1")).has("/"))
