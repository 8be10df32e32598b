"""Leases under wrong clocks, as laws: whatever the clocks say, the living keep their lock and the dead lose it."""

import random
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from reconciler.state import StateStore, lease
from reconciler.state.backend import Standing
from reconciler.state.lease import Lease, Timing
from reconciler.state.who import Who
from tests.backends.memory import Memory, Stored
from tests.backends.runs import created, refused

TERM = lease.TERM
LONGEST_LOOK = 2.0
SKEWS = st.floats(-300.0, 300.0)


def elsewhere():
    """Another machine, so that nobody can look whether the process is there."""
    return Who("anna", "another machine")


@dataclass
class Time:
    """The one time there is, which the machines' clocks are wrong about."""

    now: float = 0.0

    def machine(self, skew, sleep=None):
        """A machine's clocks: one that is wrong, one that counts."""
        return Timing(
            clock=lambda: 1_000_000.0 + self.now + skew,
            sleep=sleep or self.sleep,
            steady=lambda: self.now,
            who=elsewhere,
        )

    def sleep(self, seconds):
        self.now += seconds


class Owner:
    """A run on another machine: its heart beats when it is time for it, and some beats are lost on their way."""

    def __init__(self, stored, time, skew, lost):
        self._time, self._timing, self._lost = time, time.machine(skew), lost
        self.lease: Lease
        self.lease, _ = lease.acquire(Memory(stored), "apply", 0.0, self._timing, lambda _: None)
        self.lease._renew(replace(self.lease.info, host="another machine", fence=1))
        self._next = time.now + TERM / 3
        self._just_lost = False
        self.alive = True

    def live_until(self, moment):
        """Let time pass, with every beat that falls into it."""
        while self.alive and self._next <= moment:
            self._time.now = self._next
            self._next += TERM / 3
            # two in a row leave nothing to tell the living from the dead by
            self._just_lost = not self._just_lost and self._lost.random() < 0.5
            if not self._just_lost:
                expires = self._timing.clock() + TERM
                self.lease._renew(replace(self.lease.info, expires=expires))
        self._time.now = moment


@given(mine=SKEWS, theirs=SKEWS, seed=st.integers(0, 999), arrives=st.floats(0, 200), wait=st.floats(0, 600))
def test_a_living_owner_is_never_taken_over(mine, theirs, seed, arrives, wait):
    """Ten minutes between two clocks, every other beat lost, and a contender that comes and waits as it likes."""
    stored, time = Stored(), Time()
    owner = Owner(stored, time, mine, random.Random(seed))
    owner.live_until(arrives)
    contender = time.machine(theirs, lambda seconds: owner.live_until(time.now + seconds))
    began = time.now
    store = StateStore(Memory(stored), contender)
    assert refused(lambda: store.acquire("apply", wait=wait).__enter__()) == "state-locked"
    # a lease that seems to have ended is watched for a term even by who does not want to wait
    assert time.now - began <= max(wait, TERM) + LONGEST_LOOK
    owner.lease.check(Standing(stored.lock, None))


@given(mine=SKEWS, theirs=SKEWS, seed=st.integers(0, 999), lived=st.floats(0, 200), late=st.floats(0, 2000))
def test_a_dead_owner_is_taken_over_after_a_term_of_watching_at_most(mine, theirs, seed, lived, late):
    """Whatever the clocks say; the fence rises, the take-over stands in the history, and the dead do not come back."""
    stored, time = Stored(), Time()
    owner = Owner(stored, time, mine, random.Random(seed))
    owner.live_until(lived)
    owner.alive = False
    time.now += late
    contender = StateStore(Memory(stored), time.machine(theirs))
    began = time.now
    with contender.acquire("apply", wait=3 * TERM) as session:
        assert time.now - began <= TERM + LONGEST_LOOK
        assert session.took_over == owner.lease.info
        assert session._lease.info.fence > owner.lease.info.fence
        session.end([created("a@a.example")])
        assert _lost(owner, stored)
    (run,) = contender.history()
    assert run.header.took_over == owner.lease.info
    assert _lost(owner, stored)


@given(mine=SKEWS, theirs=SKEWS, late=st.floats(0, 1000))
def test_who_does_not_want_to_wait_gets_in_once_the_lease_has_ended(mine, theirs, late):
    """By any clock: two skews and a term after the death nobody is sent away any more."""
    stored, time = Stored(), Time()
    owner = Owner(stored, time, mine, random.Random(0))
    owner.alive = False
    time.now += TERM + abs(mine - theirs) + late
    began = time.now
    with StateStore(Memory(stored), time.machine(theirs)).acquire("apply") as session:
        assert session.took_over == owner.lease.info
    assert time.now - began <= TERM + LONGEST_LOOK


def _lost(owner, stored):
    try:
        owner.lease.check(Standing(stored.lock, None))
    except Problem as problem:
        return problem.diagnostics[0].id == "state-lock-lost"
    return False
