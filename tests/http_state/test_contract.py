"""The contract of `StateWriter`, held against each kind of server."""

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.state.backend import TAIL
from tests.http_state.http_worlds import agree, lock

MINE = lock(1)


class Image:
    """A snapshot of some rows."""

    def __init__(self, serial, rows):
        self.head = b'{"serial":%d,\n"resources":[\n' % serial
        self._rows = rows

    def whole(self):
        """All bytes."""
        return self.head + b",\n".join(self._rows) + TAIL

    def rows(self):
        """Every row."""
        return [(str(number), row) for number, row in enumerate(self._rows)]

    def changes(self):
        """None: all may have changed."""
        return


@pytest.fixture
def state(opened):
    """A state this test has locked."""
    state = opened.state()
    assert state.write_lock(None, MINE)
    return state


def test_nothing_stands_at_first(opened, server):
    """An address where nothing was written is an empty state, and looking at it writes and locks nothing."""
    state = opened.state()
    assert state.read() == type(state.read())(None, b"")
    assert state.read_lock() is None
    assert list(state.history()) == []
    assert {each.method for each in server.requests} == {"GET"}
    assert server.states.all == {}


@pytest.mark.parametrize("size", [10, 70_000, 1_500_000])
def test_append_and_read(state, opened, size):
    """What was appended is read by another, whatever its size; what stood behind the place is cut off."""
    state.append(b"a" * size, 0, agree)
    state.append(b"b" * size, size, agree)
    assert opened.state().read().journal == b"a" * size + b"b" * size
    state.append(b"c", size, agree)
    assert opened.state().read().journal == b"a" * size + b"c"


@pytest.mark.parametrize("size", [10, 200_000])
def test_replace_makes_history(state, opened, size):
    """A snapshot, small or large, takes the journal's place, and the journal becomes history, oldest first."""
    for number in (1, 2):
        journal = b"%d" % number * size
        state.append(journal, 0, agree)
        image = Image(number, [journal])
        state.replace(image, len(journal), agree)
        other = opened.state().read()
        assert (other.snapshot, other.journal) == (image.whole(), b"")
    assert list(opened.state().history()) == [b"1" * size, b"2" * size]


def test_archive(state, opened):
    """The journal becomes history without a snapshot."""
    state.append(b"abc", 0, agree)
    state.archive(2, agree)
    assert opened.state().read().journal == b""
    assert list(opened.state().history()) == [b"ab"]


def test_fence_sees_what_stands(state):
    """The fence is asked about the lock and the snapshot's first line, and what it refuses is not written."""
    seen = []
    state.replace(Image(1, []), 0, seen.append)
    state.append(b"x", 0, seen.append)
    assert {each.lock for each in seen} == {MINE}
    assert seen[-1].identity == Image(1, []).head.splitlines(keepends=True)[0]

    def refuse(_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        state.append(b"y", 1, refuse)
    assert state.read().journal == b"x"


def test_lock_is_compared(opened, server):
    """The lock is swapped where it is what was seen, and nowhere else; the server is locked as long as there is one."""
    one, two = opened.state(), opened.state()
    assert one.write_lock(None, lock(1))
    assert not two.write_lock(None, lock(2))
    assert not two.write_lock(lock(3), lock(2))
    assert two.read_lock() == lock(1)
    assert one.write_lock(lock(1), lock(1, expires=9.0))
    assert not two.write_lock(lock(1), None)
    assert server.state("mail").lock is not None
    assert one.write_lock(lock(1, expires=9.0), None)
    assert server.state("mail").lock is None
    assert two.read_lock() is None
    assert two.write_lock(None, lock(2))


def test_states_are_independent(opened):
    """A state of another name has its own content and lock."""
    one, two = opened.state("one"), opened.state("two")
    assert one.write_lock(None, MINE)
    assert two.write_lock(None, MINE)
    one.append(b"1", 0, agree)
    assert two.read().journal == b""


def test_one_request_a_commit(state, server):
    """A commit and a heartbeat are one request each."""
    state.append(b"first\n", 0, agree)
    before = len(server.requests)
    at = 6
    for number in range(10):
        state.append(b"%d\n" % number, at, agree)
        at += 2
    assert state.write_lock(MINE, lock(1, expires=5.0))
    assert len(server.requests) - before == 11


def test_query_of_the_address_is_kept(simple, strict):
    """An address with a query works, for the state, its lock and its parts; messages do not show it."""
    state = simple.state(address=strict.url("state") + "?name=mail&token=t0p")
    assert state.write_lock(None, MINE)
    state.append(b"x" * 100_000, 0, agree)
    assert state.read().journal == b"x" * 100_000
    assert all("?name=mail&token=t0p" in each.target for each in strict.requests)
    assert state.where == strict.url("state")


def test_bodies_carry_what_servers_check(state, server):
    """Every body has a length, a type and an MD5, and every head and part a serial."""
    import base64
    import hashlib
    import json

    state.append(b"x" * 100_000, 0, agree)
    sent = [each for each in server.requests if each.body]
    assert len(sent) > 3
    for each in sent:
        assert each.headers["Content-MD5"] == base64.b64encode(hashlib.md5(each.body).digest()).decode()
        assert each.headers["Content-Type"] == "application/json"
        assert ("serial" in json.loads(each.body)) != ("Who" in json.loads(each.body))


@given(pieces=st.lists(st.binary(max_size=200), max_size=6), seed=st.integers(0, 2**32))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_come_back(simple, strict, pieces, seed):
    """Bytes are given back as they were, be they text or not."""
    name = f"state-{seed}-{len(strict.requests)}"
    state = simple.state(name)
    assert state.write_lock(None, MINE)
    whole = b""
    for piece in pieces:
        state.append(piece, len(whole), agree)
        whole += piece
    assert simple.state(name).read().journal == whole


def test_threads_race_for_the_lock(opened, server):
    """Of many that want the lock at once one gets it, every time, and each turn is written on the one before."""
    turns = []

    def run(number):
        state = opened.state()
        mine = lock(number)
        done = 0
        while done < 3:
            if state.write_lock(None, mine):
                journal = state.read().journal
                state.append(b"%d\n" % number, len(journal), agree)
                turns.append(number)
                assert state.write_lock(mine, None)
                done += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(1, 5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert opened.state().read().journal == b"".join(b"%d\n" % number for number in turns)
    assert len(turns) == 12
    assert server.state("mail").lock is None
