"""Providers that are busy, break off, lie, lag or take their time."""

import asyncio

from reconciler.apply.result import Status
from reconciler.model.desired import Declaration
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.resources import Instance
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.source import Origin
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from reconciler.state import problems
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles
from tests.apply.imaginary import BUSY, LOST, Platform, alias, create, delete, mailbox, update

ANNA = mailbox("anna")


def only(result):
    (outcome,) = result.outcomes.values()
    return outcome


def test_a_refusal_is_not_tried_again(stage):
    """The provider's words and its rule are in the result, and the state does not claim anything."""
    stage.platform.script[ANNA.key] = [Failed("quota is too large", rule="netcup/N10")]
    outcome = only(stage.run(create(ANNA)))
    assert (outcome.status, outcome.message, outcome.rule) == (Status.FAILED, "quota is too large", "netcup/N10")
    assert len(stage.platform.written) == 1
    loaded = stage.store.load()
    assert not loaded.applied.resources
    assert not loaded.in_flight


def test_a_busy_provider_is_tried_again_each_time_after_twice_as_long(stage):
    """Exponential back-off, capped by the longest delay, and a bounded number of tries."""
    stage.platform.script[ANNA.key] = [BUSY] * 9
    stage.patience = {"attempts": 5, "base": 1.0, "longest": 6.0}
    outcome = only(stage.run(create(ANNA)))
    assert (outcome.status, outcome.message) == (Status.FAILED, "busy")
    assert len(stage.platform.written) == 5
    assert stage.notes.delays == [1.0, 2.0, 4.0, 6.0]


def test_a_provider_that_says_how_long_to_wait_is_listened_to(stage):
    """`retry_after` is honoured where it is longer."""
    stage.platform.script[ANNA.key] = [Failed("slow down", retryable=True, retry_after=17.0)]
    assert only(stage.run(create(ANNA))).status is Status.DONE
    assert stage.notes.delays == [17.0]
    assert stage.time.now >= 17.0


def test_others_are_done_and_recorded_while_one_is_tried_again(stage):
    """A batch is as many truths as it has writes: the good ones release what waits for them at once."""
    stage.platform = Platform(batch=10)
    stage.platform.script["ben@example.org"] = [BUSY]
    seen = []

    async def sleep(seconds):
        for _ in range(2000):
            if "create info@example.org" in stage.platform.actions:
                seen.append(seconds)
                return
            await asyncio.sleep(0.001)

    stage.time.sleep = sleep
    ready = create(mailbox("carl"))
    result = stage.run(create(mailbox("ben")), ready, create(alias("info", "carl"), ready))
    assert result.counts == {Status.DONE: 3}
    assert seen


def test_a_lost_answer_to_a_write_that_took_effect_is_found_out_by_looking(stage):
    """Create, update and delete are not done twice."""
    old, gone = mailbox("old"), mailbox("gone")
    stage.platform = Platform(old, gone)
    for key in (ANNA.key, old.key, gone.key):
        stage.platform.script[key] = [stage.platform.and_then(LOST)]
    result = stage.run(create(ANNA), update(old, mailbox("old", 9)), delete(gone))
    assert result.counts == {Status.DONE: 3}
    assert len(stage.platform.written) == 3
    assert {key for _, key in stage.applied.resources} == {ANNA.key, old.key}


def test_a_lost_answer_to_a_write_without_effect_is_tried_again(stage):
    """Looking shows that nothing happened, so it is safe to do it."""
    old, gone = mailbox("old"), mailbox("gone")
    stage.platform = Platform(old, gone)
    for key in (ANNA.key, old.key, gone.key):
        stage.platform.script[key] = [LOST]
    result = stage.run(create(ANNA), update(old, mailbox("old", 9)), delete(gone))
    assert result.counts == {Status.DONE: 3}
    assert len(stage.platform.written) == 6


def test_an_effect_that_shows_late_is_recognised_when_the_second_try_is_refused(stage):
    """The address is taken, by ourselves."""
    stage.platform.script[ANNA.key] = [stage.platform.and_then(LOST)]
    hidden = [2]

    def reading(found):
        if ANNA.key in found and hidden[0]:
            hidden[0] -= 1
            return {}
        return found

    stage.platform.reading = reading
    hidden[0] = 1
    assert only(stage.run(create(ANNA))).status is Status.DONE
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).resource == ANNA


def test_a_writer_that_raises_or_answers_short_has_told_nothing(stage):
    """Each write of the batch is looked up instead of believed."""

    class Broken(Platform):
        async def write(self, batch):
            outcomes = await super().write(batch)
            if len(self.batches) == 1:
                raise RuntimeError("a bug")
            return outcomes[:-1] if len(self.batches) == 2 else outcomes

    stage.platform = Broken(batch=5, concurrency=1)
    result = stage.run(*(create(mailbox(f"u{number}")) for number in range(10)))
    assert result.counts == {Status.DONE: 10}
    assert len(stage.platform.written) == 10


def test_success_that_can_not_be_seen_is_a_failure_and_the_truth_is_recorded(stage):
    """An attribute the provider silently drops, a create and a delete it did not do."""
    old, gone = mailbox("old"), mailbox("gone")
    stage.platform = Platform(old, gone)
    stage.platform.script[old.key] = [Done()]
    stage.platform.script[gone.key] = [Done()]
    stage.platform.script["none@example.org"] = [Done()]

    def drop_the_quota(write):
        stage.platform.things[write.kind, write.key] = Live(mailbox("anna", 7), "id")
        return Done("id")

    stage.platform.script[ANNA.key] = [drop_the_quota]
    result = stage.run(create(ANNA), create(mailbox("none")), update(old, mailbox("old", 9)), delete(gone))
    assert result.counts == {Status.FAILED: 4}
    said = [outcome.message for outcome in result.outcomes.values()]
    assert said == [
        "g reports success, but quota is 7, not 1",
        "g reports success, but it is not there",
        "g reports success, but quota is 1, not 9",
        "g reports success, but it is still there",
    ]
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).resource == mailbox("anna", 7)
    assert not stage.store.load().in_flight


def test_a_provider_that_can_not_be_read_back_is_believed(stage):
    """Where the capability table says so."""
    stage.platform = Platform(read_back=False)
    stage.platform.script[ANNA.key] = [Done("7")]
    assert only(stage.run(create(ANNA))).status is Status.DONE
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).id == "7"


def test_reads_that_lag_are_repeated_for_as_long_as_the_provider_may_lag(stage):
    """Eventual consistency is waited out, and no longer."""
    stage.platform = Platform(consistency=3.0)
    stage.platform.reading = lambda found: found if stage.time.now > 1.0 else {}
    assert only(stage.run(create(ANNA))).status is Status.DONE
    assert 1.0 < stage.time.now < 3.0
    stage.platform.reading = lambda found: {}
    start = stage.time.now
    outcome = only(stage.run(create(mailbox("ben"))))
    assert outcome.message == "g reports success, but it is not there"
    assert 3.0 <= stage.time.now - start < 10.0


def test_background_work_is_waited_for_while_other_work_goes_on(stage):
    """An instance is ordered, set up in the background, and only then used (netcup/N1)."""
    office = Instance("office", 5)

    def ordered(write):
        stage.platform.things[write.kind, write.key] = Live(office, "7", ready=False)
        return Done("7")

    def reading(found):
        if stage.time.now > 100 and "office" in found:
            stage.platform.things[Kind.INSTANCE, "office"] = Live(office, "7")
            return {"office": Live(office, "7")}
        return found

    stage.platform.script["office"] = [ordered]
    stage.platform.reading = reading
    order = create(office)
    result = stage.run(order, create(mailbox("inside"), order), create(mailbox("elsewhere")))
    assert result.counts == {Status.DONE: 3}
    assert stage.platform.actions == ["create office", "create elsewhere@example.org", "create inside@example.org"]
    assert ("waiting", order.id) in stage.notes.told
    assert stage.time.now > 100


def test_background_work_that_takes_too_long_is_recorded_and_left_to_the_next_run(stage):
    """The instance is ours and in state; what needs it is skipped."""
    office = Instance("office", 5)

    def ordered(write):
        stage.platform.things[write.kind, write.key] = Live(office, "7", ready=False)
        return Done("7")

    stage.platform.script["office"] = [ordered]
    stage.patience = {"provisioning": 60.0}
    order = create(office)
    result = stage.run(order, create(mailbox("inside"), order))
    assert [outcome.status for outcome in result.outcomes.values()] == [Status.FAILED, Status.SKIPPED]
    assert "next run" in result.outcomes[order.id].message
    assert stage.applied.get(Kind.INSTANCE, "office").id == "7"
    assert 60 <= stage.time.now < 120


def test_a_conflict_is_looked_at_and_tried_again_or_reported_as_moved(stage):
    """Compare-and-swap lost against our own other write is repeated; against somebody else's it is not."""
    old, other = mailbox("old"), mailbox("other")
    stage.platform = Platform(old, other)
    conflict = Failed("it is not what was read before", code="conflict")

    def somebody_else(write):
        stage.platform.things[write.kind, write.key] = Live(mailbox("other", 77), "id")
        return conflict

    stage.platform.script[old.key] = [conflict]
    stage.platform.script[other.key] = [somebody_else]
    result = stage.run(update(old, mailbox("old", 9)), update(other, mailbox("other", 9)))
    assert [outcome.status for outcome in result.outcomes.values()] == [Status.DONE, Status.MOVED]
    assert stage.platform.things[Kind.MAILBOX, other.key].resource.quota == 77


def test_what_somebody_else_created_in_the_last_moment_is_not_taken_for_ours(stage):
    """A certain refusal says that we did not do it, though it looks the same."""

    def somebody_else(write):
        stage.platform.effect(write)
        return Failed("it exists", code="conflict")

    stage.platform.script[ANNA.key] = [somebody_else]
    assert only(stage.run(create(ANNA))).status is Status.MOVED
    assert not stage.applied.resources


def test_a_provider_that_can_not_be_read_fails_its_operations_before_anything_is_written(stage):
    """A transient error is tried again first."""
    calls = []

    def reading(found):
        calls.append(1)
        raise ProviderError("the server is away", transient=True)

    stage.platform.reading = reading
    outcome = only(stage.run(create(ANNA)))
    assert (outcome.status, outcome.message) == (Status.FAILED, "the server is away")
    assert len(calls) == 5
    assert not stage.platform.written
    assert not stage.store.load().in_flight


def test_an_outcome_that_can_not_be_known_stays_in_flight_for_the_next_run(stage):
    """The answer is lost, and the provider can not be read any more."""

    def reading(found):
        if stage.platform.written:
            raise ProviderError("the server is away")
        return found

    stage.platform.reading = reading
    stage.platform.script[ANNA.key] = [stage.platform.and_then(LOST)]
    step = create(ANNA)
    result = stage.run(step, create(alias("info", "anna"), step))
    assert [outcome.status for outcome in result.outcomes.values()] == [Status.FAILED, Status.SKIPPED]
    assert [intent.operation for intent in stage.store.load().in_flight] == [step.id]


def test_a_state_that_can_not_be_written_stops_the_run_before_the_next_call(stage, monkeypatch):
    """No provider is called once an intent could not be made durable; what is in flight is still known."""
    append, calls = LocalFiles.append, []

    def full(self, data, at, fence):
        calls.append(1)
        if len(calls) > 2:
            raise BackendError(problems.unwritable("mail.json", OSError(28, "No space left on device")).diagnostics)
        append(self, data, at, fence)

    monkeypatch.setattr(LocalFiles, "append", full)
    stage.platform = Platform(concurrency=1)
    result = stage.run(*(create(mailbox(f"u{number:02}")) for number in range(40)))
    assert result.trouble[0].id == "state-unwritable"
    monkeypatch.undo()
    loaded = stage.store.load()
    known = {key for _, key in loaded.applied.resources} | {intent.key for intent in loaded.in_flight}
    assert {write.key for write in stage.platform.written} <= known


def test_a_run_that_can_not_record_does_not_wait_for_background_work(stage, monkeypatch):
    """The instance would take half an hour; the disk is full now."""
    append, calls = LocalFiles.append, []

    def ordered(write):
        stage.platform.things[write.kind, write.key] = Live(write.after, "7", ready=False)
        return Done("7")

    def full(self, data, at, fence):
        calls.append(1)
        if len(calls) > 1:
            raise BackendError(problems.unwritable("mail.json", OSError(28, "No space left on device")).diagnostics)
        append(self, data, at, fence)

    async def forever(seconds):
        await asyncio.Event().wait()

    monkeypatch.setattr(LocalFiles, "append", full)
    stage.platform.script["office"] = [ordered]
    stage.time.sleep = forever
    result = stage.run(create(Instance("office", 5)), create(ANNA))
    assert result.trouble[0].id == "state-unwritable"
    monkeypatch.undo()
    assert {intent.key for intent in stage.store.load().in_flight} == {"office", ANNA.key}


def test_asked_to_stop_a_retry_is_given_up_and_said(stage):
    """A long back-off does not hold up Ctrl-C."""

    def busy(write):
        stage.stop.set()
        return BUSY

    async def forever(seconds):
        await asyncio.Event().wait()

    stage.platform.script[ANNA.key] = [busy]
    stage.time.sleep = forever
    outcome = only(stage.run(create(ANNA)))
    assert outcome.status is Status.FAILED
    assert not stage.store.load().in_flight


def test_a_password_whose_setting_was_not_answered_is_set_again(stage, monkeypatch):
    """No reading shows a password; setting it twice does no harm."""
    monkeypatch.setenv("ANNA_PASSWORD", "s3cret")
    stage.platform = Platform(ANNA)
    reference = SecretRef(SecretSource.ENV, ("ANNA_PASSWORD",))
    stage.declarations[Kind.MAILBOX, ANNA.key] = Declaration(ANNA, "g", Origin("x", 0), password=reference)
    stage.platform.script[ANNA.key] = [stage.platform.and_then(LOST)]
    result = stage.run(update(ANNA, ANNA, remember={"password_version": (1, 2)}))
    assert only(result).status is Status.DONE
    assert [write.password.reveal() for write in stage.platform.written] == ["s3cret"] * 2
    assert stage.applied.get(Kind.MAILBOX, ANNA.key).remember.password_version == 2
