"""The repository itself: layers, machine paths, examples that stay clean, the two commands."""

import re
import subprocess
import sys

import pytest

from scripts.generate import ROOT

#: Paths of somebody's machine, which mean nothing on another.
MACHINE = re.compile(r"(?<![\w.])/(?:work/|root/\.|home/\w+/|Users/\w+/)")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".zone", ".txt", ""}


def tracked():
    """Every file of the repository; of an unpacked archive every file below its folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]


def test_no_path_of_a_machine_is_in_the_repository():
    """Nothing in the repository names a folder of the machine it was written on."""
    found = []
    for path in tracked():
        if path.suffix in TEXT and path.name != "test_repository.py":
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if MACHINE.search(line) and "usr/bin" not in line:
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_layers_hold():
    """import-linter's contracts of pyproject.toml hold."""
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_ci_runs_the_command_people_run():
    """`.ci/run` is `make test`."""
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_make_help_names_every_target():
    """`make help` lists what the README names."""
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "lint", "bench", "docs", "clean"):
        assert re.search(rf"^  {target} ", done.stdout, re.MULTILINE), target


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse(script):
    """Every shell script is one for bash."""
    subprocess.run(["bash", "-n", script], check=True)


def test_a_python_that_is_too_old_is_named(tmp_path):
    """Without a fit Python, `make demo` says what is missing and what to type, and makes nothing."""
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    script = ROOT / "scripts/find-python.sh"
    done = subprocess.run(
        ["bash", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "3.11" in done.stderr
    assert "make PYTHON=" in done.stderr
