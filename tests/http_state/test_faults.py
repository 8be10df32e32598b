"""Answers that fail, do not come, or come too late: what is written stays one line of commits."""

import contextlib
import itertools
import threading
from dataclasses import replace

import pytest

from reconciler.state.backend import BackendError
from tests.http_state.http_worlds import agree, lock
from tests.servers import keeper
from tests.servers.terraform_http import Fault

MINE = lock(1)
FAULTS = {
    "500 without effect": Fault("*", 500),
    "502 after it took effect": Fault("*", 502, effect=True),
    "no answer, no effect": Fault("*", None),
    "no answer after it took effect": Fault("*", None, effect=True),
    "too busy": Fault("*", 429),
}


def run(state):
    """A run with a large and a small commit, a heartbeat and a release."""
    assert state.write_lock(None, MINE)
    state.append(b"one\n", 0, agree)
    assert state.write_lock(MINE, lock(1, expires=5.0))
    state.append(b"x" * 70_000, 4, agree)
    state.append(b"two\n", 70_004, agree)
    assert state.write_lock(lock(1, expires=5.0), None)


WHOLE = b"one\n" + b"x" * 70_000 + b"two\n"


def requests_of_a_run(opened, server):
    """How many requests a run without faults takes."""
    before = len(server.requests)
    run(opened.state("first"))
    return len(server.requests) - before


@contextlib.contextmanager
def faulty(server, number, fault):
    """Let the request with this number, from now on, meet a fault."""
    plain = server.handled
    copies = [replace(fault)]
    left = itertools.count()

    def handled(request):
        if next(left) == number:
            server.faults.append(copies.pop())
        return plain(request)

    server.handled = handled
    yield
    server.handled = plain
    assert not copies


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault_at_every_request(opened, server, fault):
    """One fault, at whichever request of a run, does neither end it nor lose or repeat a commit."""
    for number in range(requests_of_a_run(opened, server)):
        name = f"state-{number}"
        state = opened.state(name)
        with faulty(server, number, fault):
            run(state)
        assert not server.faults
        assert opened.state(name).read().journal == WHOLE
        assert opened.state(name).read_lock() is None
        assert server.state(name).lock is None


def test_late_write_is_refused(opened, server):
    """A write that was given up takes effect never, even if it reaches the server after what was written since."""
    state = opened.state(timeout="0.2")
    assert state.write_lock(None, MINE)
    gate = threading.Event()
    server.faults.append(Fault("POST", 200, effect=True, stall=gate, path="ID="))
    state.append(b"one\n", 0, agree)
    state.append(b"two\n", 4, agree)
    stored = server.state("mail").data
    assert [each.method for each in server.stalled] == ["POST"]
    gate.set()
    keeper.until(lambda: not server.stalled, what="the late write")
    assert server.state("mail").data == stored
    assert opened.state().read().journal == b"one\ntwo\n"


def test_place_that_stays_away(opened, server):
    """A server that fails for good ends the commit with an error, and the run can not go on as if it were written."""
    state = opened.state()
    assert state.write_lock(None, MINE)
    state.append(b"one\n", 0, agree)
    server.faults += [Fault("*", 500) for _ in range(50)]
    with pytest.raises(BackendError) as raised:
        state.append(b"two\n", 4, agree)
    assert [each.id for each in raised.value.diagnostics] == ["state-http-status"]
    server.faults.clear()
    assert opened.state().read().journal == b"one\n"
    state.append(b"two\n", 4, agree)
    assert opened.state().read().journal == b"one\ntwo\n"


def test_release_that_fails_leaves_what_can_be_taken_over(opened, server):
    """Where the server stays locked after a run, the next finds whose lock it was and takes it over."""
    state = opened.state()
    assert state.write_lock(None, MINE)
    unlock = "DELETE" if server.options.gitlab else "UNLOCK"
    server.faults += [Fault(unlock, 500), Fault(unlock, 500)]
    assert state.write_lock(MINE, None)
    assert server.state("mail").lock is not None
    after = opened.state()
    assert after.read_lock() is None
    assert not after.write_lock(None, lock(2))
    assert after.write_lock(after.read_lock(), lock(2))


@pytest.mark.parametrize("status", [400, 403, 413])
def test_write_that_is_refused_leaves_no_lock(opened, server, status):
    """Who may lock and not write blocks nobody: the next run finds the server free, and the state as it was."""
    before = opened.state()
    assert before.write_lock(None, MINE)
    before.append(b"one\n", 0, agree)
    assert before.write_lock(MINE, None)
    stored = server.state("mail").data
    server.faults.append(Fault("POST", status, path="ID="))
    with pytest.raises(BackendError):
        opened.state().write_lock(None, lock(2))
    assert not server.faults
    assert (server.state("mail").data, server.state("mail").lock) == (stored, None)
    assert opened.state().write_lock(None, lock(3))


def test_part_written_twice(opened, server):
    """A part whose first writing was not answered is found to be there, also where no second version may be."""
    register = opened.register()
    server.faults += [Fault("POST", None, effect=True, path="part")]
    with pytest.raises(BackendError):
        register.write_part("part", b"content")
    register.write_part("part", b"content")
    assert register.read_part("part") == b"content"
    register.drop_part("part")
    assert register.read_part("part") is None
    register.drop_part("part")
