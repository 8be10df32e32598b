"""The power goes at every boundary there is; whatever was half done, the next run finds its way.

Random desired, actual and applied worlds; the same operations as the command line puts together: lock, recover, plan,
execute. After each crash the state is loaded and compared with the platform, then one more run must converge.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from tests.crash.durable import Theatre
from tests.crash.stories import STORIES, assert_state_tells_the_truth, converge
from tests.worlds import worlds


def boundaries(make) -> int:
    """How many boundaries an undisturbed run crosses; it must end well by itself."""
    theatre = make()
    converge(theatre)
    return theatre.crossed


def crash_and_converge(make, *moments: int) -> None:
    theatre = make()
    for moment in moments:
        if theatre.run(moment=moment) is None:
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
