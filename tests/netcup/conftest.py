"""A customer account on the twin, for each test its own."""

from collections.abc import Iterator

import pytest

from tests.netcup.worlds import World, world_of
from tests.twins.netcup import Account


@pytest.fixture
def account() -> Account:
    """An account without domains."""
    return Account()


@pytest.fixture
def world(account: Account, tmp_path) -> Iterator[World]:
    """The twin, and a provider over CCP that looks after example.org there."""
    with world_of(account, tmp_path) as made:
        yield made
