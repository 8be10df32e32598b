"""Companies with a state, as the tests of the command line have them, and every place that state can be kept in."""

from tests.backends.stage import place
from tests.cli.conftest import _applied_once, applied, house
from tests.servers.fixtures import postgres_server
from tests.servers.s3 import moto_store

__all__ = ["_applied_once", "applied", "house", "moto_store", "place", "postgres_server"]
