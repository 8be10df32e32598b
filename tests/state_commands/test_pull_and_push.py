"""`state pull` and `state push`: a state as one file, out of its place and back into it."""

import json
import socket
import stat
import subprocess
import sys

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.state import lease
from reconciler.state.tending import transfer
from reconciler.state.tending.rewriting import rewriting
from reconciler.state.tending.verifying import verify
from reconciler.state.values import Ended, LockInfo
from tests.state_commands.stores import ANNA, BEN, COMPANY, applied, created, encryption, furnish, local, past


def push(store, path, replaced=""):
    """Push a file."""
    fold = transfer.read_file(path, path.name, store.encryption)
    with rewriting(store, "state push", home=False) as session:
        found = transfer.push(session, store, fold, path.name, replaced)
        if not found.empty:
            found.carry_out(session)
    return found


def pulled(store, path, **how):
    """Pull into a file."""
    path.write_bytes(transfer.pull(store, **how).data)
    return path


def test_pull_prints_the_state_and_writes_nothing(applied):
    """The journal is folded in memory."""
    before = applied.files()
    told = applied.run("state", "pull").json
    assert told["format"] == "reconciler.state/2"
    assert {each["key"] for each in told["resources"]} >= {"anna@example.org", "example.org MX"}
    assert applied.files() == before


def test_a_pulled_file_is_for_its_owner_alone(applied):
    """It is written with mode 0600, over an older copy, and over nothing else."""
    applied.run("state", "pull", "--out", "copy.json")
    path = applied.folder / "copy.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    applied.run("state", "pull", "--out", "copy.json")
    assert "state-file-taken" in applied.run("state", "pull", "--out", "mail.yaml", exit=1).err


def test_pull_then_push_changes_nothing(applied):
    """What was pulled is what is there."""
    applied.run("state", "pull", "--out", "copy.json")
    before = applied.run("state", "pull").out
    told = applied.run("state", "push", "copy.json", "--format", "json").json
    assert told["changed"] is False
    assert applied.run("state", "pull").json["resources"] == json.loads(before)["resources"]
    assert applied.run("state", "pull").json["serial"] == json.loads(before)["serial"]


def test_pull_with_a_write_in_flight(tmp_path):
    """What a dead run was writing is in the file, and in the place it is pushed to."""
    store = furnish(local(tmp_path), flying=True)
    copy = pulled(store, tmp_path / "copy.json")
    assert push(store, copy).empty
    other = local(tmp_path, "other.json")
    push(other, copy)
    assert [each.operation for each in other.load().in_flight] == ["create mailbox late@example.org"]


def test_a_changed_file_becomes_a_run(tmp_path):
    """Only the difference is written, and the history is one line."""
    store = furnish(local(tmp_path))
    copy = pulled(store, tmp_path / "copy.json")
    copy.write_text(copy.read_text().replace('"quota":2', '"quota":9').replace('{"kind":"record"', '{"kind":"record"'))
    push(store, copy)
    assert store.load().applied.get(Kind.MAILBOX, "anna@example.org").resource.quota == 9
    header, steps, _ = past(store)[-1]
    assert (header.serial, header.operation) == (4, "state push")
    assert {(each.action, each.key, each.before["quota"], each.after["quota"]) for each in steps} == {
        ("adopt", "anna@example.org", 2, 9),
        ("adopt", "boss@example.org", 2, 9),
    }
    assert verify(store).findings == []


def test_notes_of_a_person_become_those_of_the_file(tmp_path):
    """What the file does not know to be done is no longer acknowledged, and what it knows is."""
    store = furnish(local(tmp_path))
    with store.acquire("ack") as session:
        session.acknowledge("operator mailbox anna@example.org", "kept")
    copy = pulled(store, tmp_path / "copy.json")
    text = copy.read_text().replace('"quota":2', '"quota":9')
    assert '"operator mailbox m0@example.org":"note 0",' in text
    copy.write_text(text.replace('"operator mailbox m0@example.org":"note 0",', '"operator domain x.example":"yes",'))
    push(store, copy)
    notes = store.load().applied.acknowledged
    assert "operator mailbox m0@example.org" not in notes
    assert notes["operator domain x.example"] == "yes"
    assert notes["operator mailbox anna@example.org"] == "kept"
    assert verify(store).findings == []


def test_an_older_file_is_refused(tmp_path):
    """Runs since would be forgotten."""
    store = furnish(local(tmp_path))
    copy = pulled(store, tmp_path / "copy.json")
    with store.acquire("apply") as session:
        session.end([created(applied(Kind.MAILBOX, "new@example.org", {"owner": "Neu"}))])
    before = store.load().applied
    with pytest.raises(Problem) as caught:
        push(store, copy)
    assert caught.value.diagnostics[0].id == "state-older"
    assert store.load().applied == before


def test_an_older_file_goes_back_to_its_moment_where_the_last_run_is_given_up_by_name(applied):
    """After `state rm` of the wrong thing: the state says what it said, the history tells of every step."""
    applied.run("state", "pull", "--out", "copy.json")
    before = applied.run("state", "pull").json
    applied.run("state", "rm", "ben@example.org", "--yes")
    serial = applied.run("state", "pull").json["serial"]
    refused = applied.run("state", "push", "copy.json", "--yes", exit=1).err
    assert f"--replace-serial {serial}" in refused
    wrong = applied.run("state", "push", "copy.json", "--replace-serial", serial - 1, "--yes", exit=1).err
    assert f"--replace-serial {serial}" in wrong
    asked = applied.run("state", "push", "copy.json", "--replace-serial", serial, exit=4).err
    assert f"--replace-serial {serial} --yes" in asked
    applied.run("state", "push", "copy.json", "--replace-serial", serial, "--yes")
    after = applied.run("state", "pull").json
    assert (after["resources"], after["lineage"]) == (before["resources"], before["lineage"])
    assert after["serial"] == serial + 1
    applied.run("state", "verify")
    applied.run("plan", exit=0)


def test_a_lost_place_is_filled_again(tmp_path):
    """Pushed to an empty place, lineage and serials go on, so that plans made before are stale."""
    store = furnish(local(tmp_path))
    copy = pulled(store, tmp_path / "copy.json")
    other = local(tmp_path, "other.json")
    push(other, copy)
    here, there = store.load().applied, other.load().applied
    assert (there.lineage, there.resources, there.acknowledged) == (here.lineage, here.resources, here.acknowledged)
    assert there.serial == here.serial + 1
    with other.acquire("apply") as session:
        session.end([created(COMPANY[2])])
    assert other.load().applied.serial == here.serial + 2
    assert verify(other).findings == []


def test_a_newer_file_over_an_older_place(tmp_path):
    """A place that was put back from a backup takes what is newer, and its serial goes on behind the file's."""
    store = furnish(local(tmp_path), runs=2)
    copy = pulled(store, tmp_path / "copy.json")
    copy.write_text(copy.read_text().replace('"serial":2', '"serial":9'))
    with store.acquire("state rm") as session:
        session.end([Ended(Action.FORGET, Kind.ALIAS, "info@example.org", "groupware", gone=True)])
    push(store, copy)
    assert store.load().applied.serial == 10
    assert verify(store).findings == []


def test_another_lineage_has_to_be_given_up_by_name(tmp_path):
    """Only the whole lineage that is there gives it up; its history stays, and verifies."""
    store, other = furnish(local(tmp_path)), furnish(local(tmp_path, "other.json"), runs=1)
    copy = pulled(other, tmp_path / "copy.json")
    mine = store.load().applied
    for given in ("", "abc", other.load().applied.lineage):
        with pytest.raises(Problem) as caught:
            push(store, copy, given)
        assert caught.value.diagnostics[0].id == "state-other-lineage"
    assert store.load().applied == mine
    push(store, copy, mine.lineage)
    now = store.load().applied
    assert (now.lineage, now.resources) == (other.load().applied.lineage, other.load().applied.resources)
    assert now.serial == mine.serial + 1
    assert [header.lineage for header, _, _ in past(store)] == [mine.lineage] * 3 + [now.lineage]
    assert verify(store).findings == []


def test_the_way_out_of_another_lineage_can_be_typed(applied, tmp_path):
    """The help is the command that does it."""
    furnish(other := local(tmp_path))
    copy = pulled(other, applied.folder / "copy.json")
    applied.run("apply", "--yes")
    err = applied.run("state", "push", copy.name, "--yes", exit=1).err
    lineage = applied.run("state", "list", "--format", "json").json["lineage"]
    assert f"--replace-lineage {lineage}" in err
    told = applied.run("state", "push", copy.name, "--yes", "--replace-lineage", lineage, "--format", "json").json
    assert told["given_up"] == lineage


def test_protected_resources_that_vanish_are_shown(applied, tmp_path):
    """Nobody approves of that without having seen it."""
    applied.edit(("quota: 2 GB,", "quota: 2 GB, protect: true,"))
    applied.run("apply", "--yes")
    applied.run("state", "pull", "--out", "copy.json")
    copy = applied.folder / "copy.json"
    lines = [line for line in copy.read_text().splitlines() if '"key":"ben@example.org"' not in line]
    copy.write_text("\n".join(lines) + "\n")
    ran = applied.run("state", "push", "copy.json", exit=4)
    assert "mailbox ben@example.org is no longer known, nor protected" in ran.err
    assert "--yes" in ran.err


def test_a_write_in_flight_is_not_pushed_over(tmp_path):
    """A file that knows another end of it would hide what became of it."""
    store = furnish(local(tmp_path))
    copy = pulled(store, tmp_path / "copy.json")
    text = copy.read_text().replace('"serial":3', '"serial":8')
    late = json.dumps({"kind": "mailbox", "key": "late@example.org", "provider": "groupware", "fields": {"owner": "x"}})
    copy.write_text(text.replace('"resources":[\n', f'"resources":[\n{late},\n'))
    furnish(store, runs=0, flying=True)
    with pytest.raises(Problem) as caught:
        push(store, copy)
    assert caught.value.diagnostics[0].id == "state-in-flight"


def test_an_encrypted_state_is_pulled_encrypted(tmp_path):
    """For those whom the configuration names, unless plain text is asked for."""
    store = furnish(local(tmp_path, encryption=encryption(tmp_path, ANNA)))
    data = transfer.pull(store).data
    assert b"example.org" not in data
    assert json.loads(transfer.pull(store, plaintext=True).data)["resources"]
    copy = pulled(store, tmp_path / "copy.age")
    assert push(store, copy).empty
    stranger = local(tmp_path, "other.json", encryption(tmp_path, BEN))
    with pytest.raises(Problem) as caught:
        push(stranger, copy)
    assert caught.value.diagnostics[0].id == "state-key-refused"
    with pytest.raises(Problem) as caught:
        push(local(tmp_path, "plain.json"), copy)
    assert caught.value.diagnostics[0].id == "state-encrypted"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"format":"reconciler.state/9"}', b"version: 1\n"])
def test_what_is_no_state_is_refused(applied, content):
    """Nothing is written because of it."""
    (applied.folder / "copy.json").write_bytes(content)
    before = applied.files()
    applied.run("state", "push", "copy.json", "--yes", exit=1)
    assert applied.files() == before


def test_kept_outcomes_come_home(tmp_path):
    """What a run could not record is recorded, and told; a file is not pushed over it."""
    from reconciler.state import kept

    store = furnish(local(tmp_path))
    copy = pulled(store, tmp_path / "copy.json")
    copy.write_text(copy.read_text().replace('"quota":2', '"quota":9'))
    late = created(applied(Kind.MAILBOX, "late@example.org", {"owner": "Spät"}))
    header, _, _ = past(store)[-1]
    from reconciler.state.codec import ended_data

    kept.Keeper(store.folders, store.where).keep(header, [ended_data(late)], None)
    with pytest.raises(Problem) as caught:
        push(store, copy)
    assert caught.value.diagnostics[0].id == "state-kept-waiting"
    with rewriting(store, "state push") as session:
        came = session.homecomings
    assert [each.recorded for each in came] == [1]
    assert store.load().applied.get(Kind.MAILBOX, "late@example.org") == late.applied
    assert store.kept() == []
    assert verify(store).findings == []


def test_nothing_kept_is_said(applied):
    """Without FILE and without kept outcomes there is nothing to do."""
    assert "No outcomes" in applied.run("state", "push").out
    assert applied.run("state", "push", "--format", "json").json["home"] == []
    applied.run("state", "push", "--replace-lineage", "x", exit=64)


def test_a_push_that_takes_a_lock_over(tmp_path):
    """The run that gives a lineage up tells of the dead owner, and the history stays one line."""
    store, other = furnish(local(tmp_path)), furnish(local(tmp_path, "other.json"), runs=1)
    copy = pulled(other, tmp_path / "copy.json")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = LockInfo("dead", "anna", socket.gethostname(), gone.pid, "apply", since=1.0, expires=2.0, fence=9)
    assert store.backend.write_lock(None, lease.encode(dead))
    push(store, copy, store.load().applied.lineage)
    assert store.load().applied.resources == other.load().applied.resources
    (*_, (header, _, _)) = past(store)
    assert header.took_over == dead
    assert (header.serial, header.fence) == (4, 10)
    assert verify(store).findings == []
