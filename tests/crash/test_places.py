"""The stories again at every place, with what fails being the place itself: at each of its steps, in each way there is.

A step is a call of the system that changes something, or a request. After each run that was disturbed, state tells the
truth about what was done; what could not be recorded is brought home or found out; the next run comes to the end.
"""

from collections import Counter
from itertools import product

import pytest

from tests.backends.disk import Loss
from tests.backends.places import IMPATIENT, PATIENT
from tests.crash.durable import Theatre
from tests.crash.stories import STORIES, assert_state_tells_the_truth, converge
from tests.servers.proxy import Fault, Trouble

#: Small enough to be played hundreds of times.
SMALL = ("from nothing small", "hand-over small")


@pytest.fixture
def make(place, tmp_path):
    """Makes theatres that play a story at the place, from the beginning."""
    made = []

    def theatre(story):
        place.anew()
        while made:
            made.pop().close()
        made.append(Theatre(*STORIES[story], place, folder=tmp_path / "kept", batch=2))
        return made[-1]

    yield theatre
    while made:
        made.pop().close()


def steps_of(make, story):
    """How many steps the place takes for a run that nothing disturbs; the first of all may prepare the place."""
    for _ in range(2):
        theatre = make(story)
        converge(theatre)
    return theatre.steps


def assert_nothing_is_left_over(theatre):
    """What could not be recorded was brought home by the next run, and was not asked for again."""
    recovered = {each.intent.place for each in theatre.recovered}
    assert theatre.kept() == []
    assert recovered.isdisjoint(theatre.promised)


def test_power_is_lost_at_every_step_of_a_place(make, place, record_property):
    """In its middle, and after it took effect, before the next; on a disk, with what was not synced lost or not."""
    points = 0
    losses = list(Loss) if place.name == "local" else [Loss.NOTHING]
    stories = SMALL if place.name == "memory" else SMALL[:1]
    for story, trouble in product(stories, (Trouble.TORN, Trouble.UNANSWERED)):
        for at, loss in product(range(1, steps_of(make, story) + 1), losses):
            theatre = make(story)
            theatre.run(Fault(trouble, at, gone=True, strike=theatre.power.go))
            assert theatre.struck
            if place.name == "local":
                place.disk.lose(loss)
            assert_state_tells_the_truth(theatre)
            converge(theatre)
            points += 1
    record_property("counted", f"{place.name}: power lost at {points} points")


@pytest.mark.parametrize("gone", [False, True], ids=["once", "and gone"])
def test_a_place_fails_at_every_step(make, place, gone, record_property):
    """In every way, once, or from then on until the run is over."""
    network = hasattr(place, "way")
    stories = SMALL[1:] if network else SMALL
    troubles = [Trouble.UNANSWERED]
    if gone or not network:  # over a network, once, these are a request that never arrived: a timeout tells that too
        troubles += [Trouble.REFUSED, Trouble.TORN]
    if network and (gone or not place.has_parts):
        troubles.append(Trouble.STALLED)
    for trouble in troubles:
        ended = Counter(each for story in stories for each in fail_everywhere(make, story, trouble, gone=gone))
        record_property("counted", f"{place.name}: {trouble} at {ended.total()} points: {dict(ended)}")


def fail_everywhere(make, story, trouble, *, gone):
    """Let one kind of trouble strike at each step of a story; yield how each run ended."""
    for at in range(1, steps_of(make, story) + 1):
        theatre = make(story)
        timeout = IMPATIENT if trouble is Trouble.STALLED else PATIENT
        theatre.run(Fault(trouble, at, gone=gone), timeout=timeout)
        assert theatre.struck
        yield "kept" if theatre.kept() else "stopped" if theatre.trouble else "went on"
        assert_state_tells_the_truth(theatre)
        converge(theatre)
        assert_nothing_is_left_over(theatre)
