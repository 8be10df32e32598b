"""Servers for these tests: one BIND, and a small world of our own around it."""

import pytest

from tests.resolution.speaker import NO_SUCH_NAME, Says, refers, speaking
from tests.servers.fixtures import bind_server  # noqa: F401

RESOLVER, TOP = "127.0.0.3", "127.0.0.2"


@pytest.fixture(scope="module")
def named(bind_server):  # noqa: F811
    """A BIND server on 127.0.0.1."""
    return bind_server


@pytest.fixture
def world(named):
    """A resolver, and servers of .org and .net that delegate to BIND; all but the resolver listen on BIND's port."""
    with (
        speaking(RESOLVER, says={("org", "NS"): Says(("org NS a.nic.org.",), authoritative=False)}) as resolver,
        speaking(TOP, named.port, {"org": NO_SUCH_NAME}) as top,
    ):
        resolver.says["a.nic.org", "A"] = Says((f"a.nic.org A {TOP}",), authoritative=False)
        resolver.says["a.nic.org", "AAAA"] = Says(authoritative=False)
        top.says["example.org"] = refers("example.org", "ns1.example.org", glue=["ns1.example.org 127.0.0.1"])
        yield World(named, resolver, top)


class World:
    """Who is asked whom."""

    def __init__(self, named, resolver, top):
        self.named, self.resolver, self.top = named, resolver, top
