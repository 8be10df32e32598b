"""The contract of a place for state, kept by a bucket: the same tests against every store there is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.backend import Contents
from tests.register.images import Picture, free
from tests.s3.places import KEY
from tests.servers import proxy
from tests.servers.proxy import Fault, Trouble

ROWS = tuple(b"%050d" % number for number in range(2_000))
FIVE_MEGABYTES = Picture(lines=tuple(b"%01000d" % number for number in range(5_000)))


def refusing(_: object) -> None:
    raise Problem(problem("state-lock-lost", "lost"))


def port(place) -> int:
    found = urlsplit(place.store.endpoint).port
    assert found is not None
    return found


def test_what_was_never_written_is_empty(bucket, state):
    """A bucket without the key is a state without resources, and reading writes nothing."""
    assert state.read() == Contents(None, b"")
    assert state.read_lock() is None
    assert list(state.history()) == []
    assert bucket.listed() == []


def test_what_was_written_is_read_at_once(bucket, state):
    """Another process sees lock, journal and snapshot as soon as the write has returned."""
    other = bucket.state()
    assert state.write_lock(None, b"mine")
    assert other.read_lock() == b"mine"
    state.append(b"one\n", 0, free)
    state.append(b"two\n", 4, free)
    assert other.read() == Contents(None, b"one\ntwo\n")
    state.replace(Picture(), 8, free)
    assert other.read() == Contents(Picture().whole(), b"")
    assert list(other.history()) == [b"one\ntwo\n"]


def test_the_probe_leaves_nothing(bucket, state):
    """What a run tries out before its first write is removed again."""
    state.write_lock(None, b"mine")
    assert bucket.listed() == [KEY]


@pytest.mark.parametrize(
    "key", ["mail state.json", "müll/états ✉.json", "a+b/c%20d&e=f?g#h.json", "x" * 900, "a//b.json"]
)
def test_odd_keys(bucket, key):
    """Blanks, letters of every script, and what means something in an address are parts of a key like any other."""
    mine = bucket.state(key=key)
    mine.write_lock(None, b"mine")
    mine.append(b"x" * 70_000, 0, free)
    mine.replace(Picture(lines=ROWS), 70_000, free)
    fresh = bucket.state(key=key)
    assert fresh.read() == Contents(Picture(lines=ROWS).whole(), b"")
    assert list(fresh.history()) == [b"x" * 70_000]
    assert fresh.orphans() == frozenset()
    assert bucket.read(key)


def test_of_many_that_want_the_lock_one_gets_it(bucket):
    """Eight processes try at the same moment, again and again; each time one is told that it has it."""
    states = [bucket.state() for _ in range(8)]
    start = threading.Barrier(8)

    def take(number: int, before: bytes | None, after: bytes) -> bool:
        states[number].read_lock()
        start.wait()
        return states[number].write_lock(before, after)

    before = None
    with ThreadPoolExecutor(8) as pool:
        for rnd in range(8):
            wanted = [b"%d of %d" % (number, rnd) for number in range(8)]
            won = list(pool.map(take, range(8), [before] * 8, wanted))
            assert won.count(True) == 1
            before = wanted[won.index(True)]
            assert states[0].read_lock() == before


def test_heartbeat_and_commits_go_on_side_by_side(state):
    """Two threads of a run write the lock and the journal; neither write is lost."""
    state.write_lock(None, b"0")
    beats = 0

    def beat() -> None:
        nonlocal beats
        while not over.is_set():
            assert state.write_lock(b"%d" % beats, b"%d" % (beats + 1))
            beats += 1

    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        beating = pool.submit(beat)
        for number in range(30):
            state.append(b"line\n", 5 * number, free)
        over.set()
        beating.result()
    assert state.read().journal == b"line\n" * 30
    assert state.read_lock() == b"%d" % beats


def test_a_fence_that_refuses_leaves_nothing(bucket, state):
    """No object changes, and none is added."""
    state.write_lock(None, b"another's")
    before = bucket.read()
    for write in (
        lambda: state.append(b"x" * 100_000, 0, refusing),
        lambda: state.replace(FIVE_MEGABYTES, 0, refusing),
        lambda: state.archive(0, refusing),
    ):
        with pytest.raises(Problem, match="lost"):
            write()
    assert bucket.read() == before
    assert bucket.listed() == [KEY]


def test_a_late_run_can_not_write(bucket):
    """Its lock was taken over: the fence is shown the new one, in the step in which it would have written."""
    late, other = bucket.state(), bucket.state()
    late.write_lock(None, b"late")
    late.append(b"one\n", 0, free)
    assert other.write_lock(other.read_lock(), b"other")
    other.append(b"two\n", 4, free)
    seen = []

    def fence(standing):
        seen.append(standing.lock)
        if standing.lock != b"late":
            refusing(standing)

    with pytest.raises(Problem, match="lost"):
        late.append(b"late\n", 4, fence)
    assert seen[0] == b"late"
    assert set(seen[1:]) == {b"other"}
    assert other.read().journal == b"one\ntwo\n"


def test_history_is_told_in_order(bucket, state):
    """Runs that were folded, some large and some small, some archived after a crash."""
    journals = [b"one\n", b"2" * 150_000 + b"\n", b"three\n", b"4" * 70_000 + b"\n"]
    for number, journal in enumerate(journals):
        state.append(journal, 0, free)
        if number % 2:
            state.archive(len(journal), free)
        else:
            state.replace(Picture(lines=ROWS), len(journal), free)
    assert list(bucket.state().history()) == journals
    state.rewrite_history(lambda old: old[:1], free)
    assert list(bucket.state().history()) == [b"o", b"2", b"t", b"4"]
    assert state.orphans() == frozenset()


def test_a_snapshot_of_five_megabytes_is_a_part(bucket, state):
    """It stands apart from the head, and the one before it goes once it is not named any more."""
    for identity in (b"{1\n", b"{2\n"):
        state.replace(replace(FIVE_MEGABYTES, identity=identity), 0, free)
    assert len(bucket.read()) < 1000
    assert len(bucket.listed()) == 2
    assert bucket.state().read().snapshot == replace(FIVE_MEGABYTES, identity=b"{2\n").whole()


def test_a_reader_beside_a_writer_sees_one_moment(bucket, state):
    """While snapshots and journals are replaced, each read has a journal that belongs to its snapshot."""
    reader = bucket.state()
    over = threading.Event()

    def read() -> int:
        count = 0
        while not over.is_set():
            contents = reader.read()
            assert contents.snapshot is not None
            number = int(contents.snapshot[1:].split(b"\n")[0])
            assert contents.journal in (b"", b"%d\n" % number)
            count += 1
        return count

    picture = Picture(lines=ROWS)
    state.replace(replace(picture, identity=b"{0\n"), 0, free)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for number in range(25):
            line = b"%d\n" % number
            state.append(line, 0, free)
            state.replace(replace(picture, identity=b"{%d\n" % (number + 1)), len(line), free)
        over.set()
        assert reading.result() > 0
    assert [int(each) for each in state.history()] == list(range(25))


def test_what_a_crash_leaves_is_found_and_removed(bucket, state):
    """A part that no head names is an orphan: harmless, listed, and gone after a sweep under the lock."""
    state.replace(Picture(lines=ROWS), 0, free)
    bucket.write(b"left behind", f"{KEY}.parts/00000007-snapshot-0123456789abcdef")
    bucket.write(b"another's", "teams/mail.json.parts.txt")
    assert state.orphans() == {"00000007-snapshot-0123456789abcdef"}
    assert state.sweep(free) == {"00000007-snapshot-0123456789abcdef"}
    assert state.orphans() == frozenset()
    assert "teams/mail.json.parts.txt" in bucket.listed()
    assert state.read().snapshot == Picture(lines=ROWS).whole()


@pytest.mark.parametrize("cut", [lambda data: data[:-100], lambda data: data[:-1] + b"?"])
def test_a_truncated_object_is_found_out(bucket, state, cut):
    """A part that is shorter or other than the head says is refused by name, and nothing is written."""
    state.replace(Picture(lines=ROWS), 0, free)
    (part,) = (key for key in bucket.listed() if key != KEY)
    bucket.write(cut(bucket.read(part)), part)
    with pytest.raises(Problem, match="snapshot") as caught:
        bucket.state().read()
    assert caught.value.diagnostics[0].id == "state-truncated"


def test_a_web_page_at_the_key_is_left_alone(bucket):
    """An object of another kind, whatever type it is said to have, is not read as a state and not overwritten."""
    bucket.write(b'{"version": 4, "serial": 3}', ContentType="text/html")
    with pytest.raises(Problem) as caught:
        bucket.state().write_lock(None, b"mine")
    assert caught.value.diagnostics[0].id == "state-head-foreign"
    assert bucket.read() == b'{"version": 4, "serial": 3}'


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_a_commit_is_one_request_whatever_the_size_of_the_state(bucket, rows):
    """Counted on the wire, where the state has a thousand rows and where it has a hundred thousand."""
    row = b'{"kind":"mailbox","key":"%08d@example.org","provider":"groupware"}'
    with proxy.to(port(bucket), proxy.http_request) as way:
        mine = bucket.through(way.port)
        mine.write_lock(None, b"mine")
        mine.replace(Picture(lines=tuple(row % number for number in range(rows))), 0, free)
        way.arm(None)
        for number in range(20):
            mine.append(b"x" * 99 + b"\n", 100 * number, free)
        assert way.requests == 20
        assert len(bucket.read()) < 4000
        mine.close()


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.TORN, Trouble.UNANSWERED, Trouble.STALLED])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_one_fault_on_the_way_is_survived(bucket, trouble, number):
    """Each write of a run has a fault once; the run goes on, and nothing is missing or there twice."""
    with proxy.to(port(bucket), proxy.http_request) as way:
        mine = bucket.through(way.port, timeout="0.5")
        mine.write_lock(None, b"mine")
        mine.append(b"one\n", 0, free)
        way.arm(Fault(trouble, at=number))
        mine.append(b"x" * 70_000, 4, free)
        mine.replace(Picture(lines=ROWS), 70_004, free)
        assert way.struck == 1
        mine.close()
    fresh = bucket.state()
    assert fresh.read() == Contents(Picture(lines=ROWS).whole(), b"")
    assert list(fresh.history()) == [b"one\n" + b"x" * 70_000]
    assert fresh.read_lock() == b"mine"
