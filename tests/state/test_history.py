"""History: what every run did stays readable after its journal was folded, also where a crash came in between."""

import pytest

from reconciler.model.desired import Remembered, StateBlock
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent, StateStore, open_state


def store(folder) -> StateStore:
    return open_state(StateBlock("local", "mail.json", folder))


def mailbox(key: str, owner: str = "Anna", quota: int = 1, **rest) -> Applied:
    return Applied(Mailbox(key, owner, quota), "g", **rest)


def write(session, action: Action, key: str, applied: Applied | None, **intent) -> None:
    """One operation as apply makes it: promised, then recorded."""
    session.begin([Intent(action, Kind.MAILBOX, key, "g", **intent)])
    session.commit_now()
    session.end([Ended(action, Kind.MAILBOX, key, "g", applied=applied, gone=applied is None)])
    session.commit_now()


@pytest.fixture
def lived(tmp_path) -> StateStore:
    """A mailbox is created, changed and deleted in three runs."""
    key = "anna@example.org"
    with store(tmp_path).acquire("apply") as session:
        session.carry_out("sha256:one")
        write(session, Action.CREATE, key, mailbox(key), fields={"owner": "Anna", "quota": 1})
    with store(tmp_path).acquire("apply") as session:
        write(session, Action.UPDATE, key, mailbox(key, quota=2), fields={"quota": 2}, before={"quota": 1})
    with store(tmp_path).acquire("destroy") as session:
        write(session, Action.DELETE, key, None, before={"owner": "Anna", "quota": 2})
    return store(tmp_path)


def test_every_run_is_told_with_values_before_and_after(lived):
    """Who, when, which plan; create, change and delete each with what it did away with and what it left."""
    runs = list(lived.history())
    assert [(run.header.serial, run.header.operation) for run in runs] == [(1, "apply"), (2, "apply"), (3, "destroy")]
    assert runs[0].plan == "sha256:one"
    assert all("@" in run.header.who and run.header.at > 0 for run in runs)
    steps = [step for run in runs for step in run.steps]
    assert [(step.action, dict(step.before), dict(step.after), step.done) for step in steps] == [
        ("create", {}, {"owner": "Anna", "quota": 1}, True),
        ("update", {"quota": 1}, {"quota": 2}, True),
        ("delete", {"owner": "Anna", "quota": 2}, {}, True),
    ]
    assert all(run.header.at <= step.at <= run.header.at + 60 for run in runs for step in run.steps)


def test_what_touches_state_alone_is_told_as_well(tmp_path):
    """Adopting and forgetting have no promise; the values come from state itself."""
    key = "anna@example.org"
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.ADOPT, Kind.MAILBOX, key, "g", applied=mailbox(key))])
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.ADOPT, Kind.MAILBOX, key, "g", applied=mailbox(key, owner="Emma"))])
        session.end([Ended(Action.FORGET, Kind.MAILBOX, key, "g", gone=True)])
        session.acknowledge("operator member ben@example.org", "ticket 7")
    first, second = store(tmp_path).history()
    assert [(dict(step.before), dict(step.after)) for step in first.steps] == [({}, {"owner": "Anna", "quota": 1})]
    assert [(step.action, dict(step.before), dict(step.after)) for step in second.steps] == [
        ("adopt", {"owner": "Anna"}, {"owner": "Emma"}),
        ("forget", {"owner": "Emma", "quota": 1}, {}),
    ]
    assert second.acknowledged == {"operator member ben@example.org": "ticket 7"}


def test_a_write_in_flight_at_the_end_of_its_run_has_no_outcome_there(tmp_path):
    """The run that finds out tells it."""
    key = "anna@example.org"
    manager = store(tmp_path).acquire("apply")
    session = manager.__enter__()
    session.begin([Intent(Action.CREATE, Kind.MAILBOX, key, "g", {"owner": "Anna", "quota": 1})])
    session.commit_now()
    session.abandon()
    with store(tmp_path).acquire("apply") as session:
        found = Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=mailbox(key), message="in flight: done")
        session.end([found])
    died, next_run = store(tmp_path).history()
    assert [(step.action, step.done) for step in died.steps] == [("create", None)]
    assert [(step.action, step.done, step.message) for step in next_run.steps] == [("create", True, "in flight: done")]


def test_what_a_later_run_finds_out_is_told_with_the_values_of_the_write(tmp_path):
    """Of an update that was in flight only what it changed is told, though all fields were recorded."""
    key = "anna@example.org"
    with store(tmp_path).acquire("apply") as session:
        write(session, Action.CREATE, key, mailbox(key), fields={"owner": "Anna", "quota": 1})
    with store(tmp_path).acquire("apply") as session:
        session.begin([Intent(Action.UPDATE, Kind.MAILBOX, key, "g", {"quota": 2}, before={"quota": 1})])
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.UPDATE, Kind.MAILBOX, key, "g", applied=mailbox(key, quota=2))])
    step = list(store(tmp_path).history())[2].steps[0]
    assert (dict(step.before), dict(step.after), step.done) == ({"quota": 1}, {"quota": 2}, True)
    _, died, alone = store(tmp_path).history(lambda header, _: header.serial == 3)
    assert (died.steps, died.counts["update", "unknown"]) == ([], 1)
    assert alone.steps == [step]


def test_a_journal_that_was_folded_and_not_put_away_is_told_once(tmp_path):
    """A crash between the snapshot and the end of the journal leaves its runs in both; the next run puts it away."""
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.ADOPT, Kind.MAILBOX, "a@example.org", "g", applied=mailbox("a@example.org"))])
    (folded,) = (tmp_path / "mail.json.history").iterdir()
    folded.rename(tmp_path / "mail.json.journal")
    assert len(list(store(tmp_path).history())) == 1
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.FORGET, Kind.MAILBOX, "a@example.org", "g", gone=True)])
    assert [run.header.serial for run in store(tmp_path).history()] == [1, 2]
    (tmp_path / "mail.json.journal").write_bytes(max((tmp_path / "mail.json.history").iterdir()).read_bytes())
    assert [run.header.serial for run in store(tmp_path).history()] == [1, 2]


def test_history_shows_the_version_of_a_password_and_nothing_else_of_it(tmp_path):
    """What is remembered beside the fields is no part of the values before and after."""
    applied = mailbox("a@example.org", remember=Remembered(password_version=3))
    with store(tmp_path).acquire("apply") as session:
        session.end([Ended(Action.ADOPT, Kind.MAILBOX, "a@example.org", "g", applied=applied)])
    ((step,),) = [run.steps for run in store(tmp_path).history()]
    assert set(step.after) == {"owner", "quota"}
