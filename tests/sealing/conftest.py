"""Keys in a folder that goes away."""

import pytest

from tests.sealing.keyring import Ring


@pytest.fixture
def ring(tmp_path) -> Ring:
    return Ring(tmp_path)
