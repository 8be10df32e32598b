"""Outcomes that could not be recorded: kept in a file, brought home by the next run, never put over what is newer."""

import pytest

from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent, StateStore, kept, open_state, problems
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles

KEY = "anna@example.org"
DONE = Ended(Action.CREATE, Kind.MAILBOX, KEY, "g", applied=Applied(Mailbox(KEY, "Anna", 1), "g", "7"))


class Failing(LocalFiles):
    """A place that can not be written from some moment on; the last write may have taken effect."""

    left = 10**6
    takes_effect = False

    def append(self, data, at, fence):
        self.left -= 1
        if self.left < 0:
            if self.takes_effect and self.left == -1:
                super().append(data, at, fence)
            raise BackendError(problems.unwritable("far away", OSError(5, "gone")).diagnostics)
        super().append(data, at, fence)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return tmp_path


def failing(folder, *, after: int, takes_effect: bool = False) -> StateStore:
    backend = Failing(folder / "mail.json")
    backend.left, backend.takes_effect = after, takes_effect
    return StateStore(backend, folders=kept.places(folder))


def store(folder) -> StateStore:
    return open_state(StateBlock("local", "mail.json", folder))


def die(folder, **how) -> Problem:
    """Promise a write durably, make it, and fail to record it."""

    def run() -> None:
        with failing(folder, after=1, **how).acquire("apply") as session:
            session.begin([Intent(Action.CREATE, Kind.MAILBOX, KEY, "g", {"owner": "Anna", "quota": 1})])
            session.commit_now()
            session.end([DONE])
            session.commit_now()
            # outcomes still come in; nothing new may be promised
            session.begin([Intent(Action.CREATE, Kind.MAILBOX, "b@example.org", "g")])

    with pytest.raises(Problem) as caught:
        run()
    return caught.value


def test_what_happened_is_kept_beside_the_configuration_and_the_run_is_told_where(elsewhere):
    """The message names the file and the way home."""
    found = die(elsewhere)
    assert [each.id for each in found.diagnostics] == ["state-unwritable", "state-kept"]
    (file,) = store(elsewhere).kept()
    assert str(file.path) in found.diagnostics[1].message
    assert file.ends == (DONE,)
    assert file.path.parent == elsewhere / "state"
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("takes_effect", [False, True])
def test_the_next_run_brings_it_home_whether_the_last_write_took_effect_or_not(elsewhere, takes_effect):
    """The state says what happened, with the provider's id; the file is gone; a second time there is nothing."""
    die(elsewhere, takes_effect=takes_effect)
    with store(elsewhere).acquire("apply") as session:
        (home,) = kept.bring_home(session, store(elsewhere).kept())
        assert home.recorded == (0 if takes_effect else 1)
        assert not home.late
    loaded = store(elsewhere).load()
    assert loaded.applied.get(Kind.MAILBOX, KEY) == DONE.applied
    assert loaded.in_flight == ()
    assert store(elsewhere).kept() == []


def test_what_a_later_run_found_out_is_not_overwritten(elsewhere):
    """The later run read the provider; the kept outcome is older than what it found."""
    die(elsewhere)
    later = Applied(Mailbox(KEY, "Emma", 5), "g", "7")
    with store(elsewhere).acquire("apply") as session:
        session.end([Ended(Action.CREATE, Kind.MAILBOX, KEY, "g", applied=later)])
    with store(elsewhere).acquire("apply") as session:
        (home,) = kept.bring_home(session, store(elsewhere).kept())
        assert home.late
    assert store(elsewhere).load().applied.get(Kind.MAILBOX, KEY) == later
    assert store(elsewhere).kept() == []


def test_outcomes_of_another_state_stay_where_they_are(elsewhere):
    """A folder can hold what several configurations kept."""
    die(elsewhere)
    (elsewhere / "mail.json.journal").unlink()
    with store(elsewhere).acquire("apply") as session:
        session.end([DONE])
    with store(elsewhere).acquire("apply") as session:
        assert kept.bring_home(session, store(elsewhere).kept()) == ()
    assert len(store(elsewhere).kept()) == 1


def test_another_folder_takes_it_where_the_first_can_not_be_written(elsewhere):
    """A disk that is full, a folder that is read-only: the home folder is next."""
    (elsewhere / "state").write_text("a file, no folder")
    die(elsewhere)
    (file,) = store(elsewhere).kept()
    assert file.path.parent == elsewhere / "home" / "reconciler"


def test_a_promise_that_could_not_be_recorded_keeps_nothing_as_nothing_was_begun(elsewhere):
    """There is no outcome to lose."""

    def run() -> None:
        with failing(elsewhere, after=0).acquire("apply") as session:
            session.begin([Intent(Action.CREATE, Kind.MAILBOX, KEY, "g")])
            session.commit_now()

    with pytest.raises(Problem) as caught:
        run()
    assert [each.id for each in caught.value.diagnostics] == ["state-unwritable"]
    assert store(elsewhere).kept() == []


def test_a_damaged_file_is_told_and_left(elsewhere):
    """Half of it would be worse than none."""
    die(elsewhere)
    (file,) = (elsewhere / "state").iterdir()
    data = file.read_bytes().replace(b"Anna", b"Emma")
    file.write_bytes(data)
    with pytest.raises(Problem), store(elsewhere).acquire("apply") as session:
        kept.bring_home(session, store(elsewhere).kept())
    assert file.read_bytes() == data
