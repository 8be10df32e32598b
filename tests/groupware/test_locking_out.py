"""A new password is the only one, everywhere and at once: nothing that a daemon remembers lets the old one in."""

import smtplib

import pytest

from tests.groupware.people import DOORS, alive, from_outside
from tests.servers import proxy
from tests.servers.proxy import Fault, Trouble


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


def test_an_apply_that_could_not_send_somebody_away_does_not_say_so(found, cluster):
    """Dovecot that answers again at the end is told then; while it is gone the run ends with 5, the next does it."""
    office = found("undone")
    dora, emil = office.hire("dora"), office.hire("emil")
    office.apply()
    doras, emils = dora.imap(), emil.imap()
    with proxy.to(int(cluster.doveadm_url.rpartition(":")[2]), proxy.http_request) as way:
        doveadm = {**cluster.provider["doveadm"], "url": f"http://127.0.0.1:{way.port}"}
        office.provider = {**cluster.provider, "doveadm": doveadm}
        way.arm(Fault(Trouble.REFUSED, containing=b"kick"))
        office.hire("dora", login=False)
        office.apply()
        assert not alive(doras)
        way.arm(Fault(Trouble.REFUSED, containing=b"kick", gone=True))
        office.hire("emil", login=False)
        assert "groupware-daemon" in office.apply(exit=5).err
        assert alive(emils)
        way.heal()
        assert "Nothing to do" in office.apply().out
        assert not alive(emils)
