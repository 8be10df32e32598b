"""A saved plan that is encrypted: read by those who may, and by nobody else; everything else about it as before."""

import json

import pytest

from tests.cli.conftest import MAIL, make
from tests.sealing.house import ANNA, BEN, furnish, hand_over
from tests.sealing.keyring import faces, run_age, words_of

COST = ("--allow-cost", "instance:office")
ENCRYPTION = f"{{recipients: [{ANNA.public}, {BEN.public}], identity: {{file: key.txt}}}}"
ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----\n"


@pytest.fixture
def house(tmp_path):
    return furnish(tmp_path / "company", ENCRYPTION)


@pytest.fixture
def plain(tmp_path):
    return make(tmp_path / "open", MAIL)


def saved(house) -> bytes:
    return (house.folder / "plan.json").read_bytes()


def test_a_saved_plan_is_encrypted_as_the_state_is(house):
    """Nobody has to think of it, and what is printed stays readable."""
    ran = house.run("plan", "--out", "plan.json", exit=2)
    assert saved(house).startswith(ARMOR)
    assert ran.err == "wrote plan.json, encrypted\n"
    assert "anna@example.org" in ran.out


def test_nothing_in_the_bytes_reveals_an_address_or_a_name(house):
    """Neither as they are, nor in any base64 in them; the same search finds everything in a plain plan."""
    house.run("plan", "--out", "plain.json", "--no-encrypt", exit=2)
    open_plan = (house.folder / "plain.json").read_bytes()
    words = {word.encode() for word in words_of(open_plan)}
    assert {b"anna@example.org", b"Beispiel", b"example.org", b"mailbox"} <= words
    house.run("plan", "--out", "plan.json", exit=2)
    views = faces(saved(house))
    assert any(b"age-encryption.org" in view for view in views[1:]), "base64 was looked into"
    assert [word for word in words for view in views if word in view] == []
    assert all(any(word in view for view in faces(open_plan)) for word in words)


def test_apply_carries_out_an_encrypted_plan(house):
    """It is the plan that was made, and its digest is checked as ever."""
    house.run("plan", "--out", "plan.json", exit=2)
    assert "Done" in house.run("apply", "plan.json", *COST).out
    assert "Nothing to do" in house.run("plan").out


def test_an_encrypted_plan_goes_stale_like_any_other(house):
    """A changed configuration is noticed."""
    house.run("plan", "--out", "plan.json", exit=2)
    house.edit(("quota: 5 GB", "quota: 6 GB"))
    assert "the configuration has changed" in house.run("apply", "plan.json", exit=3).err


@pytest.mark.parametrize("command", ["show", "graph"])
def test_an_encrypted_plan_is_looked_at_like_any_other(house, command):
    """By whoever has a key."""
    house.run("plan", "--out", "plain.json", "--no-encrypt", exit=2)
    house.run("plan", "--out", "plan.json", exit=2)
    shown = house.run(command, "plan.json").out
    assert "anna@example.org" in shown
    assert shown == house.run(command, "plain.json").out.replace("plain.json", "plan.json")


def test_the_other_recipient_reads_it_too(house):
    """Each with a key of their own."""
    house.run("plan", "--out", "plan.json", exit=2)
    hand_over(house, BEN)
    assert house.run("show", "plan.json", "--format", "json").json["format"] == "reconciler.plan/1"


def test_a_plan_changed_before_it_was_encrypted_is_refused(house, tmp_path):
    """The digest inside is checked: encryption is for whoever knows the recipients."""
    house.run("plan", "--out", "plan.json", exit=2)
    key = house.folder / "key.txt"
    tree = json.loads(run_age("-d", "-i", key, stdin=saved(house)))
    tree["state"]["serial"] = 7
    (house.folder / "plan.json").write_bytes(run_age("-a", "-r", ANNA.public, stdin=json.dumps(tree).encode()))
    assert "error[plan-digest]" in house.run("apply", "plan.json", exit=1).err


def test_without_a_key_it_is_refused(house, plain):
    """And the way out is said."""
    house.run("plan", "--out", "plan.json", exit=2)
    (plain.folder / "plan.json").write_bytes(saved(house))
    for command in ("show", "apply", "graph"):
        said = plain.run(command, "plan.json", exit=1).err
        assert "error[plan-encrypted]" in said
        assert "identity: {file: PATH}" in " ".join(said.split())


@pytest.mark.parametrize("command", ["show", "apply", "graph"])
def test_with_a_key_that_does_not_fit_it_is_refused(house, command):
    """It may have been made before the key was added."""
    house.edit((f"{ANNA.public}, ", ""))
    house.run("plan", "--out", "plan.json", exit=2)
    said = house.run(command, "plan.json", exit=1).err
    assert "error[state-key-refused]" in said
    assert "plan.json" in said
    (house.folder / "key.txt").unlink()
    assert "error[state-key-missing]" in house.run(command, "plan.json", exit=1).err


def test_a_damaged_plan_is_unreadable(house):
    """A cut transfer, or a letter changed on the way."""
    house.run("plan", "--out", "plan.json", exit=2)
    lines = saved(house).splitlines(keepends=True)
    middle = len(lines) - 4
    swapped = lines[middle].swapcase()
    (house.folder / "plan.json").write_bytes(b"".join([*lines[:middle], swapped, *lines[middle + 1 :]]))
    assert "error[plan-unreadable]" in house.run("show", "plan.json", exit=1).err


def test_encrypt_needs_somebody_to_encrypt_for(plain):
    """Nothing is written, and what to add is said."""
    said = plain.run("plan", "--out", "plan.json", "--encrypt", exit=1).err
    assert "error[encryption-not-configured]" in said
    assert "recipients: [age1…]" in " ".join(said.split())
    assert not (plain.folder / "plan.json").exists()


@pytest.mark.parametrize("option", ["--encrypt", "--no-encrypt"])
def test_how_to_save_needs_where_to_save(house, option):
    """A plan that is printed is printed."""
    assert "--out plan.json" in house.run("plan", option, exit=64).err


def test_an_encrypted_plan_is_written_over_by_the_next(house):
    """As a plain one is, and either by the other."""
    for option in ("--encrypt", "--no-encrypt", "--encrypt", "--encrypt"):
        house.run("plan", "--out", "plan.json", option, exit=2)
        assert saved(house).startswith(ARMOR) is (option == "--encrypt")


@pytest.mark.parametrize("recipient", [ANNA, BEN])
def test_what_is_encrypted_and_no_plan_is_not_written_over(house, recipient):
    """It may be the only copy of something; where no key opens it, nobody can know."""
    other = run_age("-a", "-r", recipient.public, stdin=b"a list of passwords")
    (house.folder / "plan.json").write_bytes(other)
    assert "error[plan-file-taken]" in house.run("plan", "--out", "plan.json", exit=1).err
    assert saved(house) == other


def test_an_encrypted_plan_is_no_configuration(house):
    """It is one mistake, and the command it belongs to is named."""
    house.run("plan", "--out", "plan.json", exit=2)
    said = house.run("apply", "plan.json", "mail.yaml", exit=1).err
    assert said.count("error[") == 1
    assert "error[plan-as-configuration]" in said


def test_a_passphrase_alone_will_do(tmp_path):
    """Seconds of work each time, as age has it."""
    house = furnish(tmp_path / "company", "{passphrase: {file: phrase}}")
    (house.folder / "phrase").write_text("four horses\n", encoding="utf-8")
    ran = house.run("plan", "--out", "plan.json", exit=2)
    assert saved(house).startswith(ARMOR)
    shown = house.run("show", "plan.json")
    assert "anna@example.org" in shown.out
    assert "horses" not in ran.out + ran.err + shown.out + shown.err
