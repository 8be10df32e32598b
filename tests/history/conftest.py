"""A company that was applied, and changed since."""

import pytest

from tests.cli.conftest import MAIL, House, make
from tests.doctor.conftest import CONSENT

CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_REPOSITORY": "acme/mail",
}


@pytest.fixture
def house(tmp_path) -> House:
    """Three runs: all is created, a pipeline gives anna more room and a new password, info goes."""
    house = make(tmp_path / "house", MAIL)
    house.run("apply", *CONSENT)
    house.edit(("quota: 5 GB, password: {env: ANNA_PASSWORD}", "quota: 7 GB, password: {env: ANNA_PASSWORD}"))
    house.edit(("password: {env: ANNA_PASSWORD}}", "password: {env: ANNA_PASSWORD}, password_version: 2}"))
    House(house.folder, CI).run("apply", "--yes")
    house.edit(("  info@example.org: ben@example.org\n", ""))
    house.run("apply", "--yes")
    return house
