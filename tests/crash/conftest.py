"""Every place that state can be kept in."""

from tests.backends.stage import place
from tests.servers.fixtures import postgres_server
from tests.servers.s3 import moto_store

__all__ = ["moto_store", "place", "postgres_server"]
