"""The same from the command line: whatever a company's runs and plans leave behind, but for the platform itself."""

import pytest
from pyrage import x25519

from tests.cli.conftest import MAIL, make
from tests.secrecy.searching import found

COST = ("--allow-cost", "instance:office")
WORDS = ("zebrafink", "quokkatal.example", "Wilhelmine", "wombatpost", "office")
RENAMED = {
    "anna@example.org": "zebrafink@quokkatal.example",
    "info@example.org": "wombatpost@quokkatal.example",
    "Anna Beispiel": "Wilhelmine Beispiel",
    "example.org": "quokkatal.example",
}


@pytest.fixture
def company(tmp_path):
    """A company with words that are found by no accident, whose state is encrypted."""
    identity = x25519.Identity.generate()
    text = MAIL
    for word, other in RENAMED.items():
        text = text.replace(word, other)
    encryption = f"encryption: {{recipients: [{identity.to_public()}], identity: {{file: key.txt}}}}"
    text = text.replace("{local: state/mail.json}", f"{{local: state/mail.json, {encryption}}}")
    house = make(tmp_path / "company", text)
    zones = house.folder / "zones"
    zone = (zones / "example.org.zone").read_text().replace("example.org", "quokkatal.example")
    (zones / "example.org.zone").unlink()
    (zones / "quokkatal.example.zone").write_text(zone)
    (house.folder / "key.txt").write_text(f"{identity}\n")
    return house


def left_behind(house):
    """Everything beside the configuration, the zones and the platform."""
    state = [path for path in (house.folder / "state").rglob("*") if path.is_file() and "sandbox" not in path.name]
    plans = list(house.folder.glob("*.plan.json"))
    return b"\n".join(path.read_bytes() for path in sorted([*state, *plans]))


def test_plans_and_runs_leave_no_word_behind(company):
    """A plan that is saved, its apply, a change, a plan that is left lying about."""
    company.run("plan", "--out", "first.plan.json", exit=2)
    assert found(WORDS, left_behind(company)) == set()
    company.run("apply", "first.plan.json", *COST, exit=0)
    assert found(WORDS, left_behind(company)) == set()
    company.edit(("quota: 5 GB", "quota: 6 GB"))
    company.run("plan", "--out", "second.plan.json", exit=2)
    company.run("apply", "--yes", exit=0)
    data = left_behind(company)
    assert found(WORDS, data) == set()
    assert found(["age-encryption.org"], data)
    assert "zebrafink@quokkatal.example" in company.run("state", "list", exit=0).out


def test_a_plan_in_plain_text_is_found_by_the_same_search(company):
    """Where somebody asks for one."""
    company.run("plan", "--out", "open.plan.json", "--no-encrypt", exit=2)
    assert found(WORDS, left_behind(company)) == set(WORDS)
