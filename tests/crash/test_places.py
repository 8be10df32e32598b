"""The stories again at every place, with what fails being the place itself: at each of its steps, in each way there is.

A step is a call of the system that changes something, or a request. After each run that was disturbed, state tells the
truth about what was done; what could not be recorded is brought home or found out; the next run comes to the end.
"""

from collections import Counter

import pytest

from tests.backends.disk import Loss
from tests.backends.places import IMPATIENT, PATIENT
from tests.crash.durable import Theatre
from tests.crash.stories import STORIES, assert_state_tells_the_truth, converge
from tests.servers.proxy import Fault, Trouble

#: Small enough to be played hundreds of times over a network.
SMALL = ("from nothing small", "hand-over small")
TROUBLES = (Trouble.REFUSED, Trouble.TORN, Trouble.UNANSWERED, Trouble.STALLED)


@pytest.fixture
def make(place, tmp_path):
    """Makes theatres that play a story at the place, from the beginning."""

    def theatre(story):
        place.anew()
        return Theatre(*STORIES[story], place, folder=tmp_path / "kept", batch=2)

    return theatre


def steps_of(make, story):
    """How many steps the place takes for a run that nothing disturbs."""
    theatre = make(story)
    converge(theatre)
    return theatre.steps


def assert_nothing_is_left_over(theatre):
    """What could not be recorded was brought home by the next run, and was not asked for again."""
    recovered = {each.intent.place for each in theatre.recovered}
    for home in theatre.homecomings:
        assert home.recorded or home.late
    assert theatre.kept() == []
    assert recovered.isdisjoint(theatre.promised)


@pytest.mark.parametrize("story", SMALL)
def test_power_is_lost_at_every_step_of_a_place(make, place, story, record_property):
    """Before the step, in its middle, and after it took effect; on a disk, with what was not synced lost or not."""
    points = 0
    losses = list(Loss) if place.name == "local" else [Loss.NOTHING]
    for trouble in (Trouble.REFUSED, Trouble.TORN, Trouble.UNANSWERED):
        for at in range(1, steps_of(make, story) + 1):
            for loss in losses:
                theatre = make(story)
                theatre.run(Fault(trouble, at, gone=True, strike=theatre.power.go))
                assert theatre.struck
                if place.name == "local":
                    place.disk.lose(loss)
                assert_state_tells_the_truth(theatre)
                converge(theatre)
                points += 1
    record_property("points", points)
    print(f"{place.name}: power lost at {points} points of '{story}'")


@pytest.mark.parametrize("gone", [False, True], ids=["once", "and gone"])
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("story", SMALL)
def test_a_place_fails_at_every_step(make, place, story, trouble, gone, record_property):
    """Once, or from then on until the run is over."""
    if trouble is Trouble.STALLED and not hasattr(place, "way"):
        pytest.skip("there is no answer that could be waited for")
    ended = Counter()
    for at in range(1, steps_of(make, story) + 1):
        theatre = make(story)
        timeout = IMPATIENT if trouble is Trouble.STALLED else PATIENT
        theatre.run(Fault(trouble, at, gone=gone), timeout=timeout)
        assert theatre.struck
        ended["kept" if theatre.kept() else "stopped" if theatre.trouble else "went on"] += 1
        assert_state_tells_the_truth(theatre)
        converge(theatre)
        assert_nothing_is_left_over(theatre)
    record_property("points", ended.total())
    print(f"{place.name}: {trouble} at {ended.total()} points of '{story}': {dict(ended)}")
