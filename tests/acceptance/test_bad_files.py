"""Corrupt, truncated and foreign files are refused with what to do, and left byte for byte as they were."""

import json

import pytest

from tests.acceptance.looking import traces

COST = ("--yes", "--allow-cost", "instance:office")


def truncated(data):
    """The first two thirds."""
    return data[: len(data) * 2 // 3]


def garbage(data):
    """Bytes of no meaning, of about the same length."""
    return bytes(range(256)) * (len(data) // 256 + 1)


def flipped(data):
    """One bit in the middle is another; a digit or letter becomes its neighbour."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def foreign(data):
    """Somebody else's JSON."""
    return json.dumps({"version": 4, "terraform_version": "1.15.0", "resources": []}).encode()


def nothing(data):
    """An empty file."""
    return b""


DAMAGES = (truncated, garbage, foreign, nothing)


def refused(result, name):
    """An error with exit 1 that names the file and offers help, without a traceback."""
    assert result.exit == 1, result.text
    assert "Traceback" not in result.text
    assert name in result.text
    assert "help" in result.text


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_damaged_state_is_refused_and_kept(applied, damage):
    """No command goes on with a state it can not read, and none mends it by itself."""
    file = applied.folder / "state/mail.json"
    file.write_bytes(damage(file.read_bytes()))
    before = traces(applied)
    for command in (("plan",), ("apply", *COST), ("drift",), ("state", "list")):
        refused(applied.run(*command), "mail.json")
        assert traces(applied) == before


@pytest.mark.parametrize("damage", [garbage, foreign], ids=lambda each: each.__name__)
def test_damaged_journal_is_refused_and_kept(applied, damage):
    """A journal that is not ours, or not a journal, stops the run before anything is touched."""
    file = applied.folder / "state/mail.json.journal"
    file.write_bytes(damage(b"x" * 600) + b"\n")
    before = traces(applied)
    for command in (("plan",), ("apply", *COST)):
        refused(applied.run(*command), "mail.json.journal")
        assert traces(applied) == before


@pytest.mark.parametrize("damage", [*DAMAGES, flipped], ids=lambda each: each.__name__)
def test_damaged_plan_file_is_refused_and_kept(quickstart, damage):
    """A plan file that was edited or cut is neither shown nor applied."""
    quickstart.run("plan", "--out", "plan.json", exit=2)
    file = quickstart.folder / "plan.json"
    file.write_bytes(damage(file.read_bytes()))
    before = quickstart.bytes_of()
    for command in (("show", "plan.json"), ("apply", "plan.json", *COST)):
        refused(quickstart.run(*command), "plan.json")
    after = quickstart.bytes_of()
    assert {name: data for name, data in after.items() if ".db" not in name} == {
        name: data for name, data in before.items() if ".db" not in name
    }


def test_plan_file_edited_by_hand_is_refused_by_its_digest(quickstart):
    """A reviewer approved other operations than these."""
    quickstart.run("plan", "--out", "plan.json", exit=2)
    file = quickstart.folder / "plan.json"
    file.write_bytes(file.read_bytes().replace(b"Carla Probe", b"Carla Fraud"))
    result = quickstart.run("apply", "plan.json", *COST)
    refused(result, "plan.json")
    assert "digest" in result.text


@pytest.mark.parametrize("damage", [truncated, garbage, foreign], ids=lambda each: each.__name__)
def test_damaged_platform_file_is_refused_and_kept(applied, damage):
    """A sandbox file that SQLite can not read, or that is not the sandbox's, is named and not touched."""
    file = applied.folder / "state/sandbox.db"
    for side in applied.folder.glob("state/sandbox.db-*"):
        side.unlink()
    file.write_bytes(damage(file.read_bytes()))
    before = file.read_bytes()
    for command in (("plan",), ("apply", *COST), ("drift",)):
        refused(applied.run(*command), "sandbox.db")
        assert file.read_bytes() == before


@pytest.mark.parametrize("damage", [garbage], ids=lambda each: each.__name__)
def test_damaged_zone_file_is_refused_and_kept(applied, damage):
    """A zone file that can not be parsed is named and not rewritten."""
    file = applied.folder / "zones/example.org.zone"
    file.write_bytes(damage(file.read_bytes()))
    before = file.read_bytes()
    for command in (("plan",), ("apply", *COST)):
        refused(applied.run(*command), "example.org.zone")
        assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe\x00",
        b"- a\n- b\n",
        b"version: 2\n",
        b"version: 1\nmailboxes: {anna: {}}\n",
        b"version: 1\nversion: 1\n",
        b"a: &a [*a]\n",
        b"{" * 2000,
        b"version: 1\n\tdomains: {}\n",
    ],
    ids=["empty", "not-utf8", "list", "other-version", "no-address", "twice", "recursive", "deep", "tab"],
)
def test_broken_configuration_ends_in_diagnostics(quickstart, text):
    """Whatever stands in the YAML, the end is exit 1 and a place, never a traceback."""
    (quickstart.folder / "mail.yaml").write_bytes(text)
    for command in ("validate", "plan"):
        result = quickstart.run(command)
        assert result.exit == 1, result.text
        assert "Traceback" not in result.text
        assert "mail.yaml" in result.text
