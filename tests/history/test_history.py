"""What every run did, from the command line: who, when, from where, before and after; and never a password."""

import orjson
import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Mailbox
from reconciler.state import Ended, Intent
from tests.cli.conftest import SECRETS
from tests.doctor.conftest import die, store_of

GB = 10**9
ANNA, INFO = "anna@example.org", "info@example.org"


def runs(house, *words):
    return house.run("state", "history", *words, "--format", "json").json["runs"]


def test_the_latest_run_comes_first_with_who_and_from_where(house):
    """Serial, command, who, pipeline with its address, and the digest of the plan."""
    third, second, first = runs(house)
    assert [each["serial"] for each in (third, second, first)] == [3, 2, 1]
    assert second["who"].startswith("octocat@")
    assert second["ci"] == "GitHub Actions run 4711 https://forge.example/acme/mail/actions/runs/4711"
    assert first["ci"] is None
    assert all(each["command"] == "apply" and each["plan"].startswith("sha256:") for each in (third, second, first))
    assert first["counts"]["create"]["done"] == len([each for each in first["steps"] if each["action"] == "create"])


def test_each_step_has_its_values_before_and_after(house):
    """A change has both, a removal what was, a password its version alone."""
    third, second, _ = runs(house)
    (step,) = second["steps"]
    assert (step["before"]["quota"], step["after"]["quota"]) == (5 * GB, 7 * GB)
    assert (step["password_set"], step["password_version"]) == (True, 2)
    (gone,) = third["steps"]
    assert (gone["action"], gone["before"]["to"], gone["after"]) == ("delete", "ben@example.org", {})


def test_the_history_holds_no_password(house):
    """Neither in what is stored, nor in what is told."""
    stored = b"".join(path.read_bytes() for path in (house.folder / "state").rglob("mail.json*") if path.is_file())
    assert not any(secret.encode() in stored for secret in SECRETS.values())
    text = house.run("state", "history", "-v").out
    assert "password set (version 2)" in text


@pytest.mark.parametrize("words", [("state", "history", ANNA), ("show", ANNA, "--history")])
def test_one_thing_has_its_way_told(house, words):
    """The latest first, with the values; nothing of others."""
    text = house.run(*words).out
    assert text.startswith(f"mailbox {ANNA}\n")
    assert text.index("quota 5 GB → 7 GB") < text.index("create  owner Anna Beispiel, quota 5 GB")
    assert INFO not in text


@pytest.mark.parametrize("key", [INFO, INFO.upper(), f"alias:{INFO}"])
def test_a_thing_that_is_gone_still_has_its_history(house, key):
    """Its key is written as everywhere, in whatever case."""
    text = house.run("state", "history", key).out
    assert text.startswith(f"alias {INFO}\n")
    assert "was: → ben@example.org" in text


def test_a_key_that_no_run_touched_is_told_with_the_nearest(house):
    """A typing mistake is answered with what was meant."""
    done = house.run("state", "history", "anne@example.org", exit=1)
    assert "unknown-key" in done.err
    assert ANNA in done.err
    assert "unknown-key" in house.run("state", "history", f"alias:{ANNA}", exit=1).err


def test_one_run_is_told_in_full_and_others_are_counted(house):
    """A run of many steps names the first ten, and how to see all."""
    text = house.run("state", "history").out
    steps = len(runs(house)[2]["steps"])
    assert f"and {steps - 10} more: reconciler state history --run 1" in text
    whole = house.run("state", "history", "--run", "1").out
    assert "more:" not in whole
    assert whole.startswith("run 1  ")
    assert "run 2" not in whole


def test_a_run_that_is_not_there_is_told(house):
    """With the latest there is."""
    assert "has no run 99; the latest is 3" in house.run("state", "history", "--run", "99", exit=1).err


def test_a_limit_leaves_the_older_runs_out_and_says_so(house):
    """The latest are told; that there are others is said to people and programs."""
    done = house.run("state", "history", "--limit", "2", "--format", "json").json
    assert [each["serial"] for each in done["runs"]] == [3, 2]
    assert done["more"] is True
    assert "older ones" in house.run("state", "history", "--limit", "2").out
    assert "older ones" not in house.run("state", "history", "--limit", "3").out


def test_a_key_and_a_run_at_once_are_refused(house):
    """Each asks for something else."""
    house.run("state", "history", ANNA, "--run", "1", exit=64)


def test_what_a_later_run_found_out_stands_at_the_write(house):
    """A run died in the middle of a write; the next one found that it had not taken effect."""
    die(house, Intent(Action.CREATE, Kind.MAILBOX, "new@example.org", "groupware", {"quota": GB}))
    assert runs(house)[0]["steps"][0]["outcome"] == "unknown"
    house.edit(("quota: 7 GB", "quota: 8 GB"))
    house.run("apply", "--yes")
    fifth, fourth, *_ = runs(house)
    assert fourth["steps"][0]["found"] == {"serial": 5, "done": False, "message": "in flight: not done"}
    assert {step["outcome"] for step in fifth["steps"] if step["key"] == "new@example.org"} == {"failed"}
    text = house.run("state", "history", "new@example.org").out
    assert "unknown when its run ended; run 5 found out: had not taken effect" in text


def test_a_take_over_stands_in_the_history(house):
    """Who died, and who went on."""
    lock = {
        "format": "reconciler.lock/1", "id": "theirs", "owner": "ben", "host": "elsewhere", "pid": 77,
        "operation": "apply", "since": 900.0, "expires": 960.0, "fence": 7, "started": 0,
    }  # fmt: skip
    (house.folder / "state/mail.json.lock").write_bytes(orjson.dumps(lock) + b"\n")
    done = house.run("apply", "--yes")
    assert "took over the lock of ben@elsewhere (process 77, apply), which is dead" in done.err
    (latest, *_) = runs(house)
    assert latest["took_over"] == {"owner": "ben", "host": "elsewhere", "process": 77, "id": "theirs"}
    assert "took over the lock of ben@elsewhere" in house.run("state", "history", "--limit", "1").out


def test_a_state_that_was_never_written_has_no_history(house):
    """An empty history is no error; a key in it is unknown."""
    house.edit(("state/mail.json", "state/other.json"))
    assert house.run("state", "history").out == "No run has written to this state.\n"
    house.run("state", "history", ANNA, exit=1)
    assert "it is empty" in house.run("state", "history", "--run", "1", exit=1).err


def test_a_history_of_many_steps_takes_little_more_memory_than_its_journal(house):
    """150,000 steps in one run: what is kept beside the bytes that are read is what is told."""
    import tracemalloc

    with store_of(house).acquire("apply") as session:
        for part in range(15):
            boxes = [Mailbox(f"a{part}-{number}@example.org", "A", number) for number in range(10_000)]
            session.end(
                Ended(Action.ADOPT, Kind.MAILBOX, box.key, "groupware", applied=Applied(box, "groupware"))
                for box in boxes
            )
            session.commit_now()
    size = sum(path.stat().st_size for path in (house.folder / "state/mail.json.history").iterdir())
    assert size > 15_000_000
    tracemalloc.start()
    try:
        text = house.run("state", "history").out
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "150,000 adopted" in text
    assert peak < 4 * size + 10_000_000
    assert house.run("state", "history", "a7-77@example.org").out.count("= adopt") == 1
