"""State fails in the middle of a run: nothing more is started, nothing under way is cut off, and all is said."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.apply.recover import recover
from reconciler.apply.result import Status
from reconciler.model.kinds import Action
from reconciler.model.live import Live
from reconciler.model.resources import Instance
from reconciler.providers.writer import Done
from reconciler.state import kept, problems
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles
from tests.apply.imaginary import BUSY, LOST, NAME, Platform, Stage, alias, create, mailbox

NAMES = [f"u{number}" for number in range(8)]


class Failing:
    """Appends to local files, until the k-th: that one fails, and every one after it.

    Attributes:
        effect: Whether the k-th append takes effect all the same: its answer alone is lost.
        lost: Whether the lock is found to be another's, and not the place to be away.
    """

    def __init__(self, monkeypatch, at: int, *, effect: bool = False, lost: bool = False) -> None:
        self.at, self.effect, self.lost, self.calls = at, effect, lost, 0
        append = LocalFiles.append

        def fail(backend, data, at, fence):
            self.calls += 1
            if self.calls == self.at and self.effect:
                append(backend, data, at, fence)
            if self.calls < self.at:
                append(backend, data, at, fence)
            elif self.lost:
                raise problems.lock_lost("mail.json", None)
            else:
                raise BackendError(problems.unwritable("mail.json", OSError(28, "no space left")).diagnostics)

        monkeypatch.setattr(LocalFiles, "append", fail)


def steps():
    """Mailboxes, and an alias to each."""
    for name in NAMES:
        box = create(mailbox(name))
        yield box
        yield create(alias(f"to-{name}", name), box)


def go_on(stage):
    """What the next apply does first; what it is told came home, and what it found out by reading."""
    with stage.store.acquire("apply") as session:
        home = kept.bring_home(session, stage.store.kept())
        found = asyncio.run(recover(session, {NAME: stage.platform}))
    return home, found


FAILURES = st.fixed_dictionaries({"at": st.integers(1, 12), "effect": st.booleans(), "lost": st.booleans()})
LIMITS = st.fixed_dictionaries({"concurrency": st.integers(1, 4), "batch": st.integers(1, 4)})


@settings(max_examples=40)
@given(failure=FAILURES, limits=LIMITS)
def test_whenever_it_fails_the_next_run_knows_what_the_platform_has(tmp_path_factory, failure, limits):
    """At each append, with and without effect: state is told the truth by what was kept and by reading."""
    stage = Stage(tmp_path_factory.mktemp("stage"), Platform(**limits))
    with pytest.MonkeyPatch.context() as patch:
        failing = Failing(patch, **failure)
        result = stage.run(*steps())
    done = {operation for operation, outcome in result.outcomes.items() if outcome.status is Status.DONE}
    happened = {f"create {kind} {key}" for kind, key in stage.platform.things}
    assert done == happened, "what is said to be done is what was done"
    assert bool(result.trouble) == (failing.calls >= failure["at"])
    assert result.exit_code == ((5 if done else 1) if result.trouble else 0)
    assert set(Counter(stage.platform.actions).values()) <= {1}, "nothing is written twice"
    go_on(stage)
    held = {place: each.resource for place, each in stage.applied.resources.items()}
    assert held == {place: live.resource for place, live in stage.platform.things.items()}
    assert not stage.store.load().in_flight
    assert stage.store.kept() == []


def test_nothing_is_started_once_it_failed(stage, monkeypatch):
    """After the failed append no provider is called, and what was not started is told apart from what was done."""
    stage.platform = Platform(concurrency=1)
    failing = Failing(monkeypatch, 4)
    writes = []
    stage.platform.during = lambda batch: writes.append(failing.calls)
    result = stage.run(*steps())
    assert max(writes) < 4
    assert result.count(Status.DONE) == len(stage.platform.things)
    assert result.count(Status.DONE) + result.count(Status.NOT_STARTED) == 2 * len(NAMES)
    assert not result.stopped
    assert [each.id for each in result.trouble] == ["state-unwritable", "state-kept"]


def test_a_call_under_way_is_let_finish_and_its_outcome_is_kept(stage, monkeypatch):
    """The place fails while a call is on its way: the call is answered, and the answer is not lost."""
    slow, quick = create(mailbox("slow")), create(mailbox("quick"))
    stage.platform = Platform(concurrency=2)
    Failing(monkeypatch, 2)
    write = stage.platform.write

    async def wait_for_the_failure(batch):
        outcomes = await write(batch)
        if batch[0].key == slow.key:
            await stage.stop.wait()
        return outcomes

    monkeypatch.setattr(stage.platform, "write", wait_for_the_failure)
    result = stage.run(slow, quick)
    assert {outcome.status for outcome in result.outcomes.values()} == {Status.DONE}
    assert result.exit_code == 5, "all was done, and still nobody may think that state knows"
    (file,) = stage.store.kept()
    assert {end.key for end in file.ends} == {slow.key, quick.key}
    monkeypatch.undo()
    (home,), found = go_on(stage)
    assert (home.recorded, home.late, found) == (2, False, ())


@pytest.mark.parametrize("answer", [BUSY, LOST], ids=["busy", "lost"])
def test_a_write_that_went_wrong_is_not_tried_again(stage, monkeypatch, answer):
    """A retry would be another write."""
    stage.platform = Platform(concurrency=2)
    Failing(monkeypatch, 2)
    write = stage.platform.write

    async def wait_for_the_failure(batch):
        outcomes = await write(batch)
        if batch[0].key == mailbox("slow").key:
            await stage.stop.wait()
        return outcomes

    monkeypatch.setattr(stage.platform, "write", wait_for_the_failure)
    stage.platform.script[mailbox("slow").key] = [answer]
    result = stage.run(create(mailbox("slow")), create(mailbox("quick")))
    assert [outcome.status for outcome in result.outcomes.values()] == [Status.FAILED, Status.DONE]
    assert sorted(stage.platform.actions) == ["create quick@example.org", "create slow@example.org"]


def test_background_work_of_a_provider_is_not_waited_for(stage, monkeypatch):
    """An instance that takes half an hour is kept as it is; the next run goes on from there."""

    def ordered(write):
        stage.platform.things[write.kind, write.key] = Live(write.after, "7", ready=False)
        return Done("7")

    async def forever(seconds):
        await asyncio.Event().wait()

    Failing(monkeypatch, 2)
    stage.platform.script["office"] = [ordered]
    stage.time.sleep = forever
    result = stage.run(create(Instance("office", 5)), create(mailbox("anna")))
    assert result.trouble
    monkeypatch.undo()
    (home,), found = go_on(stage)
    assert home.recorded == 2
    assert found == ()
    assert {key for _, key in stage.applied.resources} == {"office", "anna@example.org"}


def test_a_lock_that_was_lost_stops_the_run_the_same_way(stage, monkeypatch):
    """The fence refuses: that is said, and nothing more is written at any provider."""
    Failing(monkeypatch, 3, lost=True)
    stage.platform = Platform(concurrency=1)
    result = stage.run(*steps())
    assert result.trouble[0].id == "state-lock-lost"
    assert result.count(Status.NOT_STARTED)
    assert not any(each.action is not Action.CREATE for each in stage.platform.written)


def test_the_first_append_that_fails_changes_nothing(stage, monkeypatch):
    """A state that can not be written at all: no call, nothing kept, exit 1."""
    Failing(monkeypatch, 1)
    result = stage.run(*steps())
    assert stage.platform.written == []
    assert result.exit_code == 1
    assert set(result.counts) == {Status.NOT_STARTED}
    assert stage.store.kept() == []


def test_what_can_not_even_be_kept_is_found_out_by_reading(stage, monkeypatch):
    """No folder takes the outcomes: they stay in flight, and the next run reads the provider."""
    monkeypatch.setattr(kept, "places", lambda base: ())
    Failing(monkeypatch, 2)
    stage.platform = Platform(concurrency=1)
    result = stage.run(create(mailbox("anna")))
    assert [each.id for each in result.trouble] == ["state-unwritable"]
    monkeypatch.undo()
    home, found = go_on(stage)
    assert home == ()
    assert [str(each) for each in found] == ["create mailbox anna@example.org had taken effect"]
