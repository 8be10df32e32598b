"""Makes `scripts` importable wherever the tests are started from."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
from scripts.house import House  # noqa: E402 - the line above makes it importable

CONSENT = ("--allow-cost", "instance:office")


@pytest.fixture
def quickstart(tmp_path):
    """A copy of examples/quickstart in which nothing was run yet."""
    return House.of("quickstart", tmp_path)


@pytest.fixture
def applied(quickstart):
    """A copy of examples/quickstart after its first apply."""
    quickstart.run("apply", "--yes", *CONSENT, exit=0)
    return quickstart
