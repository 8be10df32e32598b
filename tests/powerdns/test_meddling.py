"""Somebody else changes the zone while we do: what is written over is never written over in silence."""

import asyncio

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.powerdns.serial import one_step
from reconciler.providers.writer import Done, Failed
from tests.powerdns.house import change, provider_of, read
from tests.servers import proxy
from tests.servers.pdns import entry
from tests.servers.proxy import Fault, Trouble

ZONE = "meddling.example"
_OLD = RRset(ZONE, "TXT", 300, ('"v=spf1 -all"',))
_OURS = RRset(ZONE, "TXT", 300, ('"v=spf1 mx -all"',))
_THEIRS = RRset(ZONE, "TXT", 300, ('"v=spf1 a -all"',))
_ELSEWHERE = RRset(f"www.{ZONE}", "A", 300, ("192.0.2.1",))


@pytest.fixture(scope="module")
def way(pdns):
    """A way to the API on which something can come in between."""
    with proxy.to(pdns.api_port, proxy.http_request) as way:
        yield way


@pytest.fixture
def meeting(pdns, way):
    """Changes a zone while somebody else does something right before a request with certain bytes gets through."""
    pdns.add_zone(ZONE, [_OLD])

    def meet(request, *rrsets, at=1):
        way.arm(Fault(Trouble.DELAYED, at, containing=request, strike=lambda: pdns.patch(ZONE, *map(entry, rrsets))))
        with provider_of(pdns, url=f"http://127.0.0.1:{way.port}") as provider:
            outcome = change(provider, ZONE, (_OLD, _OURS))
            assert way.struck
            way.heal()
            return outcome, read(provider, ZONE).rrsets

    return meet


def test_a_change_before_the_last_look_is_a_conflict(meeting):
    """What somebody wrote after we read and before we looked again stays."""
    outcome, rrsets = meeting(b"rrsets=false", _THEIRS)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("conflict", True)
    assert rrsets[_OLD.id] == _THEIRS


def test_a_change_elsewhere_before_the_last_look_is_no_conflict(meeting):
    """The zone is read once more, and both changes stand."""
    outcome, rrsets = meeting(b"rrsets=false", _ELSEWHERE)
    assert outcome == Done()
    assert rrsets[_OLD.id] == _OURS
    assert rrsets[_ELSEWHERE.id] == _ELSEWHERE


def test_a_change_in_the_last_moment_is_told(meeting):
    """In the window that is left, between the last look and the change, what is written over is told as uncertain."""
    outcome, _ = meeting(b"PATCH", _THEIRS)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == ("conflict", False, False)
    assert f"{ZONE} TXT" in outcome.message


def test_a_change_elsewhere_in_the_last_moment_is_no_trouble(meeting):
    """Where the rest of the zone shows what else was changed, ours is done."""
    outcome, rrsets = meeting(b"PATCH", _ELSEWHERE)
    assert outcome == Done()
    assert (rrsets[_OLD.id], rrsets[_ELSEWHERE.id]) == (_OURS, _ELSEWHERE)


def test_a_change_of_ours_right_behind_us_is_told(meeting):
    """Somebody who changes what we just wrote, and more, is told of: what stands there is not what was wanted."""
    outcome, rrsets = meeting(b"rrsets=false", _THEIRS, _ELSEWHERE, at=2)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("conflict", False)
    assert rrsets[_OLD.id] == _THEIRS


def test_a_zone_that_never_rests_is_left_alone(pdns, way):
    """Where every look finds the zone moved, nothing is written, and trying later may work."""
    pdns.add_zone(ZONE, [_OLD])
    numbers = iter(range(100))

    def stir():
        pdns.patch(ZONE, entry(RRset(f"n.{ZONE}", "A", 300, (f"192.0.2.{next(numbers)}",))))
        way.arm(Fault(Trouble.DELAYED, containing=b"rrsets=false", strike=stir))

    way.arm(Fault(Trouble.DELAYED, containing=b"rrsets=false", strike=stir))
    with provider_of(pdns, url=f"http://127.0.0.1:{way.port}") as provider:
        outcome = change(provider, ZONE, (_OLD, _OURS))
        way.heal()
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.certain, outcome.retryable) == ("busy", True, True)
        assert read(provider, ZONE).rrsets[_OLD.id] == _OLD


def test_of_two_runs_at_once_one_at_most_believes_it_is_done(pdns):
    """Two processes that change the same rrset from the same reading are never both told that they did."""
    for _ in range(20):
        pdns.add_zone(ZONE, [_OLD])
        with provider_of(pdns) as one, provider_of(pdns) as two:
            outcomes = asyncio.run(_both(one, two))
        assert list(outcomes).count(Done()) <= 1


def test_our_own_writers_take_turns(pdns):
    """Of several changes of one run at the same moment one is made, and the others are surely not."""
    with provider_of(pdns) as provider:
        for _ in range(10):
            pdns.add_zone(ZONE, [_OLD])
            outcomes = asyncio.run(_both(provider, provider))
            assert list(outcomes).count(Done()) == 1
            assert all(each.certain for each in outcomes if isinstance(each, Failed))


async def _both(one, two):
    changes = [RRsetChange(_OLD, after) for after in (_OURS, _THEIRS)]
    both = zip((one, two), changes, strict=True)
    return await asyncio.gather(*(provider.zone_writer().change(ZONE, [each]) for provider, each in both))


@pytest.mark.parametrize(
    ("before", "after", "alone"),
    [
        (7, 8, True),
        (7, 9, False),
        (2026112201, 2026112202, True),
        (2026112201, 2026112203, False),
        (2026112107, 2026112201, True),
        (2026112107, 2026112202, False),
        (2**32 - 1, 0, True),
        (99, 101, False),
    ],
)
def test_serials_tell_how_many_changes_there_were(before, after, alone):
    """One change raises the serial by one, or to the first of a new day."""
    assert one_step(before, after) is alone
