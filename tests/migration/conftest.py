"""The name servers of these tests, and the move that they are about."""

import contextlib
import functools

import pytest

from tests.migration import servers
from tests.migration.keys import key_pair
from tests.migration.world import EXTERNAL, Move

_running = contextlib.ExitStack()


@functools.cache
def _pair():
    pair = _running.enter_context(servers.running())
    servers.outside(pair, EXTERNAL(key_pair("old")[1], key_pair("new")[1]))
    return pair


@pytest.fixture(scope="session")
def pair():
    """Primary and secondary, the same for all tests of this worker, with the zones of both mail hosts."""
    yield _pair()
    _running.close()


@pytest.fixture
def move(pair, tmp_path, monkeypatch):
    """A domain that has been at its old host for a month."""
    made = Move(pair, tmp_path / "house")
    made.watch(monkeypatch)
    made.settle()
    return made
