"""Steps that are more, or less, than they look: counted, timed and told as what they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.resources import Alias, Domain, Mailbox
from reconciler.model.sizes import exact_size, format_size, parse_size
from tests.rules.scene import ANNA, BOB, COMPANY, DOMAIN, GB, INFO, OFFICE, SHOP, changed, settled

STAFF = tuple(Mailbox(f"staff{number}@example.org", "Staff", GB) for number in range(5))


def test_mailboxes_made_anew_count_as_deleted():
    """A domain that moves empties more mailboxes than a slip of the hand should, though each comes back, empty."""
    before = (OFFICE, SHOP, DOMAIN, *STAFF)
    plan = changed(before, (OFFICE, SHOP, Domain("example.org", "shop"), *STAFF)).plan()
    volume = [refusal for refusal in plan.refusals if refusal.guard == "volume"]
    assert [refusal.consent for refusal in volume] == [("--allow-volume mailbox",)]
    assert len(volume[0].operations) == len(STAFF)


def test_aliases_that_lead_elsewhere_do_not():
    """A retarget is a delete and a create on this platform, and the address is still there."""
    aliases = tuple(Alias(f"a{number}@example.org", (ANNA.key,)) for number in range(5))
    home = (OFFICE, DOMAIN, ANNA, BOB)
    led = tuple(Alias(alias.address, (BOB.key,)) for alias in aliases)
    assert changed((*home, *aliases), (*home, *led)).guards_met() == []


def test_the_bounce_window_of_a_domain_that_moves_is_not_one_round_trip():
    """netcup/N18: the alias is gone from before its domain is removed until its mailbox is back."""
    before = (OFFICE, SHOP, DOMAIN, ANNA, INFO)
    scene = changed(before, (OFFICE, SHOP, Domain("example.org", "shop"), ANNA, INFO))
    ids = scene.ids()
    apart = ids.index("create alias info@example.org") - ids.index("delete alias info@example.org")
    assert apart > 1
    notes = scene.step("delete alias info@example.org").notes
    assert notes == (f"mail to info@example.org bounces until it is created again, {apart} steps later (netcup/N18)",)


def test_the_bounce_window_of_a_retarget_is():
    """netcup/N18: the halves are neighbours."""
    scene = changed(COMPANY, (OFFICE, DOMAIN, ANNA, BOB, replace(INFO, to=(BOB.key,))))
    assert "about one round trip" in scene.step("delete alias info@example.org").notes[0]


@pytest.mark.parametrize(("version", "said"), [(2, ("the password is set again",)), (0, ())])
def test_only_a_raised_version_sets_a_password_again(version, said):
    """netcup/N9: a version that is put back, as by a revert, is remembered and sets nothing."""
    scene = settled(*COMPANY).with_(versions={ANNA.key: version})
    assert scene.step(f"update mailbox {ANNA.key}").notes == said


def test_a_version_is_not_raised_without_a_password():
    """netcup/N9: state must not remember a password as set that nobody said."""
    scene = settled(*COMPANY).with_(versions={ANNA.key: 2}, without_password=frozenset({ANNA.key}))
    assert scene.problem().id == "password-missing"
    assert scene.with_(versions={ANNA.key: 0}).problems() == []


@given(st.integers(0, 2**60) | st.integers(0, 9999).map(lambda size: size * 10**8))
def test_an_exact_size_reads_back(size):
    """Whatever a platform counts, the words for it are the same number of bytes."""
    assert parse_size(exact_size(size)) == size


@pytest.mark.parametrize("size", ["50 GiB", "25 MiB", "2 GiB", "1.5 GB", "12345 MB", "2000 TB", "1 KiB", "999 B"])
def test_a_size_is_told_as_people_write_it(size):
    """Whether it was thought of in powers of ten or of two, the words for it are the ones in the file."""
    assert format_size(parse_size(size)) == size
