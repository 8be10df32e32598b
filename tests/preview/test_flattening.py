"""`spf: {flatten: true}`: includes of ours become the addresses that they stand for when a run publishes them."""

import json

import pytest

from reconciler.model.rrsets import RRset
from tests.cli.conftest import MAIL, make
from tests.servers.fixtures import bind_server  # noqa: F401

_HOST = '{mx: [10 mx.flat.test], spf: ["include:_spf.flat.test"], dkim: {}}'
CONSENT = ("--yes", "--allow-cost", "instance:office")


def _answered(server, address):
    """Let the mail host's own zone permit one network."""
    include = RRset("_spf.flat.test", "TXT", 60, (f'"v=spf1 ip4:{address} -all"',))
    server.add_zone("flat.test", [include, RRset("mx.flat.test", "A", 60, ("192.0.2.25",))])


@pytest.fixture
def house(tmp_path):
    """A company whose mail host is included by one name, which it wants flattened."""
    found = make(tmp_path / "house", MAIL)
    found.edit(
        (
            "type: sandbox, path: state/sandbox.db",
            f"type: sandbox, path: state/sandbox.db, published: {_HOST}",
        ),
        ("dmarc: {policy: none}", "dmarc: {policy: none}, spf: {flatten: true}"),
    )
    return found


def _asking(house, server):
    """Every name of the test is asked of this server, and nobody else is asked for anything."""
    resolver = {"servers": [server.address], "authoritative": {"flat.test": server.address}}
    house.edit(("instances:\n", f"resolver: {json.dumps(resolver)}\ninstances:\n"))


def _published(house):
    return next(line for line in house.files()["zones/example.org.zone"].decode().splitlines() if "v=spf1" in line)


def test_an_include_becomes_its_addresses_and_follows_them(house, bind_server):  # noqa: F811
    """The record has networks, an unchanged world has no plan, and other addresses are a change that says its price."""
    _answered(bind_server, "192.0.2.0/25")
    _asking(house, bind_server)
    house.run("apply", *CONSENT)
    assert "v=spf1 ip4:192.0.2.0/25 ~all" in _published(house)
    house.run("plan")
    _answered(bind_server, "198.51.100.7")
    plan = house.run("plan", "--format", "json", exit=2).json
    assert [step["id"] for step in plan["operations"]] == ["update record example.org TXT spf"]
    assert "spf-flattened" in {each["id"] for each in plan["warnings"]}
    house.run("apply", "--yes")
    assert "ip4:198.51.100.7" in _published(house)
    assert "192.0.2.0" not in _published(house)


def test_what_can_not_be_looked_up_stays_as_it_was_published(house, bind_server):  # noqa: F811
    """An include that nobody answers for takes nothing away; before the first run it is published as an include."""
    told = house.run("plan", "--format", "json", exit=2).json
    assert "spf-not-flattened" in {each["id"] for each in told["warnings"]}
    _answered(bind_server, "192.0.2.0/25")
    _asking(house, bind_server)
    house.run("apply", *CONSENT)
    bind_server.remove_zone("flat.test")
    plan = house.run("plan", "--format", "json").json
    assert "spf-not-flattened" in {each["id"] for each in plan["warnings"]}
    assert "ip4:192.0.2.0/25" in _published(house)
