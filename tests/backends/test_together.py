"""Several runs at one place: who may write, who waits, who is told what, and whose clocks are wrong."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.state.lease import Timing
from tests.backends.runs import Stores, created, keys, record, refused

MINUTES = 60.0


@pytest.fixture
def stores(place):
    """Opens stores at the place."""
    stores = Stores(place)
    yield stores
    stores.close()


def skewed(seconds, term):
    """A machine whose clock is wrong by so much."""
    return Timing(clock=lambda: time.time() + seconds, term=term)


def test_of_two_runs_at_once_one_runs_and_the_other_is_told_who(stores):
    """Both start in the same moment; what the one records is all there is."""
    both, over = threading.Barrier(2), threading.Event()
    each = [stores.open(), stores.open()]

    def run(number):
        both.wait()
        try:
            with each[number].acquire(f"apply {number}") as session:
                assert over.wait(30)
                session.end([created(f"{number}@a.example")])
        except Problem as problem:
            over.set()
            return problem.diagnostics[0]
        return None

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(run, range(2)))
    (winner,) = [number for number in range(2) if told[number] is None]
    refusal = told[1 - winner]
    assert refusal.id == "state-locked"
    assert f"apply {winner}" in refusal.message
    assert keys(each[0]) == {f"{winner}@a.example"}
    assert each[0].load().lock is None


def test_runs_one_after_the_other_build_on_each_other(stores):
    """Each sees what was there before, and history has them all in order."""
    for number in range(4):
        store = stores.open()
        record(store, f"{number}@a.example")
        assert len(keys(store)) == number + 1
    runs = list(stores.open().history())
    assert [run.header.serial for run in runs] == [1, 2, 3, 4]
    assert [step.key for run in runs for step in run.steps] == [f"{number}@a.example" for number in range(4)]


def test_a_state_put_back_from_a_copy_is_noticed_by_the_run_at_work(place, stores):
    """Its next commit is refused, and what was put back stays as it is."""
    record(stores.open(), "one@a.example")
    put_back = place.backup()
    record(stores.open(), "two@a.example")
    with stores.open().acquire("apply") as session:
        session.end([created("three@a.example")])
        session.commit_now()
        put_back()
        stood = place.raw()
        session.end([created("four@a.example")])
        if place.name == "http":
            # the protocol knows no condition but the lock: what is put there past it is not seen, and written over
            session.commit_now()
        else:
            # a copy of a whole document has no lock in it
            expected = "state-lock-lost" if place.has_parts else "state-changed"
            assert refused(session.commit_now) == expected
            assert place.raw() == stood
    if place.name == "http":
        assert keys(stores.open()) == {f"{name}@a.example" for name in ("one", "two", "three", "four")}


@pytest.mark.parametrize(("mine", "theirs"), [(-5, 5), (5, -5)], ids=["slow owner", "fast owner"])
def test_ten_minutes_between_two_clocks_break_no_lease(stores, mine, theirs):
    """A living owner is waited for in vain; a dead one is taken over after a term, and can not write any more."""
    term = 1.2
    owner = stores.open(skewed(mine * MINUTES, term))
    with owner.acquire("apply") as late:
        late.end([created("one@a.example")])
        late.commit_now()
        contender = stores.open(skewed(theirs * MINUTES, term))
        began = time.monotonic()
        assert refused(lambda: contender.acquire("destroy", wait=1.5 * term).__enter__()) == "state-locked"
        assert time.monotonic() - began < 4 * term
        late.end([created("two@a.example")])
        late.commit_now()
        late._lease._stop.set()  # its process hangs: no heartbeat any more
        with contender.acquire("destroy", wait=30.0) as session:
            assert session.took_over == late._lease.info
            assert session._lease.info.fence > late._lease.info.fence
            session.end([created("three@a.example")])
        late.end([created("late@a.example")])
        assert refused(late.commit_now) == "state-lock-lost"
    assert keys(stores.open()) == {"one@a.example", "two@a.example", "three@a.example"}
    runs = list(stores.open().history())
    assert [run.header.operation for run in runs] == ["apply", "destroy"]
    assert runs[1].header.took_over is not None
    assert runs[1].header.took_over.operation == "apply"
