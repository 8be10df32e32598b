"""What a user of netcup's DNS reads on the command line about what was never seen to work."""

import pytest

from tests.cli.conftest import MAIL, House, make

BLOCK = """{{type: netcup, customer: "{customer}", api_key: {{file: key}}, api_password: {{file: password}},
    endpoint: "{endpoint}", zones: [example.org]}}"""


@pytest.fixture
def house(account, world, tmp_path) -> House:
    """A company whose zone is on the twin."""
    account.add_domain("example.org")
    made = make(tmp_path / "house", MAIL)
    (made.folder / "key").write_text(account.key)
    (made.folder / "password").write_text(account.password)
    block = BLOCK.format(customer=account.customer, endpoint=world.at.ccp)
    made.edit(("{type: zonefile, directory: zones}", block), ("version: 1", "version: 1\nresolver: {off: true}"))
    return made


def test_a_plan_says_in_one_sentence_what_is_unproven(house):
    """The doubts are named, and where their reasons are told; they do not bury the plan."""
    told = house.run("plan", exit=2).out
    assert told.count("warning[provider-unproven]") == 1
    assert "ccp-compare" in told
    assert "`reconciler doctor` tells why" in " ".join(told.split())


def test_doctor_promises_nothing_of_what_no_apply_can_settle(house):
    """What a provider is not known to do stays so whatever is run next."""
    told = house.run("doctor").out
    assert "ccp-compare is unproven: the CCP interface can not compare" in told
    assert told.endswith("Nothing needs a person: what stands above is worth knowing.\n")
    assert "\ufffd" not in told
