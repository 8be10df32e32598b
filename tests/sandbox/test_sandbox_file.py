"""The platform's file: made only by a write, whole after a kill, and refused untouched when it is not sound."""

import asyncio
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import reconciler
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Instance
from reconciler.providers.reader import ProviderError
from reconciler.providers.sandbox.platform import Platform
from reconciler.providers.writer import Failed, Write

GB = 10**9
_CREATES = """
import asyncio, sys
from pathlib import Path
from reconciler.model.kinds import Action
from reconciler.model.resources import Domain, Instance, Mailbox
from reconciler.model.secrets import Secret
from reconciler.providers.sandbox import SandboxProvider
from reconciler.providers.writer import Write

async def main():
    settings = SandboxProvider.settings_model.model_validate({"path": sys.argv[1]})
    writer = SandboxProvider("groupware", settings, Path("/")).writer()
    def create(resource):
        return Write(Action.CREATE, resource.kind, resource.key, None, resource, password=Secret("x"))
    await writer.write([create(Instance("office", 10**15)), create(Domain("example.org", "office"))])
    for batch in range(10**6):
        made = [create(Mailbox(f"u{batch * 10 + i}@example.org", "U", 10**9)) for i in range(10)]
        await writer.write(made)
        sys.stdout.write(f"{batch}\\n")
        sys.stdout.flush()

asyncio.run(main())
"""


def test_reading_makes_no_file(tmp_path):
    """An empty account is read where there is no file, and nothing is made, not even a folder."""
    platform = Platform(tmp_path / "state" / "sandbox.db")
    assert platform.read() == []
    assert platform.look_up(Kind.INSTANCE, ["office"]) == {}
    platform.close()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_came_before_the_file_sees_it(world, tmp_path):
    """A reader that found nothing sees what a writer in another process made meanwhile."""
    reader = Platform(world.path)
    assert reader.read() == []
    world.office()
    assert len(reader.read()) == 4
    reader.close()


def test_at_rest_it_is_one_file(world):
    """After the last close nothing lies beside the file, and reading leaves nothing there either."""
    world.office()
    world.platform.close()
    before = world.path.read_bytes()
    reader = Platform(world.path)
    assert len(reader.read()) == 4
    reader.close()
    assert [path.name for path in world.path.parent.iterdir()] == [world.path.name]
    assert world.path.read_bytes() == before


@pytest.mark.parametrize("batches", [1, 7, 40])
def test_a_killed_writer_leaves_whole_batches(tmp_path, batches):
    """After SIGKILL in the middle of batches each is there wholly or not at all, and every answered one is there."""
    path = tmp_path / "sandbox.db"
    environment = {**os.environ, "PYTHONPATH": str(Path(reconciler.__file__).parents[1])}
    command = [sys.executable, "-c", _CREATES, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        answered = [process.stdout.readline() for _ in range(batches)]
        process.send_signal(signal.SIGKILL)
    assert answered[-1] == f"{batches - 1}\n"
    platform = Platform(path)
    lives = platform.read()
    platform.close()
    boxes = [live for live in lives if live.resource.kind is Kind.MAILBOX]
    assert len(boxes) % 10 == 0
    assert len(boxes) >= batches * 10
    assert lives[0].facts["allocated"] == len(boxes) * GB
    assert lives[0].facts["mailboxes"] == len(boxes)


def _copied(path: Path, folder: Path) -> Path:
    """What a kill at this moment would leave: the file and all that lies beside it."""
    folder.mkdir()
    for each in path.parent.glob(f"{path.name}*"):
        if not each.name.endswith("-shm"):
            shutil.copy(each, folder)
    return folder / path.name


def test_a_kill_before_the_last_close_loses_nothing(world, tmp_path):
    """What was answered is read from the log beside the file."""
    world.office()
    left = _copied(world.path, tmp_path / "left")
    assert left.with_name(f"{left.name}-wal").exists()
    platform = Platform(left)
    assert len(platform.read()) == 4
    platform.close()


def test_a_kill_outside_the_log_is_undone(world, tmp_path):
    """A half-written transaction of SQLite's other mode is rolled back by the next reader."""
    world.office()
    world.platform.close()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("UPDATE mailboxes SET owner = 'Nobody'")
        for i in range(2000):
            db.execute("INSERT INTO bookings (at, text, cents) VALUES (0, ?, 0)", (f"{i}" * 50,))
        left = _copied(world.path, tmp_path / "left")
    assert left.with_name(f"{left.name}-journal").exists()
    platform = Platform(left)
    owners = {live.resource.owner for live in platform.read() if live.resource.kind is Kind.MAILBOX}
    platform.close()
    assert owners == {"Anna Beispiel", "Bob Muster"}


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def _halve_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(b"\x00garbage" * 1000)


def _text(path: Path) -> None:
    path.write_text("version: 1\n" * 100, encoding="utf-8")


def _scribble(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(data)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text)")


def _timeless(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO meta VALUES ('offset', 'yesterday')")


def _newer(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[60:64] = struct.pack(">I", 99)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil",
    [_truncate, _halve_header, _empty, _garbage, _text, _scribble, _foreign, _newer, _timeless],
    ids=lambda f: f.__name__,
)
def test_an_unsound_file_is_refused_and_left_as_it_was(world, spoil):
    """Reading says what to do, writing has surely no effect, and not a byte is changed or left beside."""
    world.office()
    world.platform.close()
    spoil(world.path)
    before = world.path.read_bytes()
    platform = Platform(world.path)
    with pytest.raises(ProviderError) as error:
        platform.read()
    assert error.value.help
    assert str(world.path) in str(error.value)
    with pytest.raises(ProviderError), platform.transaction():
        pass
    platform.close()
    assert world.path.read_bytes() == before
    assert [path.name for path in world.path.parent.iterdir()] == [world.path.name]


def test_a_folder_in_its_place_is_refused(tmp_path):
    """A path that is a folder is an error that says so, not a crash."""
    platform = Platform(tmp_path)
    with pytest.raises(ProviderError, match="can not be used"):
        platform.read()


def test_a_writer_answers_for_a_file_it_can_not_use(provider, tmp_path):
    """A damaged file is a certain failure of each write, not an exception."""
    (tmp_path / "sandbox.db").write_bytes(b"no database")
    order = Write(Action.CREATE, Kind.INSTANCE, "office", None, Instance("office", GB))
    outcomes = asyncio.run(provider().writer().write([order, order]))
    assert [type(outcome) for outcome in outcomes] == [Failed, Failed]
    assert all(outcome.certain and not outcome.retryable for outcome in outcomes)


def test_a_copy_of_the_file_is_a_copy_of_the_platform(world, tmp_path):
    """One file holds everything: its copy reads the same."""
    world.office()
    world.platform.close()
    copy = tmp_path / "copy.db"
    shutil.copy(world.path, copy)
    platform = Platform(copy)
    assert [live.resource for live in platform.read()] == [live.resource for live in Platform(world.path).read()]
    platform.close()


def test_two_processes_take_turns(world):
    """A transaction of another process makes a write wait, and a very long one makes it a busy answer."""
    world.office()
    from reconciler.providers.sandbox import store

    other = store.open_writing(world.path)
    other.execute("BEGIN IMMEDIATE")
    world.platform._writing.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(ProviderError) as error, world.platform.transaction():
        pass
    assert error.value.transient
    other.execute("ROLLBACK")
    store.close(other)
    world.delete(Kind.MAILBOX, "bob@example.org")
