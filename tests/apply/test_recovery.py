"""After a crash: writes in flight are resolved by reading, with and without writing the finding down."""

import asyncio

import pytest

from reconciler.apply.recover import recover, resolve_in_flight
from reconciler.apply.verify import verify_preconditions
from reconciler.model.desired import Remembered
from reconciler.model.fingerprint import ABSENT, fingerprint
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, Inventory
from reconciler.state import Ended, Intent
from tests.apply.imaginary import NAME, Platform, Time, alias, create, delete, mailbox, operation, plan_of, update

OLD, NEW, OTHER = mailbox("anna", 1), mailbox("anna", 2), mailbox("anna", 7)
KEY = OLD.key


def intent(action: Action, *, password: bool = False) -> Intent:
    fields = {Action.CREATE: NEW.fields(), Action.UPDATE: {"quota": 2}, Action.DELETE: {}}[action]
    precondition = ABSENT if action is Action.CREATE else fingerprint(OLD)
    return Intent(action, Kind.MAILBOX, KEY, NAME, fields, precondition, Remembered(password_version=2), password)


def crash(stage, planned: Intent) -> None:
    """Leave a state in which a write is in flight."""
    manager = stage.store.acquire("apply")
    session = manager.__enter__()
    if planned.action is not Action.CREATE:
        held = Applied(OLD, NAME, "7", Remembered(password_version=1))
        session.end([Ended(Action.ADOPT, Kind.MAILBOX, KEY, NAME, applied=held)])
    session.begin([planned])
    session.commit_now()
    session.abandon()


@pytest.mark.parametrize(
    ("action", "live", "expected"),
    [
        (Action.CREATE, None, ("not done", None, None)),
        (Action.CREATE, NEW, ("done", NEW, 2)),
        (Action.CREATE, OTHER, ("other", OTHER, 2)),
        (Action.UPDATE, OLD, ("not done", OLD, 1)),
        (Action.UPDATE, NEW, ("done", NEW, 2)),
        (Action.UPDATE, OTHER, ("other", OTHER, 1)),
        (Action.UPDATE, None, ("other", OLD, 1)),
        (Action.DELETE, None, ("done", None, None)),
        (Action.DELETE, OLD, ("not done", OLD, 1)),
    ],
)
def test_a_write_in_flight_is_resolved_by_what_is_there(stage, action, live, expected):
    """For each action and each thing reading can show; a plan sees the same without writing."""
    finding, held, version = expected
    crash(stage, intent(action))
    stage.platform = Platform(*([live] if live else []))
    lives = Inventory([(NAME, stage.platform.things.values())])
    before = {path.name: path.read_bytes() for path in stage.folder.iterdir()}
    seen = resolve_in_flight(stage.store.load(), lives, 0.0)
    assert {path.name: path.read_bytes() for path in stage.folder.iterdir()} == before
    with stage.store.acquire("apply") as session:
        (recovered,) = asyncio.run(recover(session, {NAME: stage.platform}))
    assert recovered.verdict == finding
    loaded = stage.store.load()
    assert not loaded.in_flight
    assert loaded.applied.resources == seen.resources
    found = loaded.applied.get(Kind.MAILBOX, KEY)
    assert (found.resource if found else None) == held
    assert (found.remember.password_version if found else None) == version


def test_a_password_in_flight_counts_as_not_set(stage):
    """The state keeps the old version, so the next plan sets it again."""
    crash(stage, intent(Action.UPDATE, password=True))
    stage.platform = Platform(NEW)
    with stage.store.acquire("apply") as session:
        asyncio.run(recover(session, {NAME: stage.platform}))
    assert stage.applied.get(Kind.MAILBOX, KEY) == Applied(NEW, NAME, f"id-{KEY}", Remembered(password_version=1))


def test_recovery_waits_until_reads_can_not_lag_behind(stage):
    """A create that took effect a moment ago must not be read as not done."""
    crash(stage, intent(Action.CREATE))
    stage.platform = Platform(NEW, consistency=5.0)
    time = Time()
    stage.platform.reading = lambda found: found if time.now >= 5.0 else {}
    with stage.store.acquire("apply") as session:
        asyncio.run(recover(session, {NAME: stage.platform}, time.sleep))
    assert stage.applied.get(Kind.MAILBOX, KEY).resource == NEW


def test_a_write_at_a_provider_nobody_can_ask_stays_in_flight(stage):
    """It is not guessed."""
    crash(stage, intent(Action.CREATE))
    with stage.store.acquire("apply") as session:
        assert asyncio.run(recover(session, {})) == ()
    assert len(stage.store.load().in_flight) == 1


def test_preconditions_are_checked_in_bulk_before_anything_is_written():
    """Each live resource that moved is named; the second step at a place and people's steps are not asked."""
    anna, ben, info = mailbox("anna"), mailbox("ben"), alias("info", "ben")
    platform = Platform(anna, mailbox("ben", 9), info)
    gone = delete(info)
    plan = plan_of(
        update(anna, mailbox("anna", 2)),
        update(ben, mailbox("ben", 2)),
        gone,
        create(alias("info", "anna"), gone),
        create(mailbox("new")),
        operation(Action.OPERATOR, mailbox("ghost")),
    )
    moved = asyncio.run(verify_preconditions(plan, {NAME: platform}))
    assert len(moved) == 1
    assert "ben@example.org" in moved[0]
    assert len(platform.reads) == 2
