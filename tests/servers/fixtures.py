"""Fixtures for whoever needs a server: put the line into the folder's `conftest.py`.

from tests.servers.fixtures import postgres_database, postgres_server  # noqa: F401
"""

import contextlib
import functools
from collections.abc import Iterator

import pytest

from tests.servers import bind, knot, postgres
from tests.servers import cluster as groupware

_servers = contextlib.ExitStack()


@functools.cache
def _server() -> postgres.Server:
    """One server a process, however many conftests have imported the fixture."""
    return _servers.enter_context(postgres.running())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server, the same for all tests of this worker."""
    yield _server()
    _servers.close()


@pytest.fixture
def postgres_database(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """An empty database, whose role may make schemas."""
    with postgres_server.database() as database:
        yield database


@functools.cache
def _bind() -> bind.Bind:
    return _servers.enter_context(bind.running())


@pytest.fixture(scope="session")
def bind_server() -> Iterator[bind.Bind]:
    """BIND, the same for all tests of this worker; a zone that is added again replaces the one there is."""
    yield _bind()
    _servers.close()


@functools.cache
def _knot() -> knot.Knot:
    return _servers.enter_context(knot.running())


@pytest.fixture(scope="session")
def knot_server() -> Iterator[knot.Knot]:
    """Knot, the same for all tests of this worker; a zone that is added again replaces the one there is."""
    yield _knot()
    _servers.close()


@functools.cache
def _cluster(*, postfixadmin: bool) -> groupware.Cluster:
    return _servers.enter_context(groupware.running(postfixadmin=postfixadmin))


@pytest.fixture(scope="session")
def cluster() -> Iterator[groupware.Cluster]:
    """A mail host without a table, the same for all tests of this worker: each has domains of its own."""
    yield _cluster(postfixadmin=False)
    _servers.close()


@pytest.fixture(scope="session")
def postfixadmin_cluster() -> Iterator[groupware.Cluster]:
    """A mail host with PostfixAdmin and its tables, the same for all tests of this worker."""
    yield _cluster(postfixadmin=True)
    _servers.close()
