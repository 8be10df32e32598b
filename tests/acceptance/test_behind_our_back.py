"""Somebody edits the platform without us: drift names it, and the plan puts it right or adopts it."""

from tests.acceptance.looking import ask, operations, sql


def drifted(house):
    """What `drift` says, by kind and key."""
    found = house.run("drift", "--format", "json", exit=2).json
    return {(each["kind"], each["key"]): each for each in found["drift"]}


def test_no_drift_after_an_apply(applied):
    """Nobody touched anything: exit 0."""
    applied.run("drift", exit=0)


def test_changed_field_is_named_and_put_right(applied):
    """Another owner name at the platform: drift shows both, exit 2, and the next apply restores ours."""
    sql(applied, "UPDATE mailboxes SET owner = 'Somebody Else' WHERE address = 'ben@example.org'")
    shown = applied.run("drift", exit=2).out
    assert "ben@example.org" in shown
    assert "Somebody Else" in shown
    each = drifted(applied)["mailbox", "ben@example.org"]
    assert each["resolution"] == "restore"
    assert operations(applied.run("plan", "--format", "json", exit=2).json) == ["update mailbox ben@example.org"]
    applied.run("apply", "--yes", exit=0)
    assert ask(applied, "SELECT owner FROM mailboxes WHERE address = 'ben@example.org'") == [("Ben Muster",)]
    applied.run("drift", exit=0)


def test_deleted_alias_is_named_and_made_again(applied):
    """An alias someone deleted is gone in drift, and created once by the next apply."""
    sql(
        applied,
        "DELETE FROM targets WHERE alias = (SELECT id FROM aliases WHERE address = 'jobs@example.org')",
        "DELETE FROM aliases WHERE address = 'jobs@example.org'",
    )
    each = drifted(applied)["alias", "jobs@example.org"]
    assert each["gone"] is True
    assert each["resolution"] == "recreate"
    applied.run("apply", "--yes", exit=0)
    assert ask(applied, "SELECT count(*) FROM aliases WHERE address = 'jobs@example.org'") == [(1,)]


def test_change_that_the_declaration_agrees_with_is_adopted(applied):
    """Someone made the change first that the YAML now asks for: nothing is written, state learns it."""
    sql(applied, "UPDATE mailboxes SET owner = 'Ben Neu' WHERE address = 'ben@example.org'")
    applied.edit("mail.yaml", ("Ben Muster", "Ben Neu"))
    assert drifted(applied)["mailbox", "ben@example.org"]["resolution"] == "accept"
    assert operations(applied.run("plan", "--format", "json", exit=2).json) == ["adopt mailbox ben@example.org"]
    applied.run("apply", "--yes", exit=0)
    applied.run("plan", exit=0)


def test_foreign_alias_is_unmanaged_until_it_is_declared(applied):
    """An alias nobody declared is listed and left alone; declared, it is adopted and not made again."""
    sql(
        applied,
        "INSERT INTO aliases (address, domain, instance) SELECT 'team@example.org', id, instance FROM domains"
        " WHERE name = 'example.org'",
        "INSERT INTO targets SELECT a.id, m.id FROM aliases a, mailboxes m"
        " WHERE a.address = 'team@example.org' AND m.address = 'ben@example.org'",
    )
    plan = applied.run("plan", "--format", "json", exit=0).json
    assert ("alias", "team@example.org") in {(each["kind"], each["key"]) for each in plan["unmanaged"]}
    applied.run("drift", exit=0)
    made = ask(applied, "SELECT id FROM aliases WHERE address = 'team@example.org'")
    applied.edit("mail.yaml", ("aliases:\n", "aliases:\n  team@example.org: ben@example.org\n"))
    assert operations(applied.run("plan", "--format", "json", exit=2).json) == ["adopt alias team@example.org"]
    applied.run("apply", "--yes", exit=0)
    assert ask(applied, "SELECT id FROM aliases WHERE address = 'team@example.org'") == made


def test_zone_edited_by_hand_is_drift(applied):
    """A record of ours that someone changed in the zone file is named and put right; their own record stays."""
    zone = applied.folder / "zones/example.org.zone"
    text = zone.read_text()
    assert "p=quarantine" in text
    zone.write_text(text.replace("p=quarantine", "p=none") + "theirs IN A 192.0.2.99\n")
    shown = applied.run("drift", exit=2).out
    assert "_dmarc.example.org" in shown
    applied.run("apply", "--yes", exit=0)
    text = zone.read_text()
    assert "p=quarantine" in text
    assert "192.0.2.99" in text


def test_lost_state_adopts_what_is_there(applied):
    """Without its state a run makes nothing twice: what is declared and live is adopted; its history stays."""
    before = ask(applied, "SELECT id, address, password FROM mailboxes ORDER BY id")
    for file in (applied.folder / "state").glob("mail.json*"):
        if file.is_file():
            file.unlink()
    plan = applied.run("plan", "--format", "json", exit=2).json
    assert {each["action"] for each in plan["operations"]} == {"adopt"}
    applied.run("apply", "--yes", exit=0)
    assert ask(applied, "SELECT id, address, password FROM mailboxes ORDER BY id") == before
    applied.run("plan", exit=0)
    runs = applied.run("state", "history", "--format", "json", exit=0).json["runs"]
    assert [run["serial"] for run in runs] == [1, 1]
