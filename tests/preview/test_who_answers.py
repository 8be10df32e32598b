"""Who is asked for a preview and for a verdict: servers, the zones as they were read, or nobody."""

from dataclasses import dataclass

import pytest

from reconciler.cli import previewing
from reconciler.model.answers import Answer, Status
from reconciler.model.live import Inventory
from reconciler.model.rrsets import ZoneContent
from reconciler.plan.gather import Readers
from reconciler.plan.previewing import Known, local_zones
from reconciler.providers.capabilities import Capabilities
from tests.cli.conftest import MAIL, make


@dataclass
class Provider:
    """A DNS provider of which only its capabilities are asked."""

    capabilities: Capabilities


@dataclass
class Files:
    """A configuration that names a provider for no domain."""

    dns: dict


def known(**public):
    """Zones of one provider each, by whether the world is answered from them."""
    readers = Readers({}, {name: Provider(Capabilities(public=each)) for name, each in public.items()})
    contents = {(name, f"{name}.test"): ZoneContent(f"{name}.test", {}) for name in public}
    return Known(Files({}), readers, Inventory(), contents)


def test_zones_that_the_world_is_not_answered_from_answer_for_themselves():
    """Servers are asked for public zones; a zone file is asked itself."""
    assert local_zones(known(file=False, bind=True), asks=True).keys() == {"file.test"}


def test_where_nobody_is_asked_every_zone_answers_as_it_was_read():
    """With the resolver off, a public zone is still known from its provider."""
    assert local_zones(known(file=False, bind=True), asks=False).keys() == {"file.test", "bind.test"}


class Recorder:
    """Stands in for the world's servers, and notes what they are asked."""

    asked: list = []  # noqa: RUF012 - the command makes its own
    made: list = []  # noqa: RUF012

    def __init__(self, settings=None, known=None, *, clock=None):
        Recorder.made.append(settings)

    async def answer(self, questions):
        """Answer with an include that leads outside."""
        Recorder.asked += questions
        return {each: self._answer(*each) for each in questions}

    def _answer(self, name, rtype):
        if rtype != "TXT":
            return Answer(Status.NODATA)
        inner = "include:_spf.outside.example " if name == "foreign.example" else ""
        return Answer(Status.FOUND, (f'"v=spf1 {inner}-all"',), 60)

    async def zone_facts(self, zone, servers=()):
        """Nothing is wrong."""
        return type("Facts", (), {"facts": {}})()


@pytest.fixture
def recorder(monkeypatch):
    """No question of a command leaves the process."""
    monkeypatch.setattr(previewing, "Authorities", Recorder)
    monkeypatch.setattr("reconciler.resolution.authorities.Authorities", Recorder)
    Recorder.asked, Recorder.made = [], []
    return Recorder


def test_a_named_server_is_asked_for_the_domain_alone(tmp_path, recorder):
    """Who names the server of one domain has not said that anybody else may be asked."""
    house = make(tmp_path / "house", MAIL)
    house.run("dns", "check", "--server", "127.0.0.1:5", "foreign.example")
    names = {each.name for each in recorder.asked}
    assert names
    assert all(name == "foreign.example" or name.endswith(".foreign.example") for name in names)
    assert recorder.made[-1].authoritative == {"foreign.example": ("127.0.0.1:5",)}


def test_with_a_resolver_what_lies_outside_is_asked_too(tmp_path, recorder):
    """A configured resolver is leave to ask whoever has the answer."""
    house = make(tmp_path / "house", MAIL)
    house.edit(("instances:\n", "resolver: {servers: ['127.0.0.1:5']}\ninstances:\n"))
    house.run("dns", "check", "--server", "127.0.0.1:5", "foreign.example", exit=0)
    assert "_spf.outside.example" in {each.name for each in recorder.asked}


def test_a_domain_of_somebody_else_is_looked_for_by_delegation(tmp_path, recorder):
    """A domain that no file declares can be judged without naming a server; the files' own zones ask nobody."""
    house = make(tmp_path / "house", MAIL)
    house.run("apply", "--yes", "--allow-cost", "instance:office")
    house.run("dns", "check", "foreign.example")
    assert "foreign.example" in {each.name for each in recorder.asked}
    Recorder.asked = []
    house.run("dns", "check", "example.org")
    assert Recorder.asked == []


def test_a_resolver_that_is_off_asks_nobody(tmp_path, recorder):
    """`off: true` holds for every command, and what is not known for it is said."""
    house = make(tmp_path / "house", MAIL)
    house.edit(("instances:\n", "resolver: {off: true}\ninstances:\n"))
    told = house.run("dns", "preview", "example.org", exit=2)
    house.run("dns", "check", "foreign.example", exit=1)
    assert recorder.asked == []
    assert "the resolver is off" in told.err
