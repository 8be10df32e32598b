"""The name server of these tests."""

from tests.servers.fixtures import bind_server  # noqa: F401
