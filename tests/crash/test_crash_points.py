"""The power goes at every boundary there is; whatever was half done, the next run finds its way.

Random desired, actual and applied worlds; the same operations as the command line puts together: lock, recover, plan,
execute. After each crash the state is loaded and compared with the platform, then one more run must converge.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.apply.recover import resolve_in_flight
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from tests.crash.durable import Theatre
from tests.worlds import GB, World, worlds


def assert_state_tells_the_truth(theatre: Theatre) -> None:
    """What our writes left at the platform is what state says once what was in flight is resolved."""
    resolved = resolve_in_flight(theatre.store.load(), theatre.inventory())
    for place in theatre.platform.touched:
        live = theatre.platform.live(*place)
        held = resolved.get(*place)
        assert (held and held.resource) == (live and live.resource), place


def assert_converged(theatre: Theatre) -> None:
    """Platform, state and declaration agree; nothing was done twice, and nothing foreign was touched."""
    things = theatre.platform.world.things
    assert {place: thing for place, thing in things.items() if place not in theatre.foreign} == theatre.wanted.things
    loaded = theatre.store.load()
    assert {place: each.resource for place, each in loaded.applied.resources.items()} == theatre.wanted.things
    assert loaded.in_flight == ()
    assert loaded.lock is None
    assert theatre.preview().empty
    assert theatre.platform.refused == []
    assert theatre.foreign <= things.keys()
    assert theatre.foreign.isdisjoint(theatre.platform.deleted)
    given = {key for kind, key in theatre.platform.created if kind is Kind.MAILBOX}
    assert given <= theatre.platform.passwords


def converge(theatre: Theatre) -> None:
    result = theatre.run()
    assert result is not None
    assert result.exit_code == 0, result.outcomes
    assert_converged(theatre)


def boundaries(make) -> int:
    """How many boundaries an undisturbed run crosses; it must end well by itself."""
    theatre = make()
    theatre.power.on()
    crossed = []
    switch_on = theatre.power.on
    theatre.power.on = lambda moment=0: (crossed.append(theatre.power.crossed), switch_on(moment))
    converge(theatre)
    return crossed[1]


def crash_and_converge(make, *moments: int) -> None:
    theatre = make()
    for moment in moments:
        if theatre.run(moment) is None:
            assert_state_tells_the_truth(theatre)
    converge(theatre)


def plannable(make) -> bool:
    """Whether a plan exists at all; some triples ask for what no platform can do in one go."""
    try:
        make().preview()
    except Problem:
        return False
    return True


TRIPLES = st.tuples(worlds(), worlds(), worlds())
LIMITS = st.sampled_from([(1, 1), (1, 4), (3, 1), (3, 3)])


@settings(max_examples=100, deadline=None)
@given(triple=TRIPLES, limits=LIMITS, where=st.floats(0, 1))
def test_a_run_that_dies_anywhere_is_brought_to_its_end_by_the_next(triple, limits, where):
    """One crash, at a random boundary of a random story."""

    def make():
        return Theatre(*triple, concurrency=limits[0], batch=limits[1])

    assume(plannable(make))
    crash_and_converge(make, 1 + int(where * boundaries(make)))


@settings(max_examples=60, deadline=None)
@given(triple=TRIPLES, limits=LIMITS, where=st.lists(st.integers(1, 60), min_size=2, max_size=4))
def test_runs_that_die_one_after_the_other_lose_nothing(triple, limits, where):
    """Crashes in recovery, in folding, and in the middle of what an earlier crash left."""

    def make():
        return Theatre(*triple, concurrency=limits[0], batch=limits[1])

    assume(plannable(make))
    crash_and_converge(make, *where)


@settings(max_examples=5, deadline=None)
@given(triple=TRIPLES, limits=LIMITS)
def test_every_boundary_of_a_random_story_converges(triple, limits):
    """The enumeration, for worlds nobody thought of."""

    def make():
        return Theatre(*triple, concurrency=limits[0], batch=limits[1])

    assume(plannable(make))
    for moment in range(1, boundaries(make) + 1):
        crash_and_converge(make, moment)


def _world(*resources) -> World:
    return World().add(*resources)


_OFFICE = Instance("one", 100 * GB)
_DOMAIN = Domain("a.example", "one")
_ANN, _BOB = Mailbox("ann@a.example", "Ann", GB), Mailbox("bob@a.example", "Bob", GB)
_INFO = Alias("info@a.example", (_ANN.address,))

STORIES = {
    "from nothing": (_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO), _world(), _world()),
    "to nothing": (_world(), *[_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO)] * 2),
    "adopted and unmanaged": (_world(_OFFICE, _DOMAIN, _ANN), _world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO), _world()),
    "hand-over and retarget": (
        _world(_OFFICE, _DOMAIN, _BOB, Alias(_ANN.address, (_BOB.address,)), Alias(_INFO.address, (_BOB.address,))),
        *[_world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO)] * 2,
    ),
    "changed, drifted and gone": (
        _world(_OFFICE, _DOMAIN, Mailbox(_ANN.address, "Anna", 2 * GB), _BOB),
        _world(Instance("one", 50 * GB), _DOMAIN, Mailbox(_ANN.address, "Ann", 3 * GB)),
        _world(_OFFICE, _DOMAIN, _ANN, _BOB, _INFO),
    ),
}


@pytest.mark.parametrize("limits", [(1, 1), (2, 3)])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_every_single_boundary_of_a_story_converges(story, limits):
    """Exhaustive: no boundary of these runs is left out."""

    def make():
        return Theatre(*STORIES[story], concurrency=limits[0], batch=limits[1])

    total = boundaries(make)
    assert total > 10
    for moment in range(1, total + 1):
        crash_and_converge(make, moment)


def test_a_second_crash_at_every_boundary_of_the_recovery_converges():
    """The first run dies after its second write took effect; the next dies everywhere."""

    def make():
        return Theatre(*STORIES["hand-over and retarget"], batch=2)

    middle = boundaries(make) // 2
    for moment in range(1, boundaries(make) + 5):
        crash_and_converge(make, middle, moment)
