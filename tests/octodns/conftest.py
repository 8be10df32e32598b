"""One BIND and one PowerDNS for all tests of a worker."""

import pytest

from tests.servers import bind as bind_servers
from tests.servers import pdns as pdns_servers


@pytest.fixture(scope="session")
def bind():
    """A running named without zones."""
    with bind_servers.running() as server:
        yield server


@pytest.fixture(scope="session")
def pdns():
    """A running PowerDNS without zones."""
    with pdns_servers.running() as server:
        yield server
