"""A mail host that is another machine: what only a command can do there is done over ssh."""

import pytest

from reconciler.providers.archive.manifest import verify
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
