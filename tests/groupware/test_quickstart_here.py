"""The first example, moved from the embedded platform to a real cluster by changing the provider's block alone."""

import json

import pytest

from scripts.house import ROOT, copy_examples
from tests.cli.conftest import House
from tests.groupware.people import DOORS, Person, from_outside

_HERE = "  groupware: {type: sandbox, path: state/sandbox.db}"


@pytest.fixture
def quickstart(cluster, tmp_path):
    """A copy of the example at the cluster."""
    folder = tmp_path / "quickstart"
    copy_examples(ROOT / "examples/quickstart", folder)
    house = House(folder, cluster.environment)
    house.edit((_HERE, f"  groupware: {json.dumps(cluster.provider)}"))
    return house


def test_the_quickstart_runs_on_a_real_cluster(quickstart, cluster):
    """Planned and applied once, it is as declared; its people get in, its aliases lead to them, and import agrees."""
    quickstart.run("plan", "--out", "plan.json", exit=2)
    quickstart.run("apply", "plan.json", "--yes", "--allow-cost", "instance:office")
    assert "Nothing to do" in quickstart.run("plan").out
    people = {
        name: Person(cluster, address, (quickstart.folder / "secrets" / name).read_text().strip())
        for name, address in (("anna", "anna@example.org"), ("shop", "shop@example.net"))
    }
    assert {name: person.doors() for name, person in people.items()} == dict.fromkeys(people, DOORS)
    for alias, name in (("abuse@example.net", "anna"), ("info@example.net", "shop")):
        from_outside(cluster, alias, f"to {alias}")
        people[name].receives(f"to {alias}")
    assert people["shop"].browser().identities.keys() == {"shop@example.net", "info@example.net"}

    (quickstart.folder / "state/mail.json").unlink()
    whole = (quickstart.folder / "mail.yaml").read_text()
    declared = whole[: whole.index("\ndefaults:")]
    (quickstart.folder / "mail.yaml").write_text(declared)
    imported = quickstart.run("import", "--provider", "groupware").out
    for name in ("dmitri@example.org", "jobs@example.org", "instances:", "Example Shop"):
        assert name in imported
    (quickstart.folder / "mail.yaml").write_text(declared + imported)
    plan = quickstart.run("plan", "--format", "json", exit=2).json
    assert {each["action"] for each in plan["operations"]} == {"adopt"}
    quickstart.run("apply", "--yes")
    quickstart.run("plan")
