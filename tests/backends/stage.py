"""The fixture `place`: put it into a folder's `conftest.py`, with the fixtures of servers it asks for.

from tests.backends.stage import place  # noqa: F401
from tests.servers.fixtures import postgres_server  # noqa: F401
from tests.servers.s3 import moto_store  # noqa: F401
"""

import contextlib
from collections.abc import Iterator

import pytest

from tests.backends.places import InMemory, Local, Place, on_http, on_postgres, on_s3

NAMES = ("memory", "local", "postgres", "s3", "http")


@contextlib.contextmanager
def staged(name: str, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty place of a kind; its server is started if need be."""
    match name:
        case "memory":
            yield InMemory()
        case "local":
            yield Local(request.getfixturevalue("tmp_path"))
        case "postgres":
            with on_postgres(request.getfixturevalue("postgres_server")) as place:
                yield place
        case "s3":
            with on_s3(request.getfixturevalue("moto_store")) as place:
                yield place
        case "http":
            with on_http() as place:
                yield place


@pytest.fixture(params=NAMES)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Every place in turn, empty."""
    with staged(request.param, request) as found:
        yield found
