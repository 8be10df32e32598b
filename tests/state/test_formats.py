"""Formats: what an earlier version wrote is read and carried forward; sealed and plain hold the same."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pyrage import x25519

from reconciler.model.desired import EncryptionBlock, StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.resources import Alias, Mailbox
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.state import Ended, Intent, StateStore, open_state
from reconciler.state.backend import TAIL
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.schema import state_schema
from reconciler.state.sealing import make
from reconciler.state.snapshot import Snapshot, decode, identity

VERSION_1 = b"""{"format":"reconciler.state/1","lineage":"l1","serial":7,"fence":3,"acknowledged":{"operator x":"done"},
"resources":[
{"kind":"mailbox","key":"anna@example.org","provider":"g","fields":{"owner":"Anna","quota":1},"id":"9"}
]}
"""


@pytest.fixture(scope="module")
def encryption(tmp_path_factory) -> EncryptionBlock:
    key = x25519.Identity.generate()
    file = tmp_path_factory.mktemp("keys") / "key.txt"
    file.write_text(f"{key}\n")
    return EncryptionBlock((str(key.to_public()),), (SecretRef(SecretSource.FILE, (str(file),)),))


def store(folder, encryption: EncryptionBlock | None = None) -> StateStore:
    return open_state(StateBlock("local", "mail.json", folder, encryption=encryption))


def created(key: str, owner: str = "Anna") -> Ended:
    return Ended(Action.CREATE, Kind.MAILBOX, key, "g", applied=Applied(Mailbox(key, owner, 1), "g"))


def test_a_state_of_version_1_is_read_and_written_forward(tmp_path):
    """Nothing of it is lost, and the next run that writes leaves the present format."""
    path = tmp_path / "mail.json"
    path.write_bytes(VERSION_1)
    loaded = store(tmp_path).load().applied
    assert (loaded.lineage, loaded.serial, loaded.acknowledged) == ("l1", 7, {"operator x": "done"})
    assert path.read_bytes() == VERSION_1
    with store(tmp_path).acquire("apply") as session:
        session.end([created("b@example.org")])
    assert orjson.loads(path.read_bytes())["format"] == "reconciler.state/2"
    after = store(tmp_path).load().applied
    assert (after.lineage, after.serial, after.acknowledged) == ("l1", 8, {"operator x": "done"})
    assert {key for _, key in after.resources} == {"anna@example.org", "b@example.org"}
    assert after.get(Kind.MAILBOX, "anna@example.org") == loaded.get(Kind.MAILBOX, "anna@example.org")


@pytest.mark.parametrize(
    "resource",
    [
        Mailbox("a@example.org", "Anna", 1),
        Mailbox("a@example.org", "Anna", 1, login=False),
        Mailbox("a@example.org", "Anna", 1, login=True),
        Alias("*@example.org", ("a@example.org", "b@example.org")),
        Alias("i@example.org", ("a@example.org",), ()),
        Alias("i@example.org", ("a@example.org",), ("b@example.org",)),
        Alias("i@example.org", ("a@example.org",), ("b@example.org", "c@example.org")),
    ],
    ids=str,
)
def test_logins_and_senders_come_back_from_state(tmp_path, resource):
    """From the journal and from the snapshot, which fits its schema, each comes back as it was; open stays open."""
    end = Ended(Action.CREATE, resource.kind, resource.key, "g", applied=Applied(resource, "g"))
    with store(tmp_path).acquire("apply") as session:
        session.begin([Intent(Action.CREATE, resource.kind, resource.key, "g", resource.fields())])
        session.end([end])
        session.commit_now()
    assert store(tmp_path).load().applied.get(resource.kind, resource.key).resource == resource
    snapshot = orjson.loads((tmp_path / "mail.json").read_bytes())
    Draft202012Validator(state_schema()).validate(snapshot)
    optional = {"login", "send_as"} & snapshot["resources"][0]["fields"].keys()
    assert optional == {"login", "send_as"} & resource.fields().keys()


def test_a_sealed_state_holds_what_a_plain_one_does(tmp_path, encryption):
    """Runs, a crash, a fold and the history, all sealed."""
    with store(tmp_path, encryption).acquire("apply") as session:
        session.end([created("a@example.org")])
    manager = store(tmp_path, encryption).acquire("apply")
    session = manager.__enter__()
    session.begin([Intent(Action.CREATE, Kind.MAILBOX, "b@example.org", "g", {"owner": "Ben"})])
    session.commit_now()
    session.abandon()
    loaded = store(tmp_path, encryption).load()
    assert loaded.sealed
    assert [key for _, key in loaded.applied.resources] == ["a@example.org"]
    assert [intent.key for intent in loaded.in_flight] == ["b@example.org"]
    assert [run.header.serial for run in store(tmp_path, encryption).history()] == [1, 2]
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"example.org" not in path.read_bytes()


def test_a_plain_state_where_a_sealed_one_is_configured_is_neither_read_nor_written(tmp_path, encryption):
    """Nobody slips one in: snapshot and journal alike."""
    with store(tmp_path).acquire("apply") as session:
        session.end([created("a@example.org")])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for attempt in (store(tmp_path, encryption).load, store(tmp_path, encryption).acquire("apply").__enter__):
        with pytest.raises(Problem) as caught:
            attempt()
        assert caught.value.diagnostics[0].id == "state-plaintext"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_sealed_state_is_refused_without_its_key(tmp_path, encryption):
    """Also to a run that would write: the encryption is not dropped because a block is missing."""
    with store(tmp_path, encryption).acquire("apply") as session:
        session.end([created("a@example.org")])
    for attempt in (store(tmp_path).load, store(tmp_path).acquire("apply").__enter__):
        with pytest.raises(Problem) as caught:
            attempt()
        assert caught.value.diagnostics[0].id == "state-encrypted"


_NAMES = st.sampled_from([f"user{number}@example.org" for number in range(300)])


@settings(max_examples=25)
@given(first=st.sets(_NAMES, max_size=280), added=st.sets(_NAMES, max_size=5), gone=st.sets(_NAMES, max_size=5))
@pytest.mark.parametrize("sealed", [False, True])
def test_rows_that_changed_make_the_new_snapshot_of_the_old_one(encryption, sealed, first, added, gone):
    """A place that keeps rows apart and stores only the changed ones holds the same as one that stores all."""
    sealer = make(encryption) if sealed else None
    fold = Fold()
    for key in first:
        fold.end(created(key))
    fold.dirty.clear()
    old = Snapshot(fold, sealer)
    stored = dict(old.rows())
    for key in added:
        fold.end(created(key, "New"))
    for key in gone:
        fold.end(Ended(Action.DELETE, Kind.MAILBOX, key, "g", gone=True))
    new = Snapshot(fold, sealer, pages=old.pages)
    changes = new.changes()
    if changes is None:
        stored = dict(new.rows())
    for name, row in (changes or {}).items():
        if row is None:
            stored.pop(name, None)
        else:
            stored[name] = row
    joined = new.head + b",\n".join(stored[name] for name in sorted(stored)) + TAIL
    decoded, pages = decode(joined, "x", Cipher(encryption if sealed else None, "x"))
    assert (decoded.resources, pages) == (fold.resources, new.pages)
    assert identity(joined) == identity(new.whole())
    assert sorted(stored) == [name for name, _ in new.rows()]
    if changes is not None:
        assert len(changes) <= len(added | gone)
