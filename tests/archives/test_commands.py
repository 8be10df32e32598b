"""`backup` and `restore`: what they write, print and refuse."""

import json

import pytest

from reconciler.providers.archive.manifest import verify
from tests.archives.conftest import held, leave, unable

ANNA = "anna@example.org"
BEN = "ben@example.org"


def test_a_mailbox_is_archived(house):
    """All it holds is counted, and the mailbox keeps it."""
    before = held(house, BEN)
    ran = house.run("backup", BEN, "--to", "archive/ben")
    assert ran.out.startswith(
        "ben@example.org is archived in archive/ben: 3 messages, 2 contacts, 1 appointment (1 file"
    )
    manifest = verify(house.folder / "archive/ben", BEN)
    assert (manifest.owner, manifest.quota, manifest.aliases) == ("Ben Muster", 2 * 10**9, ("info@example.org",))
    assert held(house, BEN) == before


def test_an_archive_is_restored_into_another_mailbox(house):
    """What is restored is added to what is there."""
    house.run("backup", BEN, "--to", "archive/ben")
    ran = house.run("restore", "archive/ben", "--as", ANNA)
    assert ran.out.startswith("anna@example.org has what archive/ben holds, an archive of ben@example.org made 20")
    assert held(house, ANNA) == held(house, BEN) == (6000, 3, 2, 1)
    house.run("restore", "archive/ben", "--as", ANNA)
    assert held(house, ANNA) == (12000, 6, 4, 2)


def test_the_commands_speak_json(house):
    """A program is told the same."""
    made = house.run("backup", BEN, "--to", "archive/ben", "--format", "json").json
    assert (made["format"], made["folder"], made["address"]) == ("reconciler.backup/1", "archive/ben", BEN)
    assert made["counts"] == {"messages": 3, "folders": 0, "contacts": 2, "appointments": 1, "scripts": 0}
    assert [each["name"] for each in made["files"]] == ["content.json"]
    back = house.run("restore", "archive/ben", "--format", "json").json
    assert (back["format"], back["mailbox"], back["restored"]) == ("reconciler.restore/1", BEN, made["counts"])
    assert back["archive"]["made"] == made["made"]


def test_an_archive_is_not_written_over(house):
    """A second backup needs a folder of its own."""
    house.run("backup", BEN, "--to", "archive/ben")
    before = house.files()
    assert "error[archive-unusable]" in house.run("backup", BEN, "--to", "archive/ben", exit=1).err
    assert house.files() == before


def test_nothing_is_restored_from_a_damaged_archive(house):
    """It is verified first, and the mailbox stays as it is."""
    house.run("backup", BEN, "--to", "archive/ben")
    content = house.folder / "archive/ben/content.json"
    content.write_text(content.read_text().replace("3", "4"))
    refused = house.run("restore", "archive/ben", "--as", ANNA, exit=1)
    assert "error[archive-unusable]" in refused.err
    assert "content.json was changed" in refused.err
    assert held(house, ANNA) == (0, 0, 0, 0)


def test_what_does_not_fit_is_not_restored(house):
    """A quota holds for what comes back as well; it is all or nothing."""
    house.run("backup", BEN, "--to", "archive/ben")
    content = house.folder / "archive/ben/content.json"
    tree = {**json.loads(content.read_text()), "used": 6 * 10**9}
    text = json.dumps(tree, indent=2) + "\n"
    from dataclasses import replace

    from reconciler.providers.archive.manifest import encode, measured, read_manifest

    content.write_text(text)
    whole = replace(read_manifest(content.parent), files=(measured(content, content.name),))
    (content.parent / "manifest.json").write_bytes(encode(whole))
    assert "over quota" in house.run("restore", "archive/ben", "--as", ANNA, exit=1).err
    assert held(house, ANNA) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("info@example.org", "it is an alias; its mail is in ben@example.org"),
        ("bem@example.org", "did you mean 'ben@example.org'?"),
        ("somebody@example.net", "have it made with `reconciler apply`"),
    ],
)
def test_what_is_no_mailbox_has_no_backup(house, address, way):
    """The error leads on, and no folder is made."""
    refused = house.run("backup", address, "--to", "archive/x", exit=1)
    assert "error[mailbox-not-there]" in refused.err
    assert way in refused.err
    assert not (house.folder / "archive").exists()


def test_a_mailbox_that_nobody_declares_can_be_archived(house):
    """Its provider is found by asking."""
    text = (house.folder / "mail.yaml").read_text()
    (house.folder / "mail.yaml").write_text(text[: text.index("instances:")])
    for path in (house.folder / "state").glob("mail.json*"):
        path.unlink() if path.is_file() else None
    house.run("backup", BEN, "--to", "archive/ben")


def test_a_provider_without_archives_says_so(house, monkeypatch):
    """Mail that can not be reached from here is copied another way, which is named."""
    unable(monkeypatch)
    refused = house.run("backup", BEN, "--to", "archive/ben", exit=1)
    assert "error[backup-not-possible]" in refused.err
    assert "reconciler credentials ben@example.org" in refused.err


def test_a_leaver_comes_back(house):
    """Deleted with a backup, declared again, made anew and restored: everything is there again."""
    before = held(house, BEN)
    file = house.folder / "mail.yaml"
    text = file.read_text()
    leave(house, "{to: archive/ben}")
    house.run("apply", "--yes")
    assert held(house, BEN) is None
    file.write_text(text)
    house.run("apply", "--yes")
    assert held(house, BEN) == (0, 0, 0, 0)
    house.run("restore", "archive/ben")
    assert held(house, BEN) == before
