"""What `reconciler` costs before it does anything."""

import os
import subprocess
import sys

import pytest

HEAVY = ("pydantic", "asyncio", "dns", "jsonschema", "rich", "orjson", "yaml", "sqlite3", "deepdiff", "http", "ssl")


def _imported_by(code: str) -> set[str]:
    """The top-level modules a fresh interpreter holds after running some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sorted({{n.partition('.')[0] for n in sys.modules}}))"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("args", [[], ["--help"], ["--version"], ["pln"], ["plan", "--help"], ["apply", "--help"]])
def test_help_imports_nothing_heavy(args):
    """Help, the version and a typing mistake are told without loading any of the libraries that work needs."""
    code = f"from reconciler.cli.main import cli\ntry:\n    cli.main({args!r})\nexcept SystemExit:\n    pass"
    assert _imported_by(code).isdisjoint(HEAVY)


def test_importing_the_entry_point_loads_no_command():
    """The root knows its commands as data; none is imported before it is called."""
    code = "import sys, reconciler.cli.main\nprint([name for name in sys.modules if '.cli.commands.' in name])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
