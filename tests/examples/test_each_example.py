"""Each example runs as it stands: it validates, applies with the consents its plan names, then has nothing to do."""

import shlex
import subprocess
import sys

import pytest

from examples.many.generate import generate
from scripts.house import ROOT, House

EXAMPLES = {
    "quickstart": [["."]],
    "family": [["."]],
    "encrypted": [["."]],
    "offboarding": [["company.yaml", "before"], ["company.yaml", "after"]],
    "migration": [["mail.yaml", "before"], ["mail.yaml", "after"]],
}


def config(paths):
    """The same paths as options of `apply`, whose argument is a plan file."""
    return [word for path in paths for word in ("--config", path)]


@pytest.mark.parametrize(("example", "stages"), EXAMPLES.items(), ids=EXAMPLES)
def test_example_runs_as_it_stands(example, stages, tmp_path):
    """No environment, no account, no edit is needed."""
    house = House.of(example, tmp_path)
    for paths in stages:
        house.run("validate", *paths, exit=0)
        plan = house.run("plan", *paths, "--format", "json", exit=2).json
        consents = [word for each in plan["refusals"] for word in shlex.split(each["consent"][0])]
        house.run("apply", *config(paths), "--yes", *consents, exit=0)
        again = house.run("plan", *paths, "--format", "json", exit=0).json
        assert again["operations"] == []


def test_leaver_hands_over_his_address(tmp_path):
    """In offboarding the mailbox goes after its aliases, and its address is claimed right after it is released."""
    house = House.of("offboarding", tmp_path)
    before, after = EXAMPLES["offboarding"]
    house.run("apply", *config(before), "--yes", "--allow-cost", "instance:office", exit=0)
    order = [each["id"] for each in house.run("plan", *after, "--format", "json", exit=2).json["operations"]]
    gone = order.index("delete mailbox bob@example.org")
    assert order[gone + 1] == "create alias bob@example.org"
    assert order.index("delete alias sales@example.org") < gone
    house.run("apply", *config(after), "--yes", exit=0)
    assert "carla@example.org" in house.run("resolve", "bob@example.org", *config(after), exit=0).out


@pytest.mark.parametrize("count", [1, 250])
def test_many_runs_at_any_size(count, tmp_path):
    """The generator's output applies as it is, whatever N is."""
    generate(count, tmp_path / "many")
    house = House(tmp_path / "many")
    house.run("apply", "--yes", "--allow-cost", "instance:campus", exit=0)
    house.run("plan", exit=0)


def test_many_is_deterministic(tmp_path):
    """The same N gives the same bytes; one percent changed touches one mailbox in a hundred and nothing else."""
    for name in ("a", "b"):
        words = [sys.executable, ROOT / "examples/many/generate.py", "1200", tmp_path / name]
        subprocess.run(words, check=True, capture_output=True)
    generate(1200, tmp_path / "c", changed=1)

    def text(name):
        return [path.read_text() for path in sorted((tmp_path / name).rglob("*.yaml"))]

    assert text("a") == text("b")
    old, new = "".join(text("a")).splitlines(), "".join(text("c")).splitlines()
    assert sum(was != now for was, now in zip(old, new, strict=True)) == 12
