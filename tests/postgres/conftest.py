"""A real server for every test of this folder, and states in it."""

import pytest

from reconciler.state.places.postgres.state import PostgresState
from tests.postgres.images import allow
from tests.servers.fixtures import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


@pytest.fixture
def database(postgres_database):
    """An empty database whose role may make schemas in it."""
    return postgres_database


@pytest.fixture
def open_state(database):
    """Makes states in the database; all are closed at the end."""
    opened = []

    def make(name="mail", dsn=None, **settings):
        state = PostgresState(lambda: dsn or database.dsn, name=name, **settings)
        opened.append(state)
        return state

    yield make
    for state in opened:
        state.close()


@pytest.fixture
def state(open_state):
    """A state that was written once, so that its tables are there."""
    state = open_state()
    state.append(b"", 0, allow)
    return state
