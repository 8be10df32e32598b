"""People use the web mail with a real browser, as declared; the pictures are kept."""

from scripts.house import House
from tests.groupware.webmail import PICTURES, window


def _apply(company):
    """Apply in a process of its own: the browser has an event loop running in this one."""
    house = company.house
    House(house.folder, house.env).run("apply", "--yes", exit=0)


def test_the_web_mail_in_a_browser(found, record_property):
    """Anna writes as her alias, Ben reads it, and who is locked out or deleted is told so at the login."""
    office = found("web")
    anna, ben = office.hire("anna", "Anna Beispiel"), office.hire("ben", "Ben Muster")
    info = office.address("info")
    office.aliases = {info: anna.address}
    office.apply()
    with window() as web:
        web.log_in(anna)
        web.is_in()
        web.compose()
        assert web.senders() == [f"Anna Beispiel <{anna.address}>", f"Anna Beispiel <{info}>"]
        web.picture("senders")
        web.write(info, ben.address, "Our new web mail", "It works, and this comes from the alias.")
        web.picture("composer")
        web.send()
        ben.receives("Our new web mail")

        web.log_in(ben)
        web.is_in()
        shown = web.read("Our new web mail")
        web.picture("reader")
        assert info in shown
        assert anna.address not in shown

        office.hire("anna", "Anna Beispiel", login=False)
        del office.mailboxes[ben.address]
        office.removed = [{"mailbox": ben.address, "reason": "left", "backup": "waived"}]
        _apply(office)
        for person in (anna, ben):
            web.log_in(person)
            web.is_refused()
        web.picture("refused")
    record_property("counted", f"pictures of the web mail are in {PICTURES}")
