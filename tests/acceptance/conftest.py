"""A company that was planned, and one that was applied."""

import pytest

from scripts.house import House

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
