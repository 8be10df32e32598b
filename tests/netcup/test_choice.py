"""Which interface has a zone, and what a provider with one or both says of itself."""

import asyncio

import pytest
from pydantic import ValidationError

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.limits import refusal
from reconciler.providers.netcup import NetcupSettings
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.netcup.worlds import CCP, REST, ZONE, World
from tests.twins.netcup import CloudRecord

_CLOUD = "cloud.org"
_NEW = "www"


@pytest.fixture
def account(account):
    """One domain on each side, with a record in its zone."""
    account.add_domain(ZONE)
    account.add_record(ZONE, "@", "A", "192.0.2.1")
    account.commit(account.add_domain(_CLOUD, cloud=True), (CloudRecord("1", "@", "A", "192.0.2.2", 300),))
    return account


def _zones(world: World) -> list[str]:
    async def ask():
        return list(await world.provider.zone_reader().zones())

    return asyncio.run(ask())


def test_each_zone_is_asked_where_it_is(world):
    """`isDnsManaged` decides, for reading and for writing."""
    world.make_provider(*CCP, *REST, zones=[])
    assert _zones(world) == [_CLOUD, ZONE]
    assert (world.read(ZONE).ttl, world.read(_CLOUD).ttl) == (86400, None)
    for zone in (ZONE, _CLOUD):
        new = RRset(f"{_NEW}.{zone}", "A", 300, ("192.0.2.3",))
        assert world.change(RRsetChange(None, new), zone=zone) == Done()
    assert [row.hostname for row in world.account.domains[ZONE].records.values()] == ["@", _NEW]
    assert [record.name for record in world.account.domains[_CLOUD].revisions[-1].records] == ["@", _NEW]


def test_a_token_alone_lists_what_it_can_change(world):
    """A domain whose zone has not moved is not among them, and is refused with the way there."""
    world.make_provider(*REST, zones=[])
    assert _zones(world) == [_CLOUD]
    with pytest.raises(ProviderError, match=r"example\.org is not on CloudDNS yet") as caught:
        world.read(ZONE)
    assert "customer, api_key, api_password" in caught.value.help
    with pytest.raises(ProviderError, match=r"knows no domain nowhere\.example"):
        world.read("nowhere.example")


def test_named_zones_are_all_there_is(world):
    """What is not named is not touched, though the account has it."""
    world.make_provider(*CCP, *REST, zones=[ZONE])
    assert _zones(world) == [ZONE]
    outcome = world.change(RRsetChange(None, RRset(f"a.{_CLOUD}", "A", 300, ("192.0.2.3",))), zone=_CLOUD)
    assert isinstance(outcome, Failed)
    assert "zones: [cloud.org]" in outcome.message
    assert not world.account.calls


@pytest.mark.parametrize("fields", [CCP, REST, (*CCP, *REST)])
def test_says_what_holds_for_all_its_zones(world, fields):
    """Limits are the narrower of those it may meet, and each thing not proven has a reason."""
    limits = world.make_provider(*fields).capabilities.zones
    null = RRset(ZONE, "MX", 300, ("0 .",))
    assert (refusal(limits, null, ZONE) is None) == ("customer" not in fields)
    assert limits.zone_ttl == ("customer" in fields)
    assert any(name.startswith("rest-") for name in limits.unproven) == ("token" in fields)
    assert any(name.startswith("ccp-") for name in limits.unproven) == ("customer" in fields)
    assert all(limits.unproven.values())


def test_a_zone_on_clouddns_keeps_more_than_the_other(world):
    """With both, the writer judges by the zone's own interface: what CCP can not hold, CloudDNS may."""
    world.make_provider(*CCP, *REST, zones=[])
    for zone, held in ((ZONE, False), (_CLOUD, True)):
        outcome = world.change(RRsetChange(None, RRset(f"nomail.{zone}", "MX", 300, ("0 .",))), zone=zone)
        assert (outcome == Done()) is held


def test_configured_servers_are_told(world):
    """They are where answers of these zones are asked."""
    provider = world.make_provider(*CCP, servers=["127.0.0.1:5300"])
    assert provider.capabilities.servers == ("127.0.0.1:5300",)
    assert provider.capabilities.public


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no credentials are given"),
        ({"customer": "1", "api_key": {"env": "K"}, "zones": [ZONE]}, "api_password is missing"),
        ({"customer": "1", "api_key": {"env": "K"}, "api_password": {"env": "P"}}, "can not list zones"),
        ({"token": "written-down"}, "never written in a file"),
    ],
)
def test_settings_that_lack_something_say_what(given, said):
    """Before anything is asked of netcup, and without a secret that was written where it should not be."""
    with pytest.raises(ValidationError, match=said) as caught:
        NetcupSettings.model_validate(given)
    assert "written-down" not in str([each["msg"] for each in caught.value.errors()])
