"""A new password is the only one, everywhere and at once: nothing that a daemon remembers lets the old one in."""

import smtplib

import pytest

from tests.groupware.people import DOORS, alive, from_outside


def test_an_old_password_is_dead_at_once(found, cluster):
    """It fails at every door, also where SOGo had just taken it; who got in with it is out; the new one opens all."""
    office = found("rotation")
    anna = office.hire("anna", password_version=1)
    office.apply()
    assert anna.doors() == DOORS
    web, mail = anna.browser(), anna.imap()
    assert web.identities
    assert anna.address in cluster.cache(f"get {anna.address}+attributes"), "SOGo remembers nothing to forget"

    office.passwords[anna.address] = "Ein neues Wort"
    office.hire("anna", password_version=2)
    office.apply()
    assert anna.doors() == frozenset()
    assert web.ask("Mail/mailAccounts") is None
    assert not alive(mail)
    assert office.person("anna").doors() == DOORS


def test_who_came_too_early_is_let_in_on_the_first_day(found, cluster):
    """Daemons that have been asked for somebody unknown do not remember that there is nobody."""
    office = found("early")
    office.hire("anna")
    office.apply()
    zoe = office.hire("zoe")
    assert zoe.doors() == frozenset()
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="550"):
        from_outside(cluster, zoe.address, "too early")
    office.apply()
    assert zoe.doors() == DOORS
    from_outside(cluster, zoe.address, "welcome")
    zoe.receives("welcome")
