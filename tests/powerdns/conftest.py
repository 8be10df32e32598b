"""One PowerDNS for all tests of a worker."""

import pytest

from tests.servers import pdns as servers


@pytest.fixture(scope="session")
def pdns():
    """A running server without zones."""
    with servers.running() as server:
        yield server
