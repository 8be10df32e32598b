"""A domain moves between two mail hosts while runs come at any time and break off anywhere: no message is lost."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config import load
from tests.cases.model import merged
from tests.phases.story import CONFIG, DAY, DOMAIN, KEEP, KEYS, MX, SPF, moved_in, trouble

STEPS = st.lists(
    st.tuples(st.sampled_from((1, 10, 299, 300, 301, 3600, 3601, DAY - 1, DAY, 2 * DAY)), st.integers(0, 9)),
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(ttl=st.sampled_from((60, 300, 3600, DAY)), steps=STEPS)
def test_no_message_is_lost_whenever_runs_come_and_wherever_they_break_off(ttl, steps, tmp_path_factory):
    """No sender is led where there is no mailbox, and no receiver misses who may send; in the end the move is done."""
    story = moved_in(tmp_path_factory.mktemp("moves"), ttl)
    for wait, most in steps:
        story.run(most if most < 8 else None)
        story.now += wait
    for _ in range(8):
        plan = story.run()
        story.now += 2 * DAY
    assert trouble(story) == []
    assert plan.operations == ()
    assert plan.held == ()
    zone = story.moments[-1].zone
    assert zone[MX] == (3600, ("10 mx.new.example.",))
    assert zone[SPF][1] == ('"v=spf1 include:_spf.new.example ~all"',)
    assert KEYS["old"] not in zone


def test_netcup_style_at_once_would_lose_mail(tmp_path):
    """The judge is awake: without phases, the same move is found to lose mail."""
    story = moved_in(tmp_path, DAY)
    file = tmp_path / "at-once.yaml"
    dns = {"dns": {"switch": {"phased": False}}, "instance": "fresh"}
    file.write_text(yaml.safe_dump(merged(CONFIG, {"domains": {DOMAIN: dns}})))
    story.wanted = load([file], tmp_path).desired
    story.run()
    story.now += 2 * DAY
    story.run()
    assert trouble(story)


@pytest.mark.parametrize("key", [MX, SPF, *KEYS.values()])
def test_the_world_has_what_the_judge_asks_for(key, tmp_path):
    """Every record that the judge looks at is there on the way, so that it can not be silent for want of one."""
    story = moved_in(tmp_path, 3600)
    for _ in range(6):
        story.run()
        story.now += DAY
    assert any(key in moment.zone for moment in story.moments)


def ready(folder):
    """A move with all published, seen by everybody: the next run moves the MX."""
    story = moved_in(folder, 300)
    story.run()
    story.now += DAY
    return story


def over(story):
    """Run until nothing is left to do; tell whether the domain is at its new host."""
    for _ in range(8):
        plan = story.run()
        story.now += 2 * DAY
    return (plan.operations, plan.held) == ((), ()) and "new" in str(story.moments[-1].zone[MX])


@pytest.mark.parametrize(("key", "values"), [(SPF, ('"v=spf1 -all"',)), (SPF, ()), (KEYS["new"], ())])
def test_what_somebody_else_undid_is_waited_for_anew(key, values, tmp_path):
    """After a record was put back the MX waits until nobody can hold what somebody else had made of it."""
    story = ready(tmp_path)
    story.meddle(key, *values)
    put_back = story.now
    story.run()
    story.run()
    assert story.switched() is None
    story.now += 3599
    story.run()
    assert story.switched() is None
    story.now += 1
    story.run()
    assert story.switched() == put_back + 3600
    assert over(story)


def test_an_mx_that_somebody_removes_is_put_back_and_moves_in_phases(tmp_path):
    """It leads to the old host again until all is published; what the old host needs stays as long as ever."""
    story = moved_in(tmp_path, DAY)
    story.meddle(MX)
    story.run()
    assert story.moments[-1].zone[MX] == (300, ("10 mx.old.example.",))
    assert over(story)
    assert trouble(story) == []


def test_an_mx_that_somebody_moves_leaves_the_old_host_its_time(tmp_path):
    """What the old host needs stays from the run on that sees it, though nobody here moved the MX."""
    story = moved_in(tmp_path, 300)
    story.meddle(MX, "10 mx.new.example.")
    story.run()
    seen = story.now
    story.now += KEEP - 1
    story.run()
    for moment in (each for each in story.moments if each.at >= seen):
        assert "_spf.old.example" in str(moment.zone[SPF])
        assert KEYS["old"] in moment.zone
    story.now += 1
    assert over(story)
    assert "_spf.old.example" not in str(story.moments[-1].zone[SPF])
