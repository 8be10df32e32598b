"""Servers are gone when their test is, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import keeper

ROOT = Path(__file__).parents[2]
#: A server that ignores polite signals and leaves a child in a session of its own behind.
STUBBORN = """
import os, signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if os.fork() == 0:
    os.setsid()
    open(sys.argv[2], "w").write(str(os.getpid()))
while True:
    time.sleep(60)
"""
#: Polite: ends at SIGTERM.
POLITE = "import time; print('ready', flush=True); time.sleep(600)"
#: A test run that starts a server, says where, and then hangs.
RUN = """
import sys, time
from tests.servers import keeper
from tests.servers.test_keeper import STUBBORN, answers
with keeper.kept() as nest:
    port = keeper.free_port()
    server = nest.start([sys.executable, "-c", STUBBORN, str(port), "child"], grace=0.2)
    server.wait(lambda: answers(port) and (nest.folder / "child").exists())
    print(nest.folder, port, server.pid, (nest.folder / "child").read_text(), flush=True)
    time.sleep(600)
"""


def answers(port):
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def there(pid):
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_run_that_is_killed_leaves_nothing(number):
    """Neither process nor folder stays, not even of a server that ignores SIGTERM and whose child left its session."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        folder, port, *pids = run.stdout.readline().split()
        assert Path(folder).is_dir()
        assert answers(int(port))
        run.send_signal(number)
    keeper.until(lambda: not Path(folder).exists() and not any(there(int(pid)) for pid in pids))
    assert not answers(int(port))


def test_the_end_of_the_block_is_the_end_of_the_server():
    """A polite server is asked, and both it and its folder are gone when the block has ended."""
    with keeper.kept() as nest:
        server = nest.start([sys.executable, "-c", POLITE])
        server.wait(lambda: "ready" in server.tail())
        asked = time.monotonic()
    assert time.monotonic() - asked < 4  # seconds; it was not waited for until it had to be killed
    assert not there(server.pid)
    assert not nest.folder.exists()


def test_a_stopped_process_can_be_ended():
    """A server that SIGSTOP holds up ends as well."""
    with keeper.kept() as nest:
        server = nest.start([sys.executable, "-c", POLITE])
        server.wait(lambda: "ready" in server.tail())
        server.signal(signal.SIGSTOP)
    assert not there(server.pid)


def test_a_server_that_ends_early_shows_its_log():
    """Who waits for a server that has died learns why, and does not wait on."""
    with keeper.kept() as nest:
        server = nest.start([sys.executable, "-c", "import sys; sys.exit('no such luck')"])
        with pytest.raises(keeper.ServerFailed, match="no such luck"):
            server.wait(lambda: False)
        server.stop()


def test_a_server_that_gets_never_ready_shows_its_log():
    """The wait has an end."""
    with keeper.kept() as nest:
        server = nest.start([sys.executable, "-c", POLITE])
        server.wait(lambda: "ready" in server.tail())
        with pytest.raises(keeper.ServerFailed, match=r"within 0.1 s:\nready"):
            server.wait(lambda: False, seconds=0.1)


def test_a_program_that_is_not_there_is_said():
    """A wrong path fails at once."""
    with keeper.kept() as nest, pytest.raises(keeper.ServerFailed, match="No such file"):
        nest.start(["/nonexistent/server"])


def test_a_server_can_be_stopped_and_started_again_in_its_folder():
    """What the first one wrote is there for the second."""
    with keeper.kept() as nest:
        first = nest.start([sys.executable, "-c", POLITE])
        first.wait(lambda: "ready" in first.tail())
        first.stop()
        assert not there(first.pid)
        second = nest.start([sys.executable, "-c", POLITE])
        second.wait(lambda: second.tail().count("ready") == 2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_does_not_run_servers_as_root():
    """A server gets user and group of nobody, and none of root's other groups."""
    owner = keeper.unprivileged()
    with keeper.kept(owner) as nest:
        server = nest.start(["/bin/sh", "-c", "id -u; id -g; id -G"], owner=owner)
        keeper.until(lambda: server.tail().split() == [str(owner.uid), str(owner.gid), str(owner.gid)])
        assert nest.folder.stat().st_uid == owner.uid
