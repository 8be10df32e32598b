"""A fresh stage for each test."""

import pytest

from tests.apply.imaginary import Stage


@pytest.fixture
def stage(tmp_path) -> Stage:
    """A folder with an empty state, an empty platform, and time at zero."""
    return Stage(tmp_path)
