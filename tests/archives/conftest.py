"""Archives to look at, and a company whose mailboxes hold something."""

import shutil
from pathlib import Path

import pytest

from reconciler.providers.archive.making import making
from reconciler.providers.archive.manifest import Counts, Manifest
from reconciler.providers.sandbox.__main__ import main as outside
from tests.cli.conftest import MAIL, House, make

ABOUT = Manifest(
    "anna@example.org", "sandbox", "Anna Müller", 5 * 10**9, ("info@example.org",), "2026-11-30T08:00:00Z", Counts(2, 1)
)
FILES = {"mail/1": b"From: ben\n\nhello\n", "mail/2": b"", "contacts/all.vcf": bytes(range(256))}


def archived(place: Path) -> Manifest:
    """Make an archive of three files."""
    with making(place) as draft:
        for name, data in FILES.items():
            path = draft.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        return draft.finish(ABOUT)


@pytest.fixture
def archive(tmp_path):
    """A whole archive."""
    archived(tmp_path / "anna")
    return tmp_path / "anna"


@pytest.fixture(scope="session")
def _applied_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives") / "house"
    house = make(folder, MAIL)
    house.run("apply", "--yes", "--allow-cost", "instance:office")
    for item, number in (("message", 3), ("contact", 2), ("event", 1)):
        words = ["deliver", "ben@example.org", "--item", item, "--count", str(number), "--size", "1 kB"]
        assert outside([str(folder / "state/sandbox.db"), *words]) == 0
    return folder


@pytest.fixture
def house(_applied_once, tmp_path):
    """The company after its first apply; Ben has three messages, two contacts and an appointment."""
    shutil.copytree(_applied_once, tmp_path / "house")
    return House(tmp_path / "house")


def leave(house, backup, *more):
    """Take Ben out of the files, with a tombstone."""
    house.edit(
        ("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""),
        ("  info@example.org: ben@example.org\n", "  info@example.org: anna@example.org\n"),
    )
    with (house.folder / "mail.yaml").open("a") as file:
        file.write(f"removed:\n  - {{mailbox: ben@example.org, reason: left, backup: {backup}}}\n")
        file.writelines(f"  - {each}\n" for each in more)


def unable(monkeypatch):
    """Have the embedded platform make no backups."""
    from dataclasses import replace

    from reconciler.providers.sandbox import provider

    able = provider._capabilities
    monkeypatch.setattr(provider, "_capabilities", lambda settings: replace(able(settings), makes_backups=False))


def held(house, address):
    """What a mailbox holds: used bytes, messages, contacts, events; None where it is not there."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(house.folder / "state/sandbox.db")) as db:
        query = "SELECT used, messages, contacts, events FROM mailboxes WHERE address = ?"
        return db.execute(query, (address,)).fetchone()
