"""The lock as a lease: who holds it, who may take it over, and that a late owner writes nothing."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading

import orjson
import pytest

from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, StateStore, open_state, problems
from reconciler.state.backend import BackendError
from reconciler.state.lease import Timing
from reconciler.state.places.local import LocalFiles


class Clock:
    """A wall clock that moves when it is told to, or slept on."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept = 0.0

    def steady(self) -> float:
        return self.slept

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def store(folder, clock: Clock | None = None) -> StateStore:
    clock = clock or Clock()
    return StateStore(LocalFiles(folder / "mail.json"), Timing(clock, clock.sleep, 3600.0, clock.steady))


def created(key: str) -> Ended:
    return Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=Applied(Mailbox(key, "A", 1), "g"))


def lock_of_somebody(folder, **changes) -> dict:
    lock = {
        "format": "reconciler.lock/1",
        "id": "theirs",
        "owner": "ben",
        "host": "elsewhere",
        "pid": 1,
        "operation": "apply",
        "since": 900.0,
        "expires": 1060.0,
        "fence": 7,
        "started": 0,
        **changes,
    }
    (folder / "mail.json.lock").write_bytes(orjson.dumps(lock))
    return lock


def refused(action) -> str:
    with pytest.raises(Problem) as caught:
        action()
    assert caught.value.diagnostics[0].help
    return caught.value.diagnostics[0].id


def test_a_held_state_is_refused_to_others_but_can_be_read(tmp_path):
    """One run at a time writes; planning needs no lock, and sees who holds it."""
    with store(tmp_path).acquire("apply") as session:
        assert refused(lambda: store(tmp_path).acquire("apply").__enter__()) == "state-locked"
        lock = store(tmp_path).load().lock
        assert lock is not None
        assert (lock.pid, lock.host, lock.operation) == (os.getpid(), socket.gethostname(), "apply")
        session.end([created("a@example.org")])
    assert store(tmp_path).load().lock is None
    assert not (tmp_path / "mail.json.lock").exists()


def test_the_lock_goes_when_a_run_fails_and_what_it_recorded_stays(tmp_path):
    """An exception inside the block releases the lock and loses nothing that was added."""

    def run():
        with store(tmp_path).acquire("apply") as session:
            session.end([created("a@example.org")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    loaded = store(tmp_path).load()
    assert loaded.lock is None
    assert loaded.applied.get(Kind.MAILBOX, "a@example.org")


def test_waiting_ends_when_no_heartbeat_came_and_the_dead_owner_is_named(tmp_path):
    """A dead owner elsewhere blocks until it was silent for a term; then it is taken over, and that is said."""
    lock_of_somebody(tmp_path)
    clock, told = Clock(), []
    assert refused(lambda: store(tmp_path, clock).acquire("apply", wait=10.0).__enter__()) == "state-locked"
    assert 10.0 <= clock.slept < 12.5
    with store(tmp_path, clock).acquire("apply", wait=120.0, on_wait=told.append) as session:
        assert session.took_over is not None
        assert session.took_over.id == "theirs"
        assert clock.now >= 1060.0
    assert [lock.owner for lock in told] == ["ben"]


def test_a_lease_that_seems_to_have_ended_is_watched_for_one_term_without_being_asked_to_wait(tmp_path):
    """The owner's clock may be slow: only silence for a whole term tells that it is dead."""
    lock_of_somebody(tmp_path, expires=990.0)
    clock, told = Clock(), []
    with store(tmp_path, clock).acquire("apply", on_wait=told.append) as session:
        assert session.took_over is not None
    assert 60.0 <= clock.slept < 63.0
    assert [lock.owner for lock in told] == ["ben"]


def test_an_owner_with_a_slow_clock_that_beats_is_not_taken_over(tmp_path):
    """Five minutes behind, its lease always seems to have ended; its heartbeat is seen all the same."""
    lock = lock_of_somebody(tmp_path, expires=700.0)
    clock, beats = Clock(), []

    def sleep(seconds):
        clock.sleep(seconds)
        beat = 700.0 + clock.slept // 20 * 20
        if beat > lock["expires"] and clock.slept < 300:
            beats.append(lock_of_somebody(tmp_path, expires=beat))
            lock["expires"] = beat

    timing = Timing(clock, sleep, 3600.0, clock.steady)
    with StateStore(LocalFiles(tmp_path / "mail.json"), timing).acquire("apply", wait=400.0) as session:
        assert session.took_over is not None
    assert len(beats) >= 10
    assert clock.slept >= 300 + 40


def test_a_lock_that_another_program_holds_never_ends_by_itself(tmp_path):
    """It has no heartbeat to listen for: a person removes it, by its id."""
    lock_of_somebody(tmp_path, expires=0.0, term=0)
    assert refused(lambda: store(tmp_path).acquire("apply", wait=9000).__enter__()) == "state-locked"
    store(tmp_path).unlock("theirs")
    with store(tmp_path).acquire("apply") as session:
        assert session.took_over is None


def test_a_take_over_stands_in_the_history_even_where_the_run_does_nothing(tmp_path):
    """Whose lock it was, and who took it."""
    lock_of_somebody(tmp_path, expires=1.0)
    with store(tmp_path).acquire("apply"):
        pass
    (run,) = store(tmp_path).history()
    assert run.header.took_over is not None
    assert (run.header.took_over.id, run.header.took_over.owner) == ("theirs", "ben")
    assert run.steps == []


def test_a_state_that_is_put_back_underneath_a_run_stops_it(tmp_path):
    """Lineage and serial are compared at every write: a copy from a backup is not gone on from."""
    with store(tmp_path).acquire("apply") as session:
        session.end([created("a@example.org")])
    old = (tmp_path / "mail.json").read_bytes()
    with store(tmp_path).acquire("apply") as session:
        session.end([created("b@example.org")])
    manager = store(tmp_path).acquire("apply")
    session = manager.__enter__()
    (tmp_path / "mail.json").write_bytes(old)
    session.end([created("c@example.org")])
    assert refused(session.commit_now) == "state-changed"
    manager.__exit__(None, None, None)
    assert (tmp_path / "mail.json").read_bytes() == old


def test_a_dead_process_of_this_machine_is_taken_over_at_once(tmp_path):
    """Its lease need not end first; a process number that was given out again does not hide it."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    clock = Clock()
    lock_of_somebody(tmp_path, host=socket.gethostname(), pid=child.pid)
    with store(tmp_path, clock).acquire("apply") as session:
        assert session.took_over is not None
    lock_of_somebody(tmp_path, host=socket.gethostname(), pid=os.getpid(), started=1)
    with store(tmp_path, clock).acquire("apply") as session:
        assert session.took_over is not None
    assert clock.slept == 0


def test_every_acquisition_raises_the_fence(tmp_path):
    """Also over a take-over, and over runs that write nothing."""
    fences = []
    for write in (True, True):
        with store(tmp_path).acquire("apply") as session:
            if write:
                session.end([created("a@example.org")])
            fences.append(store(tmp_path).load().lock.fence)
    lock_of_somebody(tmp_path, fence=7, expires=1.0)
    with store(tmp_path).acquire("apply"):
        fences.append(store(tmp_path).load().lock.fence)
    assert fences == [1, 2, 8]


def test_a_late_owner_writes_nothing_more(tmp_path):
    """After a take-over the old owner's next commit fails, and the journal has the new owner's entries only."""
    clock = Clock()
    late = store(tmp_path, clock).acquire("apply")
    session = late.__enter__()
    session.end([created("first@example.org")])
    session.commit_now()
    clock.now += 3601
    with store(tmp_path, clock).acquire("apply") as other:
        other.end([created("other@example.org")])
        session.end([created("late@example.org")])
        assert refused(session.commit_now) == "state-lock-lost"
        assert refused(session.commit_now) == "state-lock-lost"
    late.__exit__(None, None, None)
    assert {key for _, key in store(tmp_path).load().applied.resources} == {"first@example.org", "other@example.org"}
    assert store(tmp_path).load().lock is None


def test_a_late_owner_does_not_fold_over_the_new_ones_state(tmp_path):
    """Nor does it remove the new owner's lock when it ends."""
    clock = Clock()
    late = store(tmp_path, clock).acquire("apply")
    session = late.__enter__()
    session.end([created("first@example.org")])
    session.commit_now()
    clock.now += 3601
    with store(tmp_path, clock).acquire("apply") as other:
        other.end([created("other@example.org")])
        other.commit_now()
        before = sorted(each.name for each in tmp_path.iterdir())
        assert refused(lambda: late.__exit__(None, None, None)) == "state-lock-lost"
        assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_unlock_asks_for_the_id_and_stops_the_owner(tmp_path):
    """Another id is refused with the right one; afterwards the owner can not write."""
    assert refused(lambda: store(tmp_path).unlock("abc")) == "state-not-locked"
    manager = store(tmp_path).acquire("apply")
    session = manager.__enter__()
    assert refused(lambda: store(tmp_path).unlock("abc")) == "state-unlock-mismatch"
    store(tmp_path).unlock(store(tmp_path).load().lock.id)
    session.end([created("a@example.org")])
    assert refused(session.commit_now) == "state-lock-lost"
    manager.__exit__(None, None, None)
    assert not store(tmp_path).load().applied.resources


@pytest.mark.parametrize(
    "content", [b"", b"{", b"7", b'{"format": 2}', b'{"format": "other/1"}', b'{"format":"reconciler.lock/1"}']
)
def test_a_lock_that_is_none_is_refused_and_left(tmp_path, content):
    """Nobody gets the state while it can not be told who holds it."""
    (tmp_path / "mail.json.lock").write_bytes(content)
    assert refused(store(tmp_path).load) == "state-lock-damaged"
    assert refused(lambda: store(tmp_path).acquire("apply").__enter__()) == "state-lock-damaged"
    assert (tmp_path / "mail.json.lock").read_bytes() == content


def test_a_lock_of_a_later_version_is_refused_and_left(tmp_path):
    """Its owner may be at work, so the way out is the later version and not to remove the lock."""
    content = b'{"format":"reconciler.lock/2","id":"abc"}'
    (tmp_path / "mail.json.lock").write_bytes(content)
    opened = store(tmp_path)
    for attempt in (opened.lock, opened.acquire("apply").__enter__, lambda: opened.unlock("abc")):
        assert refused(attempt) == "state-newer"
    assert (tmp_path / "mail.json.lock").read_bytes() == content


def test_the_heartbeat_moves_the_end_of_the_lease(tmp_path):
    """A run that works for longer than a lease lasts keeps its lock."""
    beats = threading.Event()

    class Watched(LocalFiles):
        def write_lock(self, before, after):
            if before is not None and after is not None and b'"fence":1' in before:
                beats.set()
            return super().write_lock(before, after)

    clock = Clock()
    with StateStore(Watched(tmp_path / "mail.json"), Timing(clock, clock.sleep, 0.03, clock.steady)).acquire(
        "apply"
    ) as session:
        clock.now += 500
        assert beats.wait(10)
        session.end([created("a@example.org")])
        session.commit_now()
    assert store(tmp_path).load().applied.resources


def test_only_one_of_many_gets_a_dead_owners_lock(tmp_path):
    """A take-over is atomic: of twenty that see the same dead owner one wins, and no other thinks it did."""
    lock_of_somebody(tmp_path, expires=1.0)
    backends = [LocalFiles(tmp_path / "mail.json") for _ in range(20)]
    seen = backends[0].read_lock()
    gate, won = threading.Barrier(20), []

    def take(number):
        gate.wait()
        # what each writes lies in a file of its own process in reality; here they are threads
        if backends[number].write_lock(seen, seen.replace(b"theirs", b"mine%02d" % number)):
            won.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert b"mine%02d" % won[0] in backends[0].read_lock()


def test_a_killed_run_leaves_what_it_committed_and_a_lock_the_next_run_takes_over(tmp_path):
    """SIGKILL in the middle of a run: committed entries are there, what had begun is in flight, nothing waits."""
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from reconciler.model.desired import StateBlock
        from reconciler.model.kinds import Action, Kind
        from reconciler.model.live import Applied
        from reconciler.model.resources import Mailbox
        from reconciler.state import Ended, Intent, open_state
        with open_state(StateBlock("local", "mail.json", Path(sys.argv[1]))).acquire("apply") as session:
            for number in range(10**6):
                key = f"u{number}@example.org"
                session.begin([Intent(Action.CREATE, Kind.MAILBOX, key, "g", {"owner": "A", "quota": 1})])
                session.commit_now()
                if number == 20:
                    print("ready", flush=True)
                    time.sleep(60)
                done = Applied(Mailbox(key, "A", 1), "g")
                session.end([Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=done)])
                session.commit_now()
    """)
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGKILL)
    with open_state(StateBlock("local", "mail.json", tmp_path)).acquire("apply") as session:
        assert session.took_over is not None
        assert session.took_over.pid == child.pid
        assert len(session.applied.resources) == 20
        assert [intent.key for intent in session.in_flight] == ["u20@example.org"]


def test_an_unknown_backend_and_a_wrong_place_are_told(tmp_path):
    """The state block is checked before anything is opened."""
    assert refused(lambda: open_state(StateBlock("moon", None, tmp_path))) == "state-backend-unknown"
    assert refused(lambda: open_state(StateBlock("local", {"path": "x"}, tmp_path))) == "state-path"


def test_a_folder_at_the_states_path_is_told(tmp_path):
    """What the system refuses becomes a diagnostic, not a traceback."""
    (tmp_path / "mail.json").mkdir()
    assert refused(store(tmp_path).load) == "state-unreadable"


def test_a_disk_that_fails_stops_the_run_and_leaves_what_was_durable(tmp_path):
    """After a failed write nothing more is written, and what was committed before is loaded."""

    class Full(LocalFiles):
        full = False

        def append(self, data, at, fence):
            if self.full:
                raise BackendError(problems.unwritable("x", OSError(28, "No space left on device")).diagnostics)
            super().append(data, at, fence)

    backend = Full(tmp_path / "mail.json")
    clock = Clock()

    def run():
        with StateStore(backend, Timing(clock, clock.sleep, 3600.0, clock.steady)).acquire("apply") as session:
            session.end([created("a@example.org")])
            session.commit_now()
            backend.full = True
            session.end([created("b@example.org")])
            session.commit_now()

    assert refused(run) == "state-unwritable"
    assert [key for _, key in store(tmp_path).load().applied.resources] == ["a@example.org"]
