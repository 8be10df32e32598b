"""The `encryption` block of `state:`: what may be written, and what is said to anything else."""

from pathlib import Path

import pytest

from reconciler.config import load
from reconciler.model.desired import EncryptionBlock
from reconciler.model.secrets import SecretRef, SecretSource
from tests.cli.conftest import make
from tests.sealing.keyring import pair

ANNA, BEN = pair(), pair()


def read(folder: Path, written: str) -> EncryptionBlock:
    (folder / "mail.yaml").write_text(f"version: 1\nstate:\n  local: mail.json\n  encryption: {written}\n")
    state = load([Path("mail.yaml")], folder).desired.state
    assert (state.backend, state.settings) == ("local", "mail.json")
    assert state.encryption is not None
    assert state.encryption.span is not None
    assert state.encryption.span.line == 4
    return state.encryption


def test_all_of_it(tmp_path, monkeypatch):
    """Lists of each; paths start at the folder of the file, or at home."""
    monkeypatch.setenv("HOME", "/srv/anna")
    block = read(
        tmp_path,
        f"{{recipients: [{ANNA.public}, {BEN.public.upper()}, {ANNA.public}], "
        "identity: [{file: ~/key.txt}, {file: keys/ci}, {env: STATE_KEY}], "
        "passphrase: [{command: [pass, show, state]}, {env: STATE_PASSPHRASE}]}",
    )
    assert block.recipients == (ANNA.public, BEN.public)
    base = str(tmp_path)
    assert block.identities == (
        SecretRef(SecretSource.FILE, ("/srv/anna/key.txt",), base),
        SecretRef(SecretSource.FILE, (f"{base}/keys/ci",), base),
        SecretRef(SecretSource.ENV, ("STATE_KEY",), base),
    )
    assert block.passphrases == (
        SecretRef(SecretSource.COMMAND, ("pass", "show", "state"), base),
        SecretRef(SecretSource.ENV, ("STATE_PASSPHRASE",), base),
    )


def test_one_of_each_needs_no_list(tmp_path):
    """The shortest form, and recipients without any key: this machine writes for others."""
    assert len(read(tmp_path, f"{{recipients: {ANNA.public}, identity: {{env: A}}}}").identities) == 1
    assert len(read(tmp_path, "{passphrase: {env: A}}").passphrases) == 1
    assert read(tmp_path, f"{{recipients: {ANNA.public}}}").identities == ()


def test_without_it_a_state_is_not_encrypted(tmp_path):
    """As ever."""
    (tmp_path / "mail.yaml").write_text("version: 1\nstate: {local: mail.json}\n")
    assert load([Path("mail.yaml")], tmp_path).desired.state.encryption is None


#: Keys differ from run to run, and the names of tests may not.
NAMES = (
    "private recipient", "cut recipient", "plugin", "private identity", "path", "passphrase", "nobody", "two sources",
    "misspelt", "nothing",
)  # fmt: skip
#: What is written, the message, and a part of the help.
MISTAKES = [
    (
        f"{{recipients: {ANNA.private}}}",
        "'encryption.recipients' of the section 'state': a private key stands where a public one is expected",
        "make a new pair",
    ),
    (
        f"{{recipients: [{ANNA.public}, {ANNA.public[:-1]}]}}",
        "'encryption.recipients[2]' of the section 'state': it is no age recipient, or a letter of it is wrong",
        "age-keygen -y KEYFILE",
    ),
    (
        "{recipients: [age1yubikey1qwertyqwerty]}",
        "'encryption.recipients[1]' of the section 'state': it is the key of an age plugin",
        "begins with age1",
    ),
    (
        f"{{recipients: {ANNA.public}, identity: {ANNA.private}}}",
        "'encryption.identity' of the section 'state': a text stands here, and a secret is never written",
        "{file: PATH}",
    ),
    (
        f"{{recipients: {ANNA.public}, identity: [{{file: a}}, ~/key-s3cret.txt]}}",
        "'encryption.identity[2]' of the section 'state': a text stands here, and a secret is never written",
        "{file: PATH}",
    ),
    (
        "{passphrase: four horses s3cret}",
        "'encryption.passphrase' of the section 'state': a text stands here, and a secret is never written",
        "{env: NAME}",
    ),
    (
        "{identity: {env: A}}",
        "'encryption' of the section 'state': nobody could read what is encrypted",
        "recipients: [age1…]",
    ),
    (
        f"{{recipients: {ANNA.public}, identity: {{env: A, file: b}}}}",
        "'encryption.identity[1]' of the section 'state': 2 of env, file, command given where one is needed",
        "exactly one of",
    ),
    (f"{{recipient: {ANNA.public}}}", "'encryption' of the section 'state' has no field 'recipient'", "`recipients`"),
    ("", "'encryption' of the section 'state' has no value", "write a value"),
]


@pytest.mark.parametrize(("written", "message", "help_"), MISTAKES, ids=NAMES)
def test_a_mistake_is_told_at_its_place_and_no_secret_is_shown(tmp_path, written, message, help_):
    """Message, place and way out; the excerpt of the file shows no key and no passphrase."""
    house = make(tmp_path / "company", f"version: 1\nstate:\n  local: mail.json\n  encryption: {written}\n")
    text = " ".join(house.run("validate", exit=1).out.split())
    assert message in text
    assert help_ in text
    assert "--> mail.yaml:4:" in text
    for form in ("text", "json", "github", "sarif"):
        shown = house.run("validate", "--format", form, exit=1)
        for secret in (ANNA.private[15:25], "s3cret"):
            assert secret not in shown.out + shown.err


@pytest.mark.parametrize(
    "written", [f"encryption: {{recipients: {ANNA.public}}}", "local: a\n  http: {}"], ids=["none", "two"]
)
def test_exactly_one_place_stands_beside_it(tmp_path, written):
    """The block says who can read a state, not where it is."""
    house = make(tmp_path / "company", f"version: 1\nstate:\n  {written}\n")
    assert "exactly one of: local, postgres, s3, http" in " ".join(house.run("validate", exit=1).out.split())
