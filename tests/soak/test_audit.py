"""The audit of a soak is not blind: whatever is changed in books that add up, it says so."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from reconciler.state import LockInfo, journal, lease
from tests.soak import world
from tests.soak.audit import audit
from tests.soak.run import quiet


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Two runs that nobody disturbed, in a folder, and a copy of it."""
    folder = tmp_path_factory.mktemp("soak")
    world.make_platform(folder / "platform/sandbox.db")
    state = json.dumps({"local": str(folder / "state/mail.json")})
    ran = quiet(folder, state, seed=1)
    (folder / "quiet").rename(folder / "first")
    ran = [ran, quiet(folder, state, seed=2)]
    saved = folder.with_name("saved")
    shutil.copytree(folder, saved)
    return folder, saved, ran


@pytest.fixture
def books(story):
    """The same, as it was."""
    folder, saved, ran = story
    yield folder, ran
    shutil.rmtree(folder)
    shutil.copytree(saved, folder)


def wrong(books, ran=None) -> str:
    folder, (first, last) = books
    return "\n".join(audit("local", folder, ran or first[:1], last).wrong)


def history(folder):
    return sorted((folder / "state/mail.json.history").iterdir())


def test_books_that_add_up_are_clean(books):
    """Two undisturbed runs leave nothing to complain about."""
    assert wrong(books) == ""


def test_a_run_that_is_missing_from_the_history_is_found(books):
    """Serials have a gap, what the run said is nowhere, and the fold is not the state."""
    history(books[0])[0].unlink()
    said = wrong(books)
    assert "serials are not 1 to 1" in said
    assert "said that it did" in said
    assert "can not be folded" in said


def test_a_run_in_two_versions_is_found(books):
    """Two runs under one serial."""
    first = history(books[0])[0]
    bodies, _ = journal.lines(first.read_bytes(), "journal")
    entries = json.loads(bodies[0])
    entries[0]["run"] = "another"
    first.with_name("00000009.journal").write_bytes(journal.encode(entries))
    assert "two runs have one serial" in wrong(books)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM targets; DELETE FROM aliases", "the platform did"),
        ("UPDATE mailboxes SET quota = quota + 1", "the platform did"),
        ("INSERT INTO soak (kind, address, what) SELECT kind, address, what FROM soak", "was created twice"),
        ("DROP TRIGGER soak_3; UPDATE mailboxes SET owner = 'Nobody'", "state has"),
        ("DROP TRIGGER soak_4; UPDATE mailboxes SET id = id + 100 WHERE address LIKE 'p%'", "state has"),
    ],
    ids=["gone", "changed", "twice", "secretly", "another"],
)
def test_a_platform_that_has_something_else_is_found(books, statement, said):
    """What is gone, changed, made twice, changed without a trace, or another thing under the same name."""
    with closing(sqlite3.connect(books[0] / "platform/sandbox.db")) as db:
        db.executescript("PRAGMA foreign_keys = OFF;" + statement)
    assert said in wrong(books)


def test_what_is_left_behind_is_found(books):
    """A lock that nobody gave back, and an outcome kept aside."""
    folder, _ = books
    (folder / "state/mail.json.lock").write_bytes(lease.encode(LockInfo("id", "anna", "host", 1, "apply", 0, 0, 9)))
    (folder / "quiet/state").mkdir(exist_ok=True)
    (folder / "quiet/state/kept-1.journal").touch()
    said = wrong(books)
    assert "outcomes are kept aside" in said
    assert "a lock is left" in said


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"exit": 1, "out": '{"diagnostics": [{"id": "state-locked"}]}'}, True),
        ({"exit": 3, "out": '{"diagnostics": [{"id": "stale-plan"}]}'}, True),
        ({"exit": -9, "out": "{"}, True),
        ({"exit": 1, "out": '{"diagnostics": [{"id": "internal-error"}]}'}, False),
        ({"exit": 5, "out": '{"plan": "x", "operations": [{"id": "create", "status": "failed"}]}'}, False),
        ({"exit": 1, "out": "", "err": "Traceback"}, False),
    ],
    ids=["locked", "stale", "killed", "internal", "partly", "traceback"],
)
def test_an_end_that_nobody_expects_is_found(books, change, known):
    """Being locked out, being late and being killed are expected; everything else is told."""
    first = replace(books[1][0][0], **change)
    assert (wrong(books, [first]) == "") == known
