"""Every place that state can be kept in."""

from tests.backends.stage import place
from tests.servers.fixtures import postgres_server

__all__ = ["place", "postgres_server"]
