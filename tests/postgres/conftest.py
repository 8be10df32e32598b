"""A real server for every test of this folder."""

from tests.servers.fixtures import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]
