"""An archive is whole or is none: how it is made, what is found wrong with it, and what killing leaves."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.providers.archive.making import back_up_once, making
from reconciler.providers.archive.manifest import ArchiveError, made_by, read_manifest, verify
from tests.archives.conftest import ABOUT, FILES, archived

ROOT = Path(__file__).resolve().parents[2]


def test_an_archive_tells_what_it_holds(archive):
    """The manifest says whose it is and names each file; reading it gives back what was written."""
    manifest = verify(archive)
    assert manifest == read_manifest(archive)
    assert (manifest.address, manifest.owner, manifest.aliases) == (ABOUT.address, ABOUT.owner, ABOUT.aliases)
    assert {each.name: each.size for each in manifest.files} == {name: len(data) for name, data in FILES.items()}
    assert not archive.with_name("anna.partial").exists()


def test_only_its_owner_can_read_an_archive(archive):
    """Mail lies in it: folders have mode 0700 and files 0600, whoever wrote them."""
    assert stat.S_IMODE(archive.stat().st_mode) == 0o700
    for path in archive.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """An archive to be spoilt and mended again and again."""
    place = tmp_path_factory.mktemp("spoilt") / "anna"
    archived(place)
    return place


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_changed_byte_is_found(spoilt, data):
    """Whichever byte of whichever file is another, the manifest's own among them, it is no whole archive any more."""
    files = [path for path in sorted(spoilt.rglob("*")) if path.is_file() and path.stat().st_size]
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda value: value != before[place]))
    path.write_bytes(before[:place] + bytes([other]) + before[place + 1 :])
    try:
        with pytest.raises(ArchiveError):
            verify(spoilt)
    finally:
        path.write_bytes(before)
    verify(spoilt)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "mail/1").unlink(), "mail/1 is missing"),
        (lambda folder: (folder / "mail/2").write_bytes(b"more"), "mail/2 has 4 bytes, and not 0"),
        (lambda folder: (folder / "mail/1").write_bytes(b"From: eve\n\nhello\n"), "mail/1 was changed"),
        (lambda folder: (folder / "manifest.json").unlink(), "it has no manifest.json"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json is not JSON"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "has the format 'None'"),
    ],
    ids=["missing", "longer", "changed", "no manifest", "half a manifest", "something else"],
)
def test_what_is_wrong_is_said(archive, spoil, said):
    """One sentence names the folder, the file and what is the matter with it, and a way on can be read."""
    spoil(archive)
    with pytest.raises(ArchiveError, match=said) as error:
        verify(archive)
    assert str(archive) in str(error.value)
    assert error.value.help


def test_a_later_format_is_not_guessed_at(archive):
    """An archive of another version is none for this one."""
    tree = json.loads((archive / "manifest.json").read_text())
    (archive / "manifest.json").write_text(json.dumps({**tree, "format": "reconciler.archive/2"}))
    with pytest.raises(ArchiveError, match=r"reconciler\.archive/2"):
        verify(archive)


def test_a_manifest_leads_nowhere_else(archive, monkeypatch):
    """A manifest that names a file outside of its folder is damaged, however right its digest is."""
    from dataclasses import replace

    from reconciler.providers.archive.manifest import ArchivedFile, encode

    (archive.parent / "secret").write_bytes(b"")
    for name in ("../secret", str(archive.parent / "secret")):
        wrong = replace(ABOUT, files=(ArchivedFile(name, 0, "0" * 64),))
        (archive / "manifest.json").write_bytes(encode(wrong))
        with pytest.raises(ArchiveError, match="not a file of it"):
            verify(archive)


def test_an_archive_is_of_one_mailbox_and_one_type_of_provider(archive):
    """Whose it is, and whose form its files have, is held to what is wanted."""
    assert made_by("sandbox", archive) == verify(archive, "anna@example.org")
    with pytest.raises(ArchiveError, match=r"of anna@example\.org, and not of ben@example\.org"):
        verify(archive, "ben@example.org")
    with pytest.raises(ArchiveError, match="type 'sandbox', and one of type 'sogo' can not read it"):
        made_by("sogo", archive)


def test_an_error_leaves_nothing_behind(tmp_path):
    """What could not be finished is cleared away."""

    def fail():
        with making(tmp_path / "anna") as draft:
            (draft.folder / "half").write_bytes(b"a message")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_is_written_over(tmp_path, kind):
    """Whatever has the name already stays as it is."""
    place = tmp_path / "anna"
    {"file": place.touch, "folder": place.mkdir, "link": lambda: place.symlink_to("nowhere")}[kind]()
    with pytest.raises(ArchiveError, match="is there already"):
        archived(place)
    assert [each.name for each in tmp_path.iterdir()] == ["anna"]


def test_two_can_not_make_one_archive(tmp_path):
    """The second is told so, and what the first wrote is not cleared away under its hands."""
    with making(tmp_path / "anna") as draft:
        (draft.folder / "a").write_bytes(b"1")
        with pytest.raises(ArchiveError, match="by another process"):
            archived(tmp_path / "anna")
        draft.finish(ABOUT)
    assert [each.name for each in verify(tmp_path / "anna").files] == ["a"]


def test_only_files_can_be_archived(tmp_path):
    """A link would be an archive of what it leads to, which may change or go."""

    def link():
        with making(tmp_path / "anna") as draft:
            (draft.folder / "link").symlink_to("/etc/hostname")
            draft.finish(ABOUT)

    with pytest.raises(ArchiveError, match="neither a folder nor a file"):
        link()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_backup_is_never_taken_for_one(tmp_path):
    """Killed before each step in turn: what has the name of the archive is whole, and the next try makes it whole."""
    words = [sys.executable, "-m", "tests.archives.killed", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    killed = int(done.stdout)
    assert killed > 15
    left = 0
    for number in range(killed):
        place = tmp_path / str(number)
        if place.exists():
            verify(place)
            continue
        left += place.with_name(f"{number}.partial").exists()
        archived(place)
        verify(place)
        assert not place.with_name(f"{number}.partial").exists()
    assert left > 10


class Archivist:
    """Makes an archive of three files of whatever mailbox it is asked for."""

    asked = 0

    async def back_up(self, address, to):
        self.asked += 1
        return archived(to)


async def once(archivist, address, place):
    return await back_up_once(archivist, address, place)


def test_a_backup_that_is_there_is_not_made_again(tmp_path):
    """A deletion that goes on after a crash finds the backup it made, and holds it to its manifest."""
    import asyncio

    archivist = Archivist()
    first = asyncio.run(once(archivist, "anna@example.org", tmp_path / "anna"))
    assert asyncio.run(once(archivist, "anna@example.org", tmp_path / "anna")) == first
    assert archivist.asked == 1
    (tmp_path / "anna/mail/1").unlink()
    with pytest.raises(ArchiveError, match="missing"):
        asyncio.run(once(archivist, "anna@example.org", tmp_path / "anna"))
