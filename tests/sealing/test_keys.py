"""A state's key: who can unlock it, who can no more, and what is said to whoever can not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.state.sealing import Keys, keys_data, make, matches, read_keys, unlock
from tests.sealing.keyring import only_id, pair

ANNA, BEN, EVE = pair(), pair(), pair()
WHERE = "state/mail.json"


def refusal(keys, block) -> Problem:
    with pytest.raises(Problem) as caught:
        unlock(keys, block, WHERE)
    return caught.value


def test_each_recipient_unlocks_and_nobody_else(ring):
    """Anna and Ben read what either sealed; Eve, whose key is as good, reads nothing."""
    sealer = make(ring.block(ANNA, BEN))
    page = sealer.seal(b"page")
    for each in (ANNA, BEN):
        other = unlock(sealer.keys, ring.block(identities=[each]), WHERE)
        assert other.open(page) == b"page"
        assert sealer.open(other.seal(b"answer")) == b"answer"
    error = refusal(sealer.keys, ring.block(identities=[EVE]))
    assert [each.id for each in error.diagnostics] == ["state-key-refused"]
    assert WHERE in str(error)


def test_who_was_removed_can_not_read_what_is_sealed_after_a_rekey(ring):
    """Ben keeps the old key, and with it what he could always read; the new one he can not unlock."""
    old = make(ring.block(ANNA, BEN))
    bens = unlock(old.keys, ring.block(identities=[BEN]), WHERE)
    new = make(ring.block(ANNA))
    page = new.seal(b"page")
    assert unlock(new.keys, ring.block(identities=[ANNA]), WHERE).open(page) == b"page"
    assert refusal(new.keys, ring.block(identities=[BEN])).diagnostics[0].id == "state-key-refused"
    with pytest.raises(Problem):
        bens.open(page)


def test_a_key_file_may_hold_comments_and_several_keys(ring):
    """As `age-keygen` writes it, with Windows line ends too."""
    sealer = make(ring.block(ANNA))
    text = f"# created: 2026-10-31\r\n# public key: {EVE.public}\r\n{EVE.private}\r\n\r\n{ANNA.private}\r\n"
    assert unlock(sealer.keys, ring.block(identities=[text]), WHERE).open(sealer.seal(b"x")) == b"x"


def test_a_key_that_is_not_here_is_of_no_matter_where_another_fits(ring, monkeypatch):
    """A pipeline has it in a variable, a laptop in a file; both are configured."""
    monkeypatch.delenv("STATE_KEY", raising=False)
    sealer = make(ring.block(ANNA))
    absent = SecretRef(SecretSource.ENV, ("STATE_KEY",))
    both = EncryptionBlock((ANNA.public,), (absent, ring.secret(EVE.private), ring.secret(ANNA.private)))
    assert unlock(sealer.keys, both, WHERE).open(sealer.seal(b"x")) == b"x"
    assert [each.id for each in refusal(sealer.keys, EncryptionBlock((), (absent,))).diagnostics] == [
        "state-key-missing"
    ]


def test_a_key_that_does_not_fit_is_told_beside_one_that_is_not_here(ring, monkeypatch):
    """Whoever was removed has a key: to export another variable is not what they are told first."""
    monkeypatch.delenv("STATE_KEY", raising=False)
    absent = SecretRef(SecretSource.ENV, ("STATE_KEY",))
    error = refusal(make(ring.block(ANNA)).keys, EncryptionBlock((), (absent, ring.secret(EVE.private))))
    assert [each.id for each in error.diagnostics] == ["state-key-refused"]
    assert error.diagnostics[0].why == f"tried: the file {ring.folder}/key-1; the environment has no variable STATE_KEY"


@pytest.mark.parametrize("block", [None, EncryptionBlock((ANNA.public,))])
def test_without_a_key_it_is_said_that_there_is_encryption(ring, block):
    """A recipient alone can be written for, not read as."""
    error = refusal(make(ring.block(ANNA)).keys, block)
    assert [each.id for each in error.diagnostics] == ["state-encrypted"]
    assert WHERE in str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# nothing but a comment", "no line that begins with AGE-SECRET-KEY-1"),
        (ANNA.private[:-3], "line 1 is no age identity"),
        (f"# one\n{ANNA.private}\nAGE-SECRET-KEY-1FOO", "line 3 is no age identity"),
        ("AGE-PLUGIN-YUBIKEY-1QQQQ", "the key of an age plugin"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END OPENSSH PRIVATE KEY-----", "SSH"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----", "encrypted itself"),
        ("age-encryption.org/v1\n-> scrypt", "encrypted itself"),
    ],
    ids=["comment", "cut", "third line", "plugin", "ssh", "armored", "binary"],
)
def test_what_is_no_key_is_told_without_being_shown(ring, text, said):
    """It may be a key with one letter wrong."""
    error = refusal(make(ring.block(ANNA)).keys, ring.block(identities=[text]))
    assert [each.id for each in error.diagnostics] == ["state-key-missing"]
    assert said in str(error)
    shown = repr(error.diagnostics)
    assert not any(line in shown for line in text.splitlines() if line.upper().startswith(("AGE-SECRET", "C2VJ")))


@pytest.mark.parametrize(
    "key", ["!", "YWJj", make(EncryptionBlock((ANNA.public,))).keys.for_recipients[:-40]], ids=["sign", "text", "cut"]
)
def test_a_damaged_copy_of_the_key_is_told(ring, key):
    """It is not taken for somebody else's."""
    error = refusal(Keys((ANNA.public,), key), ring.block(identities=[ANNA]))
    assert [each.id for each in error.diagnostics] == ["state-sealed-damaged"]


def test_a_copy_that_wraps_no_key_is_told(ring):
    """Who knows the recipients can wrap anything."""
    sealer = make(ring.block(ANNA))
    unlocked = unlock(sealer.keys, ring.block(identities=[ANNA]), WHERE)
    import base64

    from pyrage import encrypt, x25519

    fake = base64.b64encode(encrypt(b"\xffno key", [x25519.Recipient.from_str(ANNA.public)])).decode()
    error = refusal(Keys((ANNA.public,), fake), ring.block(identities=[ANNA]))
    assert [each.id for each in error.diagnostics] == ["state-sealed-damaged"]
    assert unlocked.keys == sealer.keys


def test_keys_go_through_json(ring):
    """They stand in the snapshot's first lines and in the journal."""
    keys = make(ring.block(ANNA, BEN)).keys
    assert read_keys(json.loads(json.dumps(keys_data(keys)))) == keys
    assert {keys: 1}[keys] == 1


def test_keys_in_the_clear_tell_the_recipients_alone(ring):
    """The private half of the state's own key is only in the wrapped copies."""
    sealer = make(ring.block(ANNA))
    assert "SECRET" not in json.dumps(keys_data(sealer.keys))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
GOOD = keys_data(make(EncryptionBlock((ANNA.public,))).keys)


@given(JSON, st.sampled_from(["recipients", "key", "passphrases", "other", None]))
def test_anything_else_is_no_keys(value, place):
    """Whatever stands there is refused as data, and never as a crash; what is read is written back as it was."""
    data = value if place is None else {**GOOD, place: value}
    try:
        keys = read_keys(data)
    except ValueError:
        return
    assert read_keys(keys_data(keys)) == keys


def test_a_rekey_is_due_when_others_are_configured(ring):
    """Order is of no matter, nor is how a key is written."""
    keys = make(ring.block(ANNA, BEN)).keys
    assert matches(keys, ring.block(BEN, ANNA))
    assert not matches(keys, ring.block(ANNA))
    assert not matches(keys, ring.block(ANNA, BEN, EVE))
    assert not matches(keys, ring.block(ANNA, BEN, passphrases=["more"]))


def test_a_passphrase_that_is_not_there_makes_no_key(ring, monkeypatch):
    """What is sealed must open with each passphrase that is configured."""
    monkeypatch.delenv("NOT_SET", raising=False)
    absent = SecretRef(SecretSource.ENV, ("NOT_SET",))
    with pytest.raises(Problem) as caught:
        make(EncryptionBlock((ANNA.public,), (), (absent,)))
    assert only_id(caught) == "state-key-missing"
