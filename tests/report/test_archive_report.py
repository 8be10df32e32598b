"""Archives, told: what went in and what came back."""

import pytest

from reconciler.providers.archive.archivist import Restored
from reconciler.providers.archive.manifest import ArchivedFile, Counts, Manifest
from reconciler.report.archive_text import amounts, backup_json, backup_text, restore_json, restore_text

MANIFEST = Manifest(
    "anna@xn--mller-kva.example",
    "sogo",
    "Anna\x1b]0;Müller",
    5 * 10**9,
    ("info@xn--mller-kva.example",),
    "2026-11-30T08:00:00Z",
    Counts(812, 12, 40, 17, 1),
    (ArchivedFile("mail.tar", 4_100_000_000, "0" * 64), ArchivedFile("sieve/vacation", 512, "1" * 64)),
)
RESTORED = Restored(Counts(messages=812), ("1 message was there already",))


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (Counts(), "nothing"),
        (Counts(1, 1, 1, 1, 1), "1 message, 1 folder, 1 contact, 1 appointment, 1 sieve script"),
        (Counts(1200, 0, 0, 2, 2), "1,200 messages, 2 appointments, 2 sieve scripts"),
    ],
)
def test_amounts_are_told_in_words(counts: Counts, told: str) -> None:
    """What there is none of is left out, and one is one."""
    assert amounts(counts) == told


def test_a_backup_is_told_in_a_line() -> None:
    """Whose it is, where, how much of each, and how big."""
    assert backup_text("archive/anna\x1b[2J", MANIFEST) == (
        "anna@müller.example is archived in archive/anna\\x1b[2J: 812 messages, 12 folders, 40 contacts, "
        "17 appointments, 1 sieve script (2 files, 3.8 GiB)\n"
    )


def test_what_came_back_is_told_with_its_notes() -> None:
    """Where from, whose it was, into what; notes stand below."""
    assert restore_text("archive/anna", MANIFEST, "ben@example.org", RESTORED) == (
        "ben@example.org has what archive/anna holds, an archive of anna@müller.example made 2026-11-30T08:00:00Z: "
        "812 messages\n"
        "  1 message was there already\n"
    )


def test_programs_are_told_all_of_it() -> None:
    """Every field of the manifest, and what came back."""
    told = backup_json("archive/anna", MANIFEST)
    assert told["files"] == [
        {"name": "mail.tar", "size": 4_100_000_000, "sha256": "0" * 64},
        {"name": "sieve/vacation", "size": 512, "sha256": "1" * 64},
    ]
    head = {name: value for name, value in told.items() if name not in ("folder", "files")}
    back = restore_json("archive/anna", MANIFEST, "ben@example.org", RESTORED)
    assert back["archive"] == head
    assert (back["mailbox"], back["notes"]) == ("ben@example.org", ["1 message was there already"])
    assert back["restored"] == {"messages": 812, "folders": 0, "contacts": 0, "appointments": 0, "scripts": 0}
