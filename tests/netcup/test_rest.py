"""Zones on CloudDNS: what comes on top of the kit."""

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.conformance.zone import FOREIGN
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.netcup.worlds import REST, ZONE, fill
from tests.twins.netcup import CloudRecord

_TEXT = (ZONE, "TXT")
_SPF = RRset(ZONE, "TXT", 3600, ('"google-site-verification=abc"', '"v=spf1 -all"'))


@pytest.fixture
def zone(account, world):
    """A zone with somebody's records, and a provider of it."""
    domain = account.add_domain(ZONE, cloud=True)
    fill(account, domain, FOREIGN)
    world.make_provider(*REST)
    return domain


def _newest(zone):
    return {record.input for record in zone.revisions[-1].records}


def test_the_newest_revision_is_read(account, zone, world):
    """However the list of them is sorted; its serial is the zone's."""
    account.commit(zone, (*zone.revisions[-1].records, CloudRecord("9", "new", "A", "192.0.2.9", 60)))
    zone.revisions.reverse()
    content = world.read()
    assert content.rrsets["new.example.org", "A"] == RRset("new.example.org", "A", 60, ("192.0.2.9",))
    assert content.serial == zone.serial


def test_a_zone_without_revisions_is_empty(account, world):
    """Nothing was ever committed there."""
    account.add_domain(ZONE, cloud=True)
    world.make_provider(*REST)
    assert not world.read().rrsets
    assert world.put("www", "A", "192.0.2.1") == Done()


def test_a_change_makes_one_revision_and_leaves_what_is_not_named(zone, world):
    """A changed value is a delete and a create of it alone."""
    before, revisions = _newest(zone), len(zone.revisions)
    assert world.change(RRsetChange(world.read().rrsets[_TEXT], _SPF)) == Done()
    assert len(zone.revisions) == revisions + 1
    assert before - _newest(zone) == {("@", "TXT", '"v=spf1 mx -all"', 3600)}
    assert _newest(zone) - before == {("@", "TXT", '"v=spf1 -all"', 3600)}


def test_somebody_else_in_between_makes_the_change_fail(account, zone, world):
    """What is to be deleted must stand there to the letter, or nothing is done; that something moved is told."""
    others = tuple(each for each in zone.revisions[-1].records if "spf1" not in each.rdata)
    account.troubles.before_update = lambda: account.commit(zone, others)
    outcome = world.change(RRsetChange(world.read().rrsets[_TEXT], _SPF))
    assert isinstance(outcome, Failed)
    assert outcome.code == "conflict"
    assert not any("spf1" in record[2] for record in _newest(zone))


def test_what_somebody_else_adds_meanwhile_is_told_and_stays(account, zone, world):
    """A value that joined the rrset between look and change is no part of the plan."""
    theirs = CloudRecord("9", "@", "TXT", '"theirs"', 3600)
    account.troubles.before_update = lambda: account.commit(zone, (*zone.revisions[-1].records, theirs))
    outcome = world.change(RRsetChange(world.read().rrsets[_TEXT], _SPF))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("conflict", False)
    assert theirs.input in _newest(zone)


def test_a_value_the_server_altered_is_told(account, zone, world):
    """Success in its words is none when something else stands there."""
    account.troubles.altered = frozenset({"CNAME"})
    alias = RRset(f"autoconfig.{ZONE}", "CNAME", 300, ("mail.example.net.",))
    outcome = world.change(RRsetChange(None, alias))
    assert isinstance(outcome, Failed)
    assert not outcome.certain


@pytest.mark.parametrize("garbled", [False, True])
def test_an_answer_that_was_lost_leaves_it_open(account, zone, world, garbled):
    """The change may have been made, and here it was."""
    account.troubles.garbled = garbled
    account.troubles.swallowed = "changeset"
    outcome = world.change(RRsetChange(world.read().rrsets[_TEXT], _SPF))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (False, True)
    assert world.read().rrsets[_TEXT] == _SPF


def test_values_of_one_rrset_with_several_ttls_are_made_one(account, zone, world):
    """The lowest is read; once the rrset is changed, all of them have that of the plan."""
    mixed = CloudRecord("9", "@", "TXT", '"other"', 60)
    account.commit(zone, (*zone.revisions[-1].records, mixed))
    before = world.read().rrsets[_TEXT]
    assert before.ttl == 60
    assert world.change(RRsetChange(before, RRset(*_TEXT, 3600, before.values))) == Done()
    assert {record[3] for record in _newest(zone) if record[:2] == ("@", "TXT")} == {3600}


def test_a_value_of_somebody_else_keeps_a_ttl_of_its_own(account, zone, world):
    """What is put beside values with several TTLs leaves each of them as it is."""
    account.commit(zone, (*zone.revisions[-1].records, CloudRecord("9", "@", "TXT", '"theirs"', 60)))
    before = _newest(zone)
    there = world.read().rrsets[_TEXT]
    more = RRset(*_TEXT, there.ttl, tuple(sorted((*there.values, '"ours"'))))
    assert world.change(RRsetChange(there, more)) == Done()
    assert _newest(zone) - before == {("@", "TXT", '"ours"', 60)}
    assert before <= _newest(zone)


def test_name_servers_of_the_zone_are_not_changed(zone, world):
    """They are marked as not to be changed, and are netcup's."""
    servers = world.read().rrsets[ZONE, "NS"]
    outcome = world.change(RRsetChange(servers, None))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("invalid", True)


def test_a_record_marked_as_fixed_is_not_changed(account, zone, world):
    """Whoever marked it: nothing is sent that could be refused halfway."""
    fixed = CloudRecord("9", "parking", "A", "192.0.2.9", 300, immutable=True)
    account.commit(zone, (*zone.revisions[-1].records, fixed))
    outcome = world.change(RRsetChange(world.read().rrsets["parking.example.org", "A"], None))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("invalid", True)
    assert not [call for call in account.calls if call.startswith("POST")]


def test_a_wrong_key_is_told_without_it(zone, world):
    """With HTTP status 400, which is no other client error."""
    world.providers.clear()
    world.make_provider(*REST, token=world.secret("wrong", "my-wrong-token"))
    with pytest.raises(ProviderError, match="refuses the key of the REST interface") as caught:
        world.read()
    assert "my-wrong-token" not in f"{caught.value} {caught.value.help}"
    assert "`token`" in caught.value.help
