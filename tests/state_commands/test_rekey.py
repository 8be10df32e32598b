"""`state rekey`: what is stored can be read by those alone who are configured."""

import itertools
import shutil

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.state import StateStore
from reconciler.state.places.local import LocalFiles
from reconciler.state.places.register import RegisterState
from reconciler.state.tending.rekeying import rekey
from reconciler.state.tending.verifying import verify
from tests.register.memory import MemoryRegister, Place
from tests.state_commands.stores import (
    ANNA,
    BEN,
    COMPANY,
    Dying,
    all_bytes,
    created,
    decoded,
    encryption,
    furnish,
    local,
    past,
    trouble,
    unlocked,
)

#: What nobody without a key may find.
SECRETS = [
    text.encode()
    for each in COMPANY
    for text in (each.resource.key, *(value for value in each.resource.fields().values() if isinstance(value, str)))
] + [b"late@example.org", b"example.org", b"Sp\xc3\xa4t", b"operator", b"note", b"mx.example"]


def revealed(folder):
    """What of the company can be found in the bytes of a place."""
    data = all_bytes(folder, "mail.json")
    return [text for text in SECRETS if text in data]


def same(store, before, then):
    """Whether only the key has changed."""
    assert past(store)[: len(before)] == before
    assert store.load().applied.resources == then.applied.resources
    assert store.load().in_flight == then.in_flight
    assert verify(store).sound


@pytest.mark.parametrize("flying", [False, True])
def test_plain_to_sealed(tmp_path, flying):
    """Nothing is left in the bytes, be it in a temporary file of an earlier crash."""
    store = furnish(local(tmp_path), flying=flying)
    before, then = past(store), store.load()
    (tmp_path / "mail.json.4711.tmp").write_bytes(b"anna@example.org")
    (tmp_path / "mail.json.history/00000001.journal.4711.tmp").write_bytes(b"anna@example.org")
    assert revealed(tmp_path)
    sealed = local(tmp_path, encryption=encryption(tmp_path, ANNA))
    assert rekey(sealed).sealed
    assert revealed(tmp_path) == []
    same(sealed, before, then)
    with pytest.raises(Problem) as caught:
        store.load()
    assert caught.value.diagnostics[0].id == "state-encrypted"


def test_a_removed_recipient_can_not_read_on(tmp_path):
    """Whoever was taken off opens neither what is there nor what is written later; whoever was added opens it all."""
    anna = local(tmp_path, encryption=encryption(tmp_path, ANNA))
    furnish(anna)
    before, then = past(anna), anna.load()
    both = local(tmp_path, encryption=encryption(tmp_path, ANNA, BEN))
    with pytest.raises(Problem) as caught, both.acquire("apply"):
        pass
    assert caught.value.diagnostics[0].id == "state-rekey-due"
    assert rekey(both).recipients == 2
    ben = local(tmp_path, encryption=encryption(tmp_path, BEN))
    assert rekey(ben).recipients == 1
    with ben.acquire("apply") as session:
        session.end([created(COMPANY[0])])
    same(ben, before, then)
    for look in (anna.load, lambda: past(anna)):
        with pytest.raises(Problem) as caught:
            look()
        assert caught.value.diagnostics[0].id == "state-key-refused"


def test_each_time_a_new_key(tmp_path):
    """The wrapped key that stood there opens nothing that is there now."""
    store = furnish(local(tmp_path, encryption=encryption(tmp_path, ANNA)))
    first = _wrapped(tmp_path)
    rekey(store)
    assert len(_wrapped(tmp_path) | first) == 2


def _wrapped(folder):
    from reconciler.state.journal import lines

    found = set()
    for path in (folder / "mail.json.history").iterdir():
        bodies, _ = lines(path.read_bytes(), "")
        found |= {body for body in bodies if b'"keys"' in body}
    return found


def test_back_to_plain_text(tmp_path):
    """Sealed and back is the same state, and the configuration decides what is refused."""
    store = furnish(local(tmp_path), flying=True)
    before, then = past(store), store.load()
    sealed = local(tmp_path, encryption=encryption(tmp_path, ANNA))
    rekey(sealed)
    assert not rekey(sealed, plaintext=True).sealed
    same(store, before, then)
    with pytest.raises(Problem) as caught:
        sealed.load()
    assert caught.value.diagnostics[0].id == "state-plaintext"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("start", ["plain", "anna", "to plain"])
def test_a_death_at_any_call(tmp_path, start, after):
    """However far it came: running it again finishes, and till then no run goes on from a state that is half sealed."""
    block, first = encryption(tmp_path, ANNA, BEN), None if start == "plain" else encryption(tmp_path, ANNA)
    (tmp_path / "0").mkdir()
    furnish(local(tmp_path / "0", encryption=first), flying=True)
    for at in itertools.count(1):
        folder = shutil.copytree(tmp_path / "0", tmp_path / f"{at}")
        old = local(folder, encryption=first)
        before, then = past(old), old.load()
        store = local(folder, encryption=block)
        doomed = Dying(LocalFiles(folder / "mail.json"), at, after=after)
        plaintext = start == "to plain"
        met = trouble(rekey, StateStore(doomed, encryption=block, folders=store.folders), plaintext=plaintext)
        assert met is None or "died" in met[1]
        unlocked(store)
        if not plaintext and revealed(folder):
            with pytest.raises(Problem):
                store.load()
        rekey(store, plaintext=plaintext)
        if plaintext:
            same(local(folder), before, then)
        else:
            assert revealed(folder) == []
            same(store, before, then)
        if not doomed.dead:
            assert at > 5
            break


def test_a_key_that_this_machine_can_not_open(tmp_path):
    """A state that nobody here could read again is not made."""
    store = furnish(local(tmp_path))
    then = store.load()
    with pytest.raises(Problem) as caught:
        rekey(local(tmp_path, encryption=encryption(tmp_path, BEN, reads=ANNA)))
    assert caught.value.diagnostics[0].id == "state-key-refused"
    assert store.load().applied == then.applied


def test_from_the_command_line(applied):
    """The way of a user: add the block, be refused, rekey, go on; and back again."""
    key = applied.folder / "key.txt"
    key.write_text(ANNA.private + "\n")
    plain = "state: {local: state/mail.json}"
    block = f"encryption: {{recipients: [{ANNA.public}], identity: {{file: key.txt}}}}"
    assert "encryption-not-configured" in applied.run("state", "rekey", exit=1).err
    applied.edit((plain, f"state: {{local: state/mail.json, {block}}}"))
    assert "reconciler state rekey" in applied.run("plan", exit=1).err
    assert "for 1 recipient" in applied.run("state", "rekey").out
    assert "Nothing to do" in applied.run("plan").out
    assert applied.run("state", "verify", "--format", "json").json["encrypted"] is True
    assert b"example.org" not in all_bytes(applied.folder / "state", "mail.json")
    applied.run("state", "rekey", "--plaintext", exit=4)
    told = applied.run("state", "rekey", "--plaintext", "--yes", "--format", "json").json
    assert (told["encrypted"], told["before"]) == (False, True)
    applied.edit((f"state: {{local: state/mail.json, {block}}}", plain))
    assert "Nothing to do" in applied.run("plan").out
    assert applied.run("state", "verify", "--format", "json").json["sound"] is True


def test_a_state_that_was_moved_away_is_left_alone(tmp_path):
    """An old copy is no state to seal."""
    from reconciler.state.tending.migrating import migrate

    store, other = furnish(local(tmp_path)), local(tmp_path, "other.json")
    migrate(store, other)
    with pytest.raises(Problem) as caught:
        rekey(local(tmp_path, encryption=encryption(tmp_path, ANNA)))
    assert caught.value.diagnostics[0].id == "state-moved-away"


def test_a_place_of_head_and_parts(tmp_path):
    """Parts that were plain are gone from there as well."""
    place = Place()
    before = furnish(_register(place, None), flying=True)
    then, told = before.load(), past(before)
    assert any(b"anna@example.org" in data for data in _stored(place))
    sealed = _register(place, encryption(tmp_path, ANNA))
    rekey(sealed)
    same(sealed, told, then)
    assert not [text for text in SECRETS for data in _stored(place) if text in data]


def _register(place, block):
    return StateStore(RegisterState(MemoryRegister(place), pauses=()), encryption=block)


def _stored(place):
    """Every byte of a place, and what stands there in base64, twice: a head holds lines that hold sealed text."""
    found = [place.head, *place.parts.values()]
    inner = [each for data in found for each in decoded(data)]
    return [*found, *inner, *(each for data in inner for each in decoded(data))]
