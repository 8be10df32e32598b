"""What an administrator fears: consent that speaks of one thing and takes another, and promises that time breaks."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date, datetime, time, timedelta

import pytest

OFF = (
    ("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""),
    ("  info@example.org: ben@example.org\n", "  info@example.org: anna@example.org\n"),
)


def removed(house, words):
    """Take Ben out of the files, with a tombstone."""
    house.edit(*OFF)
    with (house.folder / "mail.yaml").open("a") as file:
        file.write(f"removed:\n  - {{mailbox: ben@example.org, reason: left, {words}}}\n")


def mailboxes(path):
    """The number and the address of each mailbox of an embedded platform: one made anew has another number."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT rowid, address FROM mailboxes ORDER BY 2").fetchall()


def test_a_backup_that_is_gone_refuses_a_plan_saved_while_it_was_there(applied):
    """The file is looked for when the mail is about to be lost, not only when the plan was reviewed."""
    backup = applied.folder / "ben.mbox"
    backup.write_text("From ben\n")
    removed(applied, "backup: ben.mbox")
    applied.run("plan", "--out", "plan.json", exit=2)
    backup.unlink()
    before = applied.files()
    refused = applied.run("apply", "plan.json", exit=4)
    assert "its tombstone names the backup" in refused.err
    after = applied.files()
    assert after["state/mail.json"] == before["state/mail.json"]
    backup.write_text("From ben\n")
    applied.run("apply", "plan.json")


TOMORROW = date.today() + timedelta(days=1)


def test_a_tombstone_whose_day_has_come_lets_a_saved_plan_pass(applied):
    """A plan reviewed the day before is not refused for ever: the day is read when it is carried out."""
    removed(applied, f"backup: waived, not_before: {TOMORROW}")
    applied.run("plan", "--out", "plan.json", exit=2)
    assert "its tombstone holds until" in applied.run("apply", "plan.json", exit=4).err
    applied.clock = datetime.combine(TOMORROW, time(12)).timestamp
    applied.run("apply", "plan.json")


def moved(applied, tmp_path):
    """Another platform has the company already, its mail copied by hand; the files now name that one."""
    shutil.copy(applied.folder / "state/sandbox.db", tmp_path / "new.db")
    applied.edit(
        ("  zones:", f"  newhost: {{type: sandbox, path: {tmp_path / 'new.db'}}}\n  zones:"),
        ("provider: groupware, storage", "provider: newhost, storage"),
    )


def test_what_the_new_provider_has_already_is_adopted_and_never_made_anew(applied, tmp_path):
    """Nor is anything deleted at the old one: whether its mail was copied, nobody here can know."""
    moved(applied, tmp_path)
    before = mailboxes(tmp_path / "new.db")
    plan = applied.run("plan", "--format", "json", exit=2).json
    ids = [each["id"] for each in plan["operations"]]
    assert len(ids) == len(set(ids))
    assert {each["action"] for each in plan["operations"]} == {"adopt"}
    applied.run("apply", "--yes")
    assert mailboxes(tmp_path / "new.db") == before
    assert mailboxes(applied.folder / "state/sandbox.db") == before
    applied.run("plan")


def test_what_stays_behind_goes_by_a_tombstone_that_names_the_provider(applied, tmp_path):
    """Each mailbox of the old provider asks for consent of its own; what the new one has is not touched."""
    moved(applied, tmp_path)
    applied.run("apply", "--yes")
    before = mailboxes(tmp_path / "new.db")
    with (applied.folder / "mail.yaml").open("a") as file:
        file.write("removed:\n")
        for domain in ("example.org", "example.net"):
            file.write(f"  - {{domain: {domain}, at: groupware, reason: moved, backup: waived}}\n")
    plan = applied.run("plan", "--format", "json", exit=2).json
    assert {(each["action"], each["provider"]) for each in plan["operations"]} == {("delete", "groupware")}
    consent = [part for refusal in plan["refusals"] for each in refusal["consent"] for part in each.split(" ", 1)]
    assert "mailbox:anna@example.org" in consent
    applied.run("apply", "--yes", exit=4)
    applied.run("apply", "--yes", *consent)
    assert mailboxes(applied.folder / "state/sandbox.db") == []
    assert mailboxes(tmp_path / "new.db") == before
    applied.run("plan")


def test_a_thing_is_not_deleted_at_two_providers_by_one_consent(applied, tmp_path):
    """A tombstone for the copy that stayed behind and no declaration any more: which one is meant is not guessed."""
    moved(applied, tmp_path)
    applied.run("apply", "--yes")
    applied.edit(("  info@example.org: ben@example.org\n", ""))
    with (applied.folder / "mail.yaml").open("a") as file:
        file.write("removed: [{domain: example.org, at: groupware, reason: moved, backup: waived}]\n")
    refused = applied.run("plan", exit=1)
    assert "error[deleted-twice]: alias 'info@example.org' would be deleted at groupware and newhost" in refused.err


def test_one_account_under_two_names_is_refused(applied):
    """A block copied to rename it: everything would be found under the new name and deleted under the old."""
    applied.edit(
        ("  zones:", "  mail: {type: sandbox, path: state/sandbox.db}\n  zones:"),
        ("provider: groupware, storage", "provider: mail, storage"),
    )
    assert "error[provider-twice]" in applied.run("plan", exit=1).err


def test_sizes_that_no_unit_tells_are_imported_to_the_byte(applied):
    """A platform counts bytes: what is imported reads back as the same number, and is proven."""
    with closing(sqlite3.connect(applied.folder / "state/sandbox.db")) as db, db:
        db.execute("UPDATE instances SET booked = 50000000001")
    text = (applied.folder / "mail.yaml").read_text()
    (applied.folder / "mail.yaml").write_text(text[: text.index("instances:")])
    (applied.folder / "state/mail.json").unlink()
    assert "storage: 50000000001 B}" in applied.run("import").out


def test_state_learns_what_files_and_provider_agree_on(applied):
    """It is no adoption: the mailbox was managed before, and the plan says what state is told."""
    with closing(sqlite3.connect(applied.folder / "state/sandbox.db")) as db, db:
        db.execute("UPDATE mailboxes SET owner = 'Ben Neu' WHERE address = 'ben@example.org'")
    applied.edit(("Ben Muster", "Ben Neu"))
    text = applied.run("plan", exit=2).out
    assert "state learns: owner Ben Muster → Ben Neu" in text
    assert "taken under management" not in text


@pytest.mark.parametrize("gone", [False, True], ids=["changed", "gone"])
def test_an_acknowledgement_does_not_outlive_its_step(family, gone):
    """What a person did shows before the next plan: the acknowledgement must not count for a later step."""
    family.run("apply", "--yes")
    member = "ben@mailbox.org: {owner: Ben Beispiel, plan: standard"
    if gone:
        line = next(each for each in (family.folder / "mail.yaml").read_text().splitlines(True) if "ben@" in each)
        family.edit((line, ""), ("    members:\n", ""))
    else:
        family.edit((member, member.replace("standard", "premium")))
    family.run("ack", "operator member ben@mailbox.org")
    with closing(sqlite3.connect(family.folder / "state/sandbox.db")) as db, db:
        statement = "team = NULL" if gone else "plan = 'premium'"
        db.execute(f"UPDATE accounts SET {statement} WHERE address = 'ben@mailbox.org'")
    family.run("apply", "--yes")
    assert family.run("state", "list", "--format", "json").json["acknowledged"] == {}
    family.run("plan")


@pytest.mark.parametrize("taken", ["state/mail.json", "package.json"])
def test_a_plan_is_written_over_nothing_but_a_plan(applied, taken):
    """The state ends in .json as well: it is not what a slip of the hand may cost."""
    (applied.folder / "package.json").write_text("{}\n")
    before = applied.files()
    assert "error[plan-file-taken]" in applied.run("plan", "--out", taken, exit=1).err
    assert applied.files() == before
    (applied.folder / "plan.json").touch()
    applied.run("plan", "--out", "plan.json")
    first = (applied.folder / "plan.json").read_bytes()
    applied.run("plan", "--out", "plan.json")
    assert (applied.folder / "plan.json").read_bytes() == first


@pytest.mark.parametrize("address", ["ben@example.org", "Ben@EXAMPLE.org"])
def test_consent_names_a_thing_as_names_are_compared(applied, address):
    """Letter case makes no difference in the files, so it makes none in a consent; still it is exact."""
    applied.edit(*OFF)
    applied.run("apply", "--yes", "--allow-destroy", "mailbox:en@example.org", exit=4)
    applied.run("apply", "--yes", "--allow-destroy", f"mailbox:{address}")


@pytest.mark.parametrize(
    "consent",
    [
        ("--allow-volume", "mailboxes"),
        ("--allow-routing", "example..org"),
        ("--allow-orphan", "postmaster"),
        ("--allow-destroy", "mailbox:*"),
        ("--allow-destroy", "domain:*"),
    ],
)
def test_consent_to_nothing_is_a_usage_error(applied, consent):
    """A consent that can not fit anything is said at once, not after a refusal that it does not lift."""
    applied.run("apply", *consent, exit=64)


@pytest.mark.parametrize("there", [True, False], ids=["there as well", "empty"])
def test_a_domain_that_changes_its_dns_leaves_the_values_of_others(house, there):
    """The zone that is left stays as it is: nobody here can know when it is not asked any more."""
    zone = house.folder / "zones/example.org.zone"
    bare = zone.read_text()
    foreign = '@ IN TXT "v=spf1 include:newsletter.example.com ~all"\n'
    zone.write_text(bare + foreign)
    house.run("apply", "--yes", "--allow-cost", "instance:office")
    (house.folder / "new").mkdir()
    (house.folder / "new/example.org.zone").write_text(bare + foreign * there)
    house.edit(
        ("  zones: {", "  new: {type: zonefile, directory: new}\n  zones: {"),
        ("dns: {provider: zones", "dns: {provider: new"),
    )
    ids = [each["id"] for each in house.run("plan", "--format", "json", exit=2).json["operations"]]
    assert len(ids) == len(set(ids))
    house.run("apply", "--yes")
    house.run("plan")
    left = zone.read_text()
    assert "include:newsletter.example.com" in left
    assert "MX" in left, "as long as the registrar delegates to it, mail flow hangs on it"
    assert "v=spf1" in (house.folder / "new/example.org.zone").read_text()


def test_the_tombstone_a_refusal_shows_is_consent(applied):
    """What is to be pasted lifts the refusal once its reason is written; without one it is an error."""
    applied.edit(*OFF)
    shown = applied.run("plan", exit=2).out.splitlines()
    first = shown.index("    removed:")
    with (applied.folder / "mail.yaml").open("a") as file:
        file.writelines(f"{line[4:]}\n" for line in shown[first : first + 3])
    assert "'reason' of this entry of 'removed'" in applied.run("apply", "--yes", exit=1).err
    applied.edit(("reason: #", "reason: left #"))
    applied.run("apply", "--yes")
    assert mailboxes(applied.folder / "state/sandbox.db")[-1][1] == "anna@example.org"


def test_destroy_shows_no_tombstone(applied):
    """All that `destroy` takes is declared still, so a tombstone would contradict it."""
    assert "removed:" not in applied.run("destroy", "--yes", exit=4).err
