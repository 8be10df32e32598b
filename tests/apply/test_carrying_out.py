"""A plan's operations are carried out in its order, within the provider's limits, and recorded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.result import Status
from reconciler.apply.schedule import Schedule
from reconciler.model.desired import Remembered
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Instance, Record
from reconciler.plan.document import Change, Dependency, Operation
from tests.apply.imaginary import NAME, Platform, Stage, alias, create, delete, mailbox, operation, update


def statuses(result) -> list[Status]:
    return [outcome.status for outcome in result.outcomes.values()]


def test_each_action_reaches_the_provider_and_state_holds_what_was_read_back(stage):
    """Create, update and delete; ids are kept; the exit code is 0."""
    old, gone = mailbox("old"), mailbox("gone")
    stage.platform = Platform(old, gone)
    result = stage.run(create(mailbox("new")), update(old, mailbox("old", 9)), delete(gone))
    assert statuses(result) == [Status.DONE] * 3
    assert result.exit_code == 0
    assert {key: live.resource for (_, key), live in stage.platform.things.items()} == {
        "new@example.org": mailbox("new"),
        "old@example.org": mailbox("old", 9),
    }
    held = {key: (each.resource, each.id) for (_, key), each in stage.applied.resources.items()}
    assert held == {
        "new@example.org": (mailbox("new"), "id-new@example.org"),
        "old@example.org": (mailbox("old", 9), "id-old@example.org"),
    }


def test_an_update_hands_over_the_whole_resource_and_names_what_changes(stage):
    """The writer gets before, after with every field, and the changed names."""
    old = mailbox("old")
    stage.platform = Platform(old)
    stage.run(update(old, mailbox("old", 9)))
    (write,) = stage.platform.written
    assert (write.before.resource, write.after, write.changed) == (old, mailbox("old", 9), {"quota"})


def test_the_intent_is_durable_before_the_call_and_the_outcome_before_any_dependant(stage):
    """What a crash at the provider's door would leave is seen by loading the state from inside the call."""
    first = create(mailbox("anna"))
    second = create(alias("info", "anna"), first)
    seen = []

    def during(batch):
        loaded = stage.store.load()
        seen.append(({each.operation for each in loaded.in_flight}, {key for _, key in loaded.applied.resources}))
        assert {write.key for write in batch} <= {each.key for each in loaded.in_flight}

    stage.platform.during = during
    stage.run(first, second)
    assert seen == [({first.id}, set()), ({second.id}, {"anna@example.org"})]


def test_one_call_at_a_time_writes_in_the_order_of_the_plan(stage):
    """Without concurrency the provider sees the plan's list."""
    stage.platform = Platform(concurrency=1)
    names = [f"u{number:02}" for number in range(30)]
    stage.run(*(create(mailbox(name)) for name in names))
    assert stage.platform.actions == [f"create {name}@example.org" for name in names]


@pytest.mark.parametrize(("concurrency", "batch"), [(1, 1), (3, 1), (2, 7)])
def test_calls_and_batches_stay_within_the_providers_limits(stage, concurrency, batch):
    """Never more in flight, never more in one call, and both are used up."""
    stage.platform = Platform(concurrency=concurrency, batch=batch)
    result = stage.run(*(create(mailbox(f"u{number}")) for number in range(60)))
    assert result.counts == {Status.DONE: 60}
    assert stage.platform.peak == concurrency
    assert max(stage.platform.batches) == batch


def test_a_rate_limit_spaces_calls(stage):
    """Ten calls a second, reads among them: thirty need about three."""
    stage.platform = Platform(rate=10.0, concurrency=1)
    stage.run(*(create(mailbox(f"u{number}")) for number in range(10)))
    calls = len(stage.platform.batches) + len(stage.platform.reads)
    assert stage.time.now >= (calls - 1) / 10 - 0.01


def test_a_batch_costs_at_most_two_fsyncs_and_an_operation_less_than_a_kilobyte(stage):
    """Group commit: intents of a batch together, outcomes together."""
    stage.platform = Platform(batch=50, concurrency=1)
    stage.run(*(create(mailbox(f"user-{number}")) for number in range(500)))
    assert stage.fsyncs <= 2 * len(stage.platform.batches)
    assert stage.written / 500 < 1024


def test_operations_of_state_alone_call_no_writer(stage):
    """Adopting, forgetting, and changes of what only state knows; adopting keeps the live fields and the id."""
    anna, gone, ben = mailbox("anna"), mailbox("gone"), mailbox("ben")
    stage.platform = Platform(anna, gone, ben)
    stage.run(operation(Action.ADOPT, gone), operation(Action.ADOPT, ben))
    del stage.platform.things[Kind.MAILBOX, gone.key]
    remember = {"protect": Change(False, True), "password_version": Change(None, 3)}
    forget = Operation(f"forget mailbox {gone.key}", Action.FORGET, Kind.MAILBOX, gone.key, NAME)
    result = stage.run(
        operation(Action.ADOPT, anna, fields=remember), forget, update(ben, ben, remember={"protect": (False, True)})
    )
    assert result.exit_code == 0
    assert not stage.platform.written
    held = stage.applied.resources
    assert held.keys() == {(Kind.MAILBOX, anna.key), (Kind.MAILBOX, ben.key)}
    assert held[Kind.MAILBOX, anna.key].remember == Remembered(protect=True, password_version=3)
    assert held[Kind.MAILBOX, anna.key].id == f"id-{anna.key}"
    assert held[Kind.MAILBOX, ben.key].remember == Remembered(protect=True)


def test_what_moved_since_the_plan_is_left_alone_and_what_needs_it_is_skipped(stage):
    """The precondition is checked again before each write; everything else goes on."""
    old = mailbox("old")
    stage.platform = Platform(mailbox("old", 5))
    first = update(old, mailbox("old", 9))
    second = create(alias("info", "old"), first)
    third = create(alias("more", "old"), second)
    result = stage.run(first, second, third, create(mailbox("free")))
    assert statuses(result) == [Status.MOVED, Status.SKIPPED, Status.SKIPPED, Status.DONE]
    assert result.outcomes[third.id].because == first.id
    assert result.exit_code == 5
    assert stage.platform.actions == ["create free@example.org"]
    assert not stage.store.load().in_flight


@pytest.mark.parametrize("action", [Action.CREATE, Action.DELETE, Action.ADOPT])
def test_a_thing_that_came_or_went_meanwhile_counts_as_moved(stage, action):
    """Neither is anything created over it, nor is its absence taken for our doing."""
    thing = mailbox("anna")
    stage.platform = Platform(thing) if action is Action.CREATE else Platform()
    step = create(thing) if action is Action.CREATE else operation(action, thing)
    assert statuses(stage.run(step)) == [Status.MOVED]
    assert not stage.platform.written
    assert not stage.applied.resources


def test_a_field_that_another_operation_of_the_plan_already_set_does_not_count_as_moved(stage):
    """Two classes of one rrset share its TTL: the first write moves it for both."""
    before = Record("example.org", "TXT", "spf", "example.org", 300, ('"v=spf1 -all"',))
    after = Record("example.org", "TXT", "spf", "example.org", 3600, ('"v=spf1 mx -all"',))
    moved = Record("example.org", "TXT", "spf", "example.org", 3600, ('"v=spf1 -all"',))
    stage.platform = Platform(moved)
    assert statuses(stage.run(update(before, after))) == [Status.DONE]
    elsewhere = Record("example.org", "TXT", "spf", "example.org", 3600, ('"v=spf1 a -all"',))
    stage.platform = Platform(elsewhere)
    assert statuses(stage.run(update(before, after))) == [Status.MOVED]


def test_two_steps_at_one_place_follow_each_other(stage):
    """A delete and a create of one key, and an update after a create whose open field the provider filled."""
    old, new = alias("info", "anna"), alias("info", "ben")
    stage.platform = Platform(old)
    first = delete(old)
    made = Instance("office", None)
    grown = operation(Action.UPDATE, made, create(made), fields={"storage": Change(7, 9)})
    stage.platform.script["office"] = [
        lambda write: stage.platform.effect(
            type(write)(write.action, write.kind, write.key, after=Instance("office", 7))
        )
    ]
    result = stage.run(first, create(new, first), create(made), grown)
    assert statuses(result) == [Status.DONE] * 4
    assert stage.applied.get(Kind.ALIAS, old.key).resource == new
    assert stage.applied.get(Kind.INSTANCE, "office").resource == Instance("office", 9)


def test_a_released_share_of_a_value_leaves_state_and_stays_at_the_provider(stage):
    """Our part of a shared SPF record is taken out; what is left is nobody's of ours."""
    ours = Record("example.org", "TXT", "spf", "example.org", 300, ('"v=spf1 include:a include:b -all"',))
    left = Record("example.org", "TXT", "spf", "example.org", 300, ('"v=spf1 include:b -all"',))
    stage.platform = Platform(ours)
    stage.run(operation(Action.ADOPT, ours, fields={"contribution": Change(None, "v=spf1 include:a -all")}))
    stage.run(update(ours, left, remember={"contribution": ("v=spf1 include:a -all", None)}))
    assert stage.platform.things[Kind.RECORD, ours.key].resource == left
    assert not stage.applied.resources


def test_a_step_for_a_person_waits_and_what_needs_it_waits_with_it(stage):
    """It is no failure; acknowledged but without effect it goes on waiting; with its effect it is recorded."""
    ben = mailbox("ben")
    stage.platform = Platform(ben)
    leaving = operation(
        Action.OPERATOR, ben, fields={"quota": Change(1, None), "owner": Change("Ben", None)}, steps=("write a ticket",)
    )
    follows = create(alias("info", "ben"), leaving)
    result = stage.run(leaving, follows)
    assert statuses(result) == [Status.WAITING, Status.WAITING]
    assert result.exit_code == 0
    with stage.store.acquire("ack") as session:
        session.acknowledge(leaving.id, "ticket 7")
    assert statuses(stage.run(leaving, follows)) == [Status.WAITING, Status.WAITING]
    assert leaving.id in stage.applied.acknowledged
    stage.platform.things.clear()
    assert statuses(stage.run(leaving, follows)) == [Status.DONE, Status.DONE]
    assert leaving.id not in stage.applied.acknowledged
    assert stage.platform.actions == ["create info@example.org"]


def test_a_person_changed_a_field_and_it_is_recorded(stage):
    """An acknowledged step with fields is done when the provider shows them."""
    ben = mailbox("ben")
    stage.platform = Platform(mailbox("ben", 5))
    step = operation(Action.OPERATOR, ben, fields={"quota": Change(1, 5)})
    with stage.store.acquire("ack") as session:
        session.acknowledge(step.id, "")
    assert statuses(stage.run(step)) == [Status.DONE]
    assert stage.applied.get(Kind.MAILBOX, ben.key).resource == mailbox("ben", 5)


def test_asked_to_stop_nothing_new_starts_and_what_is_in_flight_is_recorded(stage):
    """Ctrl-C: the write at the provider finishes, its outcome is durable, the rest is listed as not started."""
    stage.platform = Platform(concurrency=1)
    stage.platform.during = lambda _: stage.stop.set()
    result = stage.run(*(create(mailbox(f"u{number:02}")) for number in range(20)))
    assert result.stopped
    assert result.counts == {Status.DONE: 1, Status.NOT_STARTED: 19}
    assert result.exit_code == 5
    loaded = stage.store.load()
    assert [key for _, key in loaded.applied.resources] == ["u00@example.org"]
    assert not loaded.in_flight


def test_what_an_earlier_run_left_in_the_background_is_waited_for(stage):
    """An instance still being set up holds back what goes into it (netcup/N1)."""
    office = Instance("office", 5)
    stage.platform = Platform(office)
    stage.run(operation(Action.ADOPT, office))
    place = (Kind.INSTANCE, "office")
    stage.platform.things[place] = Live(office, "id", ready=False)
    looks = []

    def reading(found):
        if "office" in found:
            looks.append(stage.time.now)
            if len(looks) == 3:
                stage.platform.things[place] = Live(office, "id")
        return found

    stage.platform.reading = reading
    stage.platform.during = lambda _: looks.append("write")
    assert statuses(stage.run(create(mailbox("anna")))) == [Status.DONE]
    assert looks.index("write") >= 4


@settings(max_examples=80, deadline=None)
@given(data=st.data(), size=st.integers(1, 25), width=st.integers(1, 4))
def test_whatever_fails_all_that_can_be_done_is_done_and_nothing_before_its_time(tmp_path_factory, data, size, width):
    """For random orders and random failures: done is exactly what has no failed ancestor, each after what it needs."""
    edges = [sorted(data.draw(st.sets(st.integers(0, max(0, at - 1)), max_size=3))) if at else [] for at in range(size)]
    broken = data.draw(st.sets(st.integers(0, size - 1), max_size=4))
    steps = []
    for at in range(size):
        steps.append(create(mailbox(f"u{at:02}"), *(steps[need] for need in edges[at])))
    stage = Stage(tmp_path_factory.mktemp("state"), Platform(concurrency=width))
    from reconciler.providers.writer import Failed

    for at in broken:
        stage.platform.script[steps[at].key] = [Failed("no")]
    result = stage.run(*steps)
    lost = set()
    for at in range(size):
        if lost.intersection(edges[at]):
            lost.add(at)
            assert result.outcomes[steps[at].id].status is Status.SKIPPED
        elif at in broken:
            lost.add(at)
            assert result.outcomes[steps[at].id].status is Status.FAILED
        else:
            assert result.outcomes[steps[at].id].status is Status.DONE
    order = [write.key for write in stage.platform.written]
    assert len(order) == len(set(order))
    for at in range(size):
        for need in edges[at]:
            if steps[at].key in order:
                assert order.index(steps[need].key) < order.index(steps[at].key)
    assert {key for _, key in stage.applied.resources} == {steps[at].key for at in range(size) if at not in lost}


def test_a_schedule_counts_two_reasons_for_one_dependency_once_each():
    """An operation named twice under two rules is waited for once."""
    first = create(mailbox("a"))
    twice = (Dependency(first.id, "netcup/N7", "x"), Dependency(first.id, "netcup/N12", "y"))
    second = Operation("create alias b", Action.CREATE, Kind.ALIAS, "b", NAME, twice)
    schedule = Schedule((first, second))
    assert schedule.take(NAME, 5) == [0]
    schedule.succeed(0)
    assert schedule.take(NAME, 5) == [1]
