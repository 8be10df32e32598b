"""Tombstones that have a backup made: what the plan says, what apply does, what stops it before anything is lost."""

import json

import pytest

from reconciler.plan.wire import decode, encode
from reconciler.providers.archive.manifest import verify
from tests.archives.conftest import held, leave, unable

BEN = "ben@example.org"
GONE = "delete mailbox ben@example.org"


def step(plan):
    """The deletion of Ben's mailbox."""
    (found,) = [each for each in plan["operations"] if each["id"] == GONE]
    return found


def test_the_plan_says_that_a_backup_is_made_first(house):
    """In text at the step, in JSON at the operation, with the place as it is written; the tombstone is the consent."""
    leave(house, "{to: archive/ben}")
    assert "its backup is made in archive/ben first" in house.run("plan", exit=2).out
    plan = house.run("plan", "--format", "json", exit=2).json
    assert step(plan)["backup"] == {"to": "archive/ben", "made": None}
    assert plan["refusals"] == []
    assert all("backup" not in each for each in plan["operations"] if each["id"] != GONE)


def test_the_plan_reads_back_as_it_was(house):
    """From plan to JSON to plan nothing is lost; a plan of a time before backups is read as well."""
    leave(house, "{to: archive/ben}")
    house.run("plan", "--out", "plan.json", exit=2)
    data = (house.folder / "plan.json").read_bytes()
    plan = decode(data)
    assert encode(plan) == data
    assert any(each.backup is not None for each in plan.operations)


def test_the_plan_is_the_same_in_every_work_tree(house, tmp_path):
    """The place of the backup is told from the configuration's root, so that a plan is the same to the byte."""
    import shutil

    leave(house, "{to: archive/ben}")
    first = house.run("plan", "--format", "json", exit=2).out
    shutil.move(house.folder, tmp_path / "elsewhere")
    house.folder = tmp_path / "elsewhere"
    assert house.run("plan", "--format", "json", exit=2).out == first


@pytest.mark.parametrize("saved", [False, True], ids=["at once", "from a saved plan"])
def test_the_mailbox_goes_after_its_backup_is_whole(house, saved):
    """The archive holds all that was lost, and verifies."""
    leave(house, "{to: archive/ben}")
    if saved:
        house.run("plan", "--out", "plan.json", exit=2)
        house.run("apply", "plan.json")
    else:
        house.run("apply", "--yes")
    assert held(house, BEN) is None
    manifest = verify(house.folder / "archive/ben", BEN)
    assert (manifest.counts.messages, manifest.counts.contacts, manifest.counts.appointments) == (3, 2, 1)
    house.run("plan")


def test_a_place_outside_of_the_root_is_told_in_full(house, tmp_path):
    """An absolute place stays one, in the plan and for apply."""
    leave(house, f"{{to: {tmp_path}/away/ben}}")
    plan = house.run("plan", "--format", "json", exit=2).json
    assert step(plan)["backup"]["to"] == f"{tmp_path}/away/ben"
    house.run("apply", "--yes")
    verify(tmp_path / "away/ben", BEN)


def test_a_backup_that_is_there_already_counts(house):
    """After a run that died behind the backup the plan says when it was made, and it is not made again."""
    house.run("backup", BEN, "--to", "archive/ben")
    made = (house.folder / "archive/ben/manifest.json").read_bytes()
    leave(house, "{to: archive/ben}")
    assert "its backup is in archive/ben already, made 20" in house.run("plan", exit=2).out
    told = step(house.run("plan", "--format", "json", exit=2).json)["backup"]
    assert told == {"to": "archive/ben", "made": json.loads(made)["made"]}
    house.run("apply", "--yes")
    assert held(house, BEN) is None
    assert (house.folder / "archive/ben/manifest.json").read_bytes() == made


def test_a_backup_that_is_gone_again_is_made_anew(house):
    """A plan that was saved while there was one never deletes without one."""
    import shutil

    house.run("backup", BEN, "--to", "archive/ben")
    leave(house, "{to: archive/ben}")
    house.run("plan", "--out", "plan.json", exit=2)
    shutil.rmtree(house.folder / "archive")
    house.run("apply", "plan.json")
    verify(house.folder / "archive/ben", BEN)


def spoil(house, how):
    """Put something else where Ben's backup is to be."""
    place = house.folder / "archive/ben"
    if how == "somebody else's":
        house.run("backup", "anna@example.org", "--to", "archive/ben")
    elif how == "damaged":
        house.run("backup", BEN, "--to", "archive/ben")
        (place / "content.json").unlink()
    elif how == "a file":
        place.parent.mkdir()
        place.write_text("mine")
    else:
        place.mkdir(parents=True)
        (place / "holiday.jpg").touch()


SPOILT = {
    "somebody else's": "is an archive of anna@example.org, and not of ben@example.org",
    "damaged": "content.json is missing",
    "a file": "it has no manifest.json",
    "a folder": "it has no manifest.json",
}


@pytest.mark.parametrize(("how", "said"), SPOILT.items(), ids=SPOILT)
@pytest.mark.parametrize("saved", [False, True], ids=["planned", "saved before"])
def test_something_else_in_its_place_is_refused(house, how, said, saved):
    """The guard speaks, with the reason, and nothing is changed; no option consents to it."""
    leave(house, "{to: archive/ben}")
    if saved:
        house.run("plan", "--out", "plan.json", exit=2)
    spoil(house, how)
    before, stood = held(house, BEN), house.files()
    refused = house.run("apply", "plan.json", exit=4) if saved else house.run("apply", "--yes", exit=4)
    assert said in " ".join(refused.err.split())
    assert "data-loss" in refused.err
    assert held(house, BEN) == before
    after = house.files()
    assert {name for name in after if name.startswith("archive")} == {
        name for name in stood if name.startswith("archive")
    }


def test_a_backup_that_fails_keeps_the_mailbox(house):
    """Its folder can not be made: the deletion fails, what hangs on it waits, and the next run goes on."""
    leave(house, "{to: archive/deep/ben}")
    (house.folder / "archive").touch()
    failed = house.run("apply", "--yes", exit=5)
    assert "is not deleted without its backup" in " ".join((failed.out + failed.err).split())
    assert held(house, BEN) == (6000, 3, 2, 1)
    (house.folder / "archive").unlink()
    house.run("apply", "--yes")
    assert held(house, BEN) is None
    verify(house.folder / "archive/deep/ben", BEN)


def test_the_day_still_counts(house):
    """A backup is no consent to be early."""
    leave(house, "{to: archive/ben}, not_before: 2999-01-01")
    house.run("apply", "--yes", exit=4)
    assert not (house.folder / "archive").exists()


def test_a_provider_that_can_not_is_said_at_plan_time(house, monkeypatch):
    """The error names the provider and the mailbox, points at the tombstone and says what to write instead."""
    unable(monkeypatch)
    leave(house, "{to: archive/ben}")
    refused = house.run("plan", exit=1)
    assert "error[backup-not-possible]: groupware can make no backup of mailbox ben@example.org" in refused.err
    assert "--> mail.yaml:" in refused.err
    assert "backup: waived" in refused.err


def test_what_is_gone_needs_no_provider_that_can(house, monkeypatch):
    """A tombstone stays as a record, whatever became of the provider; nor is its archive read any more."""
    leave(house, "{to: archive/ben}")
    house.run("apply", "--yes")
    (house.folder / "archive/ben/content.json").unlink()
    unable(monkeypatch)
    house.run("plan")


@pytest.mark.parametrize(
    "entry", ["domain: example.net", "instance: shop", "alias: x@example.org", "member: b@mailbox.org"]
)
def test_only_a_mailbox_has_a_backup(house, entry):
    """Anything else is refused by `validate` already, at its line."""
    with (house.folder / "mail.yaml").open("a") as file:
        file.write(f"removed:\n  - {{{entry}, reason: left, backup: {{to: archive/x}}}}\n")
    refused = house.run("validate", exit=1).out
    assert "error[backup-not-possible]" in refused
    assert "only a mailbox has one" in refused


def test_two_backups_have_two_places(house):
    """However the folder is written, the second one would find the first."""
    leave(
        house, "{to: archive/ben}", "{mailbox: bob@example.org, reason: left, backup: {to: ./archive/../archive/ben}}"
    )
    assert "error[backup-place-twice]" in house.run("validate", exit=1).out
