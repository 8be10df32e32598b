"""CAA: who may issue certificates, in an rrset that several share."""

import pytest

from reconciler.dns import caa
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState
from reconciler.model.rrsets import RRset
from tests.checks.house import World
from tests.dns.house import Zones, derived, extra, found, run, values

OURS, THEIRS = '0 issue "letsencrypt.org"', '0 issue "ca.example"'
RRSET = RRset("example.org", "CAA", 3600, (THEIRS, '0 iodef "mailto:ca@example.org"'))


def test_each_authority_is_a_record_of_its_own():
    """What is declared becomes one value each, with a class of its own."""
    result = derived(published=None, caa=("letsencrypt.org", "ca.example", "letsencrypt.org"))
    assert set(result.declarations) == {f"example.org CAA {OURS}", f"example.org CAA {THEIRS}"}
    assert values(result, f"example.org CAA {OURS}") == (OURS,)


def test_values_of_others_stay():
    """Ours is added to the rrset that stands there and taken out of it again, and theirs is never touched."""
    zones = Zones(RRSET)
    state, _ = run(zones, derived(published=None, caa=("letsencrypt.org",)), AppliedState("line", 1, {}))
    assert zones.rrsets["example.org", "CAA"].values == tuple(sorted((OURS, *RRSET.values)))
    assert list(state.resources) == [(Kind.RECORD, f"example.org CAA {OURS}")]
    run(zones, derived(published=None), state)
    assert zones.rrsets == {RRSET.id: RRset(*RRSET.id, 3600, tuple(sorted(RRSET.values)))}


def test_the_ttl_of_others_stays():
    """Where values of others are in the rrset its TTL is theirs."""
    zones = Zones(RRset(*RRSET.id, 60, RRSET.values))
    run(zones, derived(published=None, caa=("letsencrypt.org",)), AppliedState("line", 1, {}))
    assert zones.rrsets[RRSET.id].ttl == 60


def test_a_record_by_hand_may_stand_beside():
    """Another authority or a contact is no conflict; the same one is."""
    beside = derived(published=None, caa=("letsencrypt.org",), records=(extra("@", "CAA", THEIRS),))
    assert found(beside) == []
    assert len(beside.declarations) == 2
    twice = derived(published=None, caa=("letsencrypt.org",), records=(extra("@", "CAA", OURS),))
    assert found(twice) == ["record-conflict"]


@pytest.mark.parametrize(
    ("records", "relevant"),
    [
        ({"example.org CAA": [OURS]}, ["letsencrypt.org"]),
        ({"example.org CAA": [OURS], "mta-sts.example.org CAA": [THEIRS]}, ["ca.example"]),
        ({"example.org CAA": [OURS], "mta-sts.example.org CAA": None}, []),
        ({"org CAA": [OURS]}, []),
        ({}, []),
    ],
)
def test_the_nearest_records_count(records, relevant):
    """A name's own, else those above it, and no claim where one is not known."""
    assert [each.value for each in caa.relevant("mta-sts.example.org", World(records))] == relevant


@pytest.mark.parametrize(
    ("found_there", "forbidden"),
    [
        ([], False),
        ([OURS], False),
        (['0 issue ";"'], True),
        (['0 issue ";"', OURS], False),
        (['0 issue "; policy=x"'], True),
        (['0 iodef "mailto:a@example.org"'], False),
        (['0 issuewild ";"'], False),
        (['128 newtag "x"', OURS], True),
        (['0 newtag "x"'], False),
        (['128 issue "ca.example; account=1"'], False),
    ],
)
def test_who_may_issue(found_there, forbidden):
    """`;` alone lets nobody issue, and so does a critical tag that nobody knows (RFC 8659 §4)."""
    assert bool(caa.forbids([caa.parse(value) for value in found_there])) is forbidden
