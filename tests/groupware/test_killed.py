"""A run that is killed in the middle leaves nothing half done for ever: the next one goes on, and touches nobody."""

import os
import signal
import socket
import socketserver
import struct
import threading

import pytest

from reconciler.providers.archive.manifest import verify
from tests.groupware.people import DOORS, message, refusal
from tests.groupware.test_leaving import fill, home, traces

#: Kills whoever runs it, once at each command that it has not met yet; all others are carried out. What it is given is
#: setpriv with three options, and then the command.
DEADLY = """\
#!/bin/sh
step="${{5##*/}} ${{6##*/}}"
case "$*" in *.reconciler-*) step="$step, for the archive" ;; esac
if grep -qxF -e "$step" "{met}"; then exec "$@"; fi
echo "$step" >> "{met}"
kill -KILL $PPID
"""
#: Every command that a deletion with a backup runs.
STEPS = [
    "test -d",
    "sogo-tool -h",
    "tar --create",
    "mktemp --directory, for the archive",
    "sogo-tool backup, for the archive",
    "cat anna@killed.test, for the archive",
    "rm -rf, for the archive",
    "sogo-tool remove",
    "rm -rf",
]


def deadly(office):
    """Have commands on the mail host kill the run; return the file of those that have."""
    met, script = office.folder / "met", office.folder / "deadly"
    met.touch()
    script.write_text(DEADLY.format(met=met))
    script.chmod(0o755)
    commands = office.provider["host"]
    through = {name: [str(script), *commands[name]] for name in ("as_mail", "as_sogo")}
    office.provider = {**office.provider, "host": {**commands, **through}}
    return met


def test_a_deletion_that_is_killed_at_each_step_is_ended_by_the_next(found, cluster, record_property):
    """Run after run dies a step later; the last has made the archive, and left no trace of this one alone."""
    office = found("killed")
    anna, ben = office.hire("anna"), office.hire("ben")
    office.apply()
    fill(anna)
    ben.append("INBOX", message("mine", "friend@elsewhere.test"))
    files = home(cluster, anna.address)
    spool = cluster.folder / "killed"
    spool.mkdir()
    spool.chmod(0o777)
    met = deadly(office)
    del office.mailboxes[anna.address]
    office.removed = [{"mailbox": anna.address, "reason": "left", "backup": {"to": "archive/anna"}}]
    house = office.process(TMPDIR=str(spool))

    for step in STEPS:
        assert house.run("apply", "--yes").exit == -signal.SIGKILL
        assert met.read_text().splitlines()[-1] == step
        if step not in STEPS[:2]:  # at which only the host is looked at
            assert refusal(cluster, anna.address)[0] == 550
    house.run("apply", "--yes", exit=0)
    record_property("counted", f"a deletion was killed at {len(STEPS)} steps, and ended")
    assert "Nothing to do" in office.run("plan").out
    counts = verify(office.folder / "archive/anna", anna.address).counts
    assert (counts.messages, counts.contacts, counts.appointments, counts.scripts) == (3, 1, 1, 1)
    assert anna.doors() == frozenset()
    assert not files.exists()
    assert traces(cluster, anna.address) == []
    assert ben.doors() == DOORS
    assert ben.subjects() == ["mine"]


class _Trap(socketserver.StreamRequestHandler):
    """A cache at which whoever has something dropped is killed, before it is."""

    def handle(self):
        for line in self.rfile:
            if line.startswith(b"version"):
                self.wfile.write(b"VERSION 1.6.18\r\n")
                continue
            credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            os.kill(struct.unpack("3i", credentials)[0], signal.SIGKILL)


@pytest.fixture
def trap(tmp_path):
    """The socket of a cache that kills."""
    path = str(tmp_path / "trap")
    with socketserver.ThreadingUnixStreamServer(path, _Trap) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_what_a_killed_run_left_in_the_cache_is_dropped_by_the_next(found, cluster, trap):
    """Killed when the change is in the database and SOGo still takes the old password: the next run shuts that door."""
    office = found("between")
    dora, emil = office.hire("dora"), office.hire("emil")
    office.apply()

    def killed(change) -> None:
        change()
        office.provider = {**cluster.provider, "memcached": trap}
        assert office.process().run("apply", "--yes").exit == -signal.SIGKILL
        office.provider = cluster.provider

    def resets() -> None:
        office.passwords[dora.address] = "Ein neues Wort"
        office.hire("dora", password_version=2)

    assert emil.doors() == DOORS
    killed(lambda: office.hire("emil", login=False))
    assert emil.doors() == {"caldav"}
    office.apply()
    assert emil.doors() == frozenset()

    assert dora.doors() == DOORS
    killed(resets)
    assert dora.doors() == {"caldav"}
    office.apply()
    assert dora.doors() == frozenset()
    assert office.person("dora").doors() == DOORS
    office.run("plan")
