"""State fails in the middle of an apply, as the command line tells it; and what the commands after it say and do."""

import json
import time

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent, problems
from reconciler.state.backend import BackendError
from reconciler.state.places.local import LocalFiles
from tests.cli.conftest import MAIL, make
from tests.doctor.conftest import CONSENT, fail_to_record, store_of

GB = 10**9
ANNA = "anna@example.org"
UPDATE = Intent(Action.UPDATE, Kind.MAILBOX, ANNA, "groupware", {"quota": 7 * GB}, "sha256:before")
ENDED = Ended(
    Action.UPDATE, Kind.MAILBOX, ANNA, "groupware",
    applied=Applied(Mailbox(ANNA, "Anna Beispiel", 7 * GB), "groupware", "1"),
)  # fmt: skip


@pytest.fixture
def new(tmp_path, monkeypatch):
    """The company before its first apply."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return make(tmp_path / "new", MAIL)


def fails_at(monkeypatch, at: int, name: str = "append") -> None:
    """Let the place be away from the k-th write on."""
    write, calls = getattr(LocalFiles, name), []

    def away(self, *words):
        calls.append(1)
        if len(calls) >= at:
            raise BackendError(problems.unwritable(self.where, OSError(5, "input/output error")).diagnostics)
        write(self, *words)

    monkeypatch.setattr(LocalFiles, name, away)


def statuses(done) -> dict[str, int]:
    return {status: number for status, number in done.json["summary"].items() if number}


def test_a_run_that_lost_its_state_says_what_was_done_and_what_was_not_started(new, monkeypatch):
    """Exit 5: the result on stdout, why it stopped on stderr, and where to look next."""
    fails_at(monkeypatch, 4)
    done = new.run("apply", *CONSENT, exit=5)
    assert "Not started, because the run was stopped:" in done.out
    assert "Partly done: stopped, as state could not be written any more;" in done.out
    assert done.out.endswith("Next: reconciler doctor\n")
    assert "error[state-unwritable]" in done.err
    assert "internal" not in done.err


def test_a_program_is_told_the_same_in_one_document(new, monkeypatch):
    """Summary, operations and trouble; standard output is one JSON document."""
    fails_at(monkeypatch, 5)
    done = new.run("apply", *CONSENT, "--format", "json", exit=5)
    assert done.json["format"] == "reconciler.apply/1"
    assert done.json["halted"] is True
    assert done.json["interrupted"] is False
    assert done.json["trouble"][0]["id"] == "state-unwritable"
    assert statuses(done).keys() == {"done", "not started"}


def test_a_state_that_can_not_be_written_at_all_changes_nothing(new, monkeypatch):
    """Exit 1, and the platform was not called."""
    fails_at(monkeypatch, 1)
    done = new.run("apply", *CONSENT, "--format", "json", exit=1)
    assert statuses(done).keys() == {"not started"}
    monkeypatch.undo()
    assert new.run("plan", exit=2).out.startswith("Plan: ")
    assert not list((new.folder / "state").glob("kept-*"))


@pytest.mark.parametrize("at", range(2, 9))
def test_wherever_it_fails_the_next_apply_goes_on_from_there(new, monkeypatch, at):
    """What was kept is brought home, the rest is found out by reading, and the plan after it is empty."""
    fails_at(monkeypatch, at)
    first = new.run("apply", *CONSENT, "--format", "json", exit=5)
    monkeypatch.undo()
    kept = list((new.folder / "state").glob("kept-*"))
    doctor = new.run("doctor", "--format", "json").json
    assert bool(kept) == ("state-kept" in [each["id"] for each in first.json["trouble"]])
    assert bool(kept) == ("state-kept" in [each["id"] for each in doctor["diagnostics"]])
    again = new.run("apply", *CONSENT, "--format", "json").json
    assert len(again["brought_home"]) == len(kept)
    assert all(each["recorded"] and not each["late"] for each in again["brought_home"])
    assert len(doctor["in_flight"]) == len(again["recovered"]) + sum(each["recorded"] for each in again["brought_home"])
    new.run("plan")
    assert not list((new.folder / "state").glob("kept-*"))


def test_a_fold_that_fails_loses_nothing_and_is_said(new, monkeypatch):
    """Every outcome stands in the journal: the run is done, and the next one folds it."""
    fails_at(monkeypatch, 1, "replace")
    done = new.run("apply", *CONSENT)
    assert "warning[state-unwritable]" in done.err
    assert done.out.startswith("Done: ")
    monkeypatch.undo()
    new.run("plan")


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_who_only_reads_mentions_what_waits(house, command):
    """One line on stderr, which -q holds back; nothing is brought home by it."""
    fail_to_record(house, ENDED, intents=[UPDATE])
    (file,) = (house.folder / "state").glob("kept-*")
    done = house.run(command, exit=0)
    assert f"the next apply brings home what {file} holds" in done.err
    assert str(file) not in house.run(command, "-q").err
    assert file.exists()


def test_ack_brings_home_too(house):
    """Any run that writes would make the kept file worthless; so it is brought home first, whatever comes then."""
    fail_to_record(house, ENDED, intents=[UPDATE])
    done = house.run("ack", "operator member ben@mailbox.org", exit=1)
    assert "1 outcome of run 2 brought home" in done.err
    assert store_of(house).load().applied.get(Kind.MAILBOX, ANNA) == ENDED.applied


def test_a_damaged_file_of_outcomes_stops_nothing(house):
    """It is told; what it said is found out by reading."""
    fail_to_record(house, ENDED, intents=[UPDATE])
    (file,) = (house.folder / "state").glob("kept-*")
    first, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(first + b"\n" + rest.replace(b"quota", b"quoTa"))
    done = house.run("apply", "--yes")
    assert "warning[state-" in done.err
    assert str(file) in done.err
    assert "update mailbox anna@example.org is neither as before nor as intended" in done.err
    assert not store_of(house).load().in_flight


def test_outcomes_of_another_state_are_left_alone(house, new):
    """Two states on one machine share folders, and nothing else."""
    fail_to_record(house, ENDED, intents=[UPDATE])
    (file,) = (house.folder / "state").glob("kept-*")
    other = new.folder / "state" / file.name
    other.write_bytes(file.read_bytes())
    new.run("apply", *CONSENT)
    assert other.exists()
    assert "brings home" not in new.run("plan").err


def lock(house, **changes) -> None:
    now = time.time()
    content = {
        "format": "reconciler.lock/1", "id": "theirs", "owner": "ben", "host": "elsewhere", "pid": 77,
        "operation": "apply", "since": now - 200, "expires": now + 50, "fence": 7, "started": 0, **changes,
    }  # fmt: skip
    (house.folder / "state/mail.json.lock").write_text(json.dumps(content) + "\n")


def test_who_waits_is_told_for_whom_and_until_when(house):
    """Owner, host, process, since when, and how long the lease still lasts."""
    lock(house)
    done = house.run("apply", "--yes", "--lock-timeout", "0.3", exit=1)
    assert "waiting for ben@elsewhere (process 77, apply): it holds the lock since " in done.err
    assert "3 min ago; the lease expires in " in done.err
    assert "state-locked" in done.err


def test_state_lock_tells_all_there_is(house):
    """For a person and for a program; nobody's lock is said to be nobody's."""
    assert house.run("state", "lock").out == "The state is not locked.\n"
    lock(house, expires=time.time() - 190, ci="GitLab CI run 7 https://forge.example/7")
    text = house.run("state", "lock").out
    assert "ended 3 min ago by this machine's clock; the next apply watches it for 60 s" in text
    assert "GitLab CI run 7 https://forge.example/7" in text
    found = house.run("state", "lock", "--format", "json").json
    assert (found["locked"], found["standing"], found["term"], found["fence"]) == (True, "ended", 60.0, 7)
    assert house.run("state", "unlock", found["id"]).out.startswith("removed the lock of ben@elsewhere")
