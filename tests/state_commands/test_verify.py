"""`state verify`: what is not as it should be is told, whatever it is, and nothing is changed by looking."""

import base64
import json
import zlib

import pytest

from reconciler.model.kinds import Kind
from reconciler.state import StateStore
from reconciler.state.places.register import RegisterState
from reconciler.state.tending.migrating import migrate
from reconciler.state.tending.verifying import verify
from tests.register.memory import MemoryRegister, Place
from tests.state_commands.stores import ANNA, BEN, COMPANY, created, encryption, furnish, local


def ids(store):
    """What is found, by id."""
    return [each.id for each in verify(store).findings]


def rewritten(path, change):
    """Change the entries of one line of a journal, with a checksum that fits."""
    lines = path.read_bytes().splitlines(keepends=True)
    entries = json.loads(lines[0][9:])
    change(entries)
    body = json.dumps(entries, separators=(",", ":")).encode()
    lines[0] = b"%08x %b\n" % (zlib.crc32(body), body)
    path.write_bytes(b"".join(lines))


def test_a_sound_state(applied):
    """Nothing is found in what runs leave, and nothing is written."""
    before = applied.files()
    told = applied.run("state", "verify", "--format", "json").json
    assert (told["sound"], told["findings"], told["runs"], told["serial"]) == (True, [], 1, 1)
    assert applied.files() == before
    assert "sound: 12 resources of serial 1, 1 run, in plain text" in applied.run("state", "verify").out


def test_nothing_was_ever_applied(house):
    """An empty place is sound."""
    assert house.run("state", "verify", "--format", "json").json["sound"] is True


def test_a_changed_snapshot_parts_from_its_history(applied):
    """What somebody edited is named, with the field."""
    path = applied.folder / "state/mail.json"
    path.write_bytes(path.read_bytes().replace(b"Anna Beispiel", b"Eve Beispiel"))
    ran = applied.run("state", "verify", exit=1)
    assert "state-history-differs" in ran.out
    assert "mailbox anna@example.org differs in owner" in ran.out


def test_a_resource_that_somebody_took_out_or_put_in(tmp_path):
    """Both are told."""
    store = furnish(local(tmp_path))
    path = tmp_path / "mail.json"
    path.write_bytes(path.read_bytes().replace(b"anna@example.org", b"eve@example.org"))
    (found,) = verify(store).findings
    assert "mailbox anna@example.org is not in the snapshot" in found.message
    assert "mailbox eve@example.org is only in the snapshot" in found.message


def test_a_damaged_line_of_the_history(tmp_path):
    """A folded journal whose checksum does not fit is told, though no run would read it."""
    store = furnish(local(tmp_path))
    path = tmp_path / "mail.json.history/00000002.journal"
    path.write_bytes(path.read_bytes().replace(b"office", b"0ffice").replace(b"apply", b"appIy"))
    assert store.load().applied.serial == 3
    assert ids(store) == ["state-journal-damaged"]


def test_a_missing_run(tmp_path):
    """Serials go up by one."""
    store = furnish(local(tmp_path))
    (tmp_path / "mail.json.history/00000002.journal").unlink()
    assert ids(store)[0] == "state-history-gap"


def test_a_history_that_ends_before_the_snapshot(tmp_path):
    """A history from an earlier moment was put back."""
    store = furnish(local(tmp_path))
    (tmp_path / "mail.json.history/00000003.journal").unlink()
    assert ids(store) == ["state-history-gap"]


def test_a_fork(tmp_path):
    """Two runs of one serial went on from the same state."""
    store = furnish(local(tmp_path))
    folder = tmp_path / "mail.json.history"
    (folder / "00000004.journal").write_bytes((folder / "00000003.journal").read_bytes())
    assert ids(store) == []  # the same run twice: a crash leaves that
    rewritten(folder / "00000004.journal", lambda entries: entries[0].update(run="another"))
    assert ids(store) == ["state-forked"]


def test_a_fence_that_does_not_rise(tmp_path):
    """A run that had lost its lock wrote."""
    store = furnish(local(tmp_path))
    rewritten(tmp_path / "mail.json.history/00000003.journal", lambda entries: entries[0].update(fence=1))
    assert ids(store) == ["state-fence"]


def test_what_a_crash_leaves_is_no_error(tmp_path):
    """A torn end, a write in flight, a temporary file: told, and settled by the next run."""
    store = furnish(local(tmp_path), flying=True)
    with (tmp_path / "mail.json.journal").open("ab") as file:
        file.write(b'0000dead [{"begin"')
    (tmp_path / "mail.json.4711.tmp").write_bytes(b"left")
    verified = verify(store)
    assert [each.id for each in verified.findings] == ["state-torn", "state-in-flight", "state-orphans"]
    assert verified.sound


def test_kept_outcomes_are_opened(tmp_path):
    """Those that wait are told; one that is damaged is an error."""
    from reconciler.state import kept
    from reconciler.state.codec import ended_data

    store = furnish(local(tmp_path))
    (*_, last) = store.history()
    kept.Keeper(store.folders, store.where).keep(last.header, [ended_data(created(COMPANY[0]))], None)
    assert ids(store) == ["state-kept-waiting"]
    (path,) = (tmp_path / "kept").iterdir()
    path.write_bytes(path.read_bytes().replace(b"office", b"0ffice"))
    assert not verify(store).sound


def test_history_of_an_early_version(tmp_path):
    """Where folded journals were thrown away, what runs touched since is compared, and no more can be."""
    store = furnish(local(tmp_path))
    for number in (1, 2):
        (tmp_path / f"mail.json.history/0000000{number}.journal").unlink()
    verified = verify(store)
    assert [each.id for each in verified.findings] == ["state-history-begins"]
    assert verified.sound
    last = COMPANY[2::3][0].resource.key.encode()
    path = tmp_path / "mail.json"
    path.write_bytes(path.read_bytes().replace(b'"key":"%b"' % last, b'"key":"eve@example.org"'))
    assert not verify(store).sound


def test_plain_text_in_an_encrypted_state(tmp_path):
    """Wherever it is: snapshot, journal or history."""
    furnish(local(tmp_path))
    store = local(tmp_path, encryption=encryption(tmp_path, ANNA))
    (found,) = verify(store).findings
    assert found.id == "state-plaintext"
    assert "the snapshot, journal 1, journal 2 and 1 more" in found.message


def test_sealed_for_others_than_configured(tmp_path):
    """Whoever was added can not read it yet, and whoever was removed still can."""
    furnish(local(tmp_path, encryption=encryption(tmp_path, ANNA)))
    store = local(tmp_path, encryption=encryption(tmp_path, ANNA, BEN))
    assert ids(store) == ["state-rekey-due"]


@pytest.mark.parametrize(("part", "line"), [("mail.json", 2), ("mail.json.history/00000001.journal", 1)])
def test_a_sealed_part_that_does_not_open(tmp_path, part, line):
    """A changed byte of what is sealed is noticed though the checksum fits, in the history too."""
    store = furnish(local(tmp_path, encryption=encryption(tmp_path, ANNA)))
    assert ids(store) == []
    path = tmp_path / part
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = _flipped(lines[line])
    path.write_bytes(b"".join(lines))
    assert "state-sealed-damaged" in ids(store)


def _flipped(line):
    """A line whose sealed text has another last byte, and a checksum that fits where it has one."""
    _, _, text = line.rpartition(b'"')[0].rpartition(b'"')
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    body = b'"%b"' % base64.b64encode(bytes(raw))
    return body + b"\n" if line.startswith(b'"') else b"%08x %b\n" % (zlib.crc32(body), body)


def test_who_holds_the_lock_is_told(tmp_path):
    """A run at work is nothing wrong."""
    store = furnish(local(tmp_path))
    with store.acquire("apply"):
        verified = verify(store)
    assert [each.id for each in verified.findings] == ["state-locked"]
    assert verified.sound
    assert verified.resources == len({each.resource.key + each.resource.kind for each in COMPANY})
    assert store.load().applied.get(Kind.MAILBOX, "anna@example.org")


def test_a_state_that_is_gone_is_told_by_its_history(tmp_path):
    """The snapshot was removed; the next run begins another state, and the history tells both and is sound again."""
    store = furnish(local(tmp_path))
    (tmp_path / "mail.json").unlink()
    assert ids(store) == ["state-gone"]
    furnish(store, runs=2)
    assert ids(store) == ["state-history-begins"]
    assert verify(store).sound
    assert [run.header.serial for run in store.history()] == [1, 2, 3, 1, 2]


def test_a_snapshot_of_an_old_backup_hides_no_run(tmp_path):
    """Runs after it have serials that there were before: verify says so, and the history tells all of them."""
    store = furnish(local(tmp_path), runs=2)
    old = (tmp_path / "mail.json").read_bytes()
    furnish(store, runs=1)
    (tmp_path / "mail.json").write_bytes(old)
    with store.acquire("apply") as session:
        session.acknowledge("operator mailbox b@example.org", "again")
    assert [run.header.serial for run in store.history()] == [1, 2, 3, 3]
    assert "state-forked" in ids(store)
    moved = local(tmp_path, "moved.json")
    assert migrate(store, moved).runs == len(list(moved.history())) == 5


def test_a_head_that_is_gone_is_told_by_the_parts_below_it():
    """They are not called useless: with the head put back, they are the history."""
    place = Place()
    store = furnish(StateStore(RegisterState(MemoryRegister(place))))
    assert ids(store) == []
    place.head = None
    assert ids(StateStore(RegisterState(MemoryRegister(place)))) == ["state-gone"]
