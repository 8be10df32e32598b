"""The name servers of these tests."""

from tests.servers.fixtures import bind_server, knot_server  # noqa: F401
