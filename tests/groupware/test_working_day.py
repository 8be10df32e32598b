"""What is declared is what people meet: they log in, write and get mail, on real servers, by their own programs."""

import smtplib

import pytest

from tests.groupware.people import DOORS, alive, from_outside, message, refusal


@pytest.fixture
def office(found):
    """Anna and Ben, an alias of hers, one that both get and only he may write with, and one for all the rest."""
    office = found("bureau")
    office.hire("anna", "Anna Beispiel")
    office.hire("ben", "Ben Muster")
    office.hire("o'brien", "Pat O'Brien")
    anna, ben = office.address("anna"), office.address("ben")
    office.aliases = {
        office.address("info"): anna,
        office.address("sales"): {"to": [anna, ben], "send_as": [ben]},
        office.address("*"): ben,
    }
    office.apply()
    return office


def refused(person, sender):
    """What the server says to a person who writes as somebody else."""
    with pytest.raises(smtplib.SMTPException) as caught:
        person.send("friend@elsewhere.test", "as another", sender)
    return str(caught.value)


def test_a_declared_person_works_here(office, cluster):
    """She gets in by every program, writes as herself and as her alias and as nobody else, and gets what is hers."""
    anna, ben = office.person("anna"), office.person("ben")
    assert (anna.doors(), ben.doors(), office.person("o'brien").doors()) == (DOORS, DOORS, DOORS)
    assert anna.browser().identities == {anna.address: "Anna Beispiel", office.address("info"): "Anna Beispiel"}
    assert ben.browser().identities == {ben.address: "Ben Muster", office.address("sales"): "Ben Muster"}

    anna.send(ben.address, "from anna")
    anna.send(ben.address, "from info", office.address("info"))
    ben.send("friend@elsewhere.test", "from sales", office.address("sales"))
    ben.receives("from anna")
    ben.receives("from info")
    for stranger in ("ben", "sales", "nobody", "*"):
        assert "553" in refused(anna, office.address(stranger))
    for stranger in (office.address("info"), "anna@elsewhere.test"):
        assert "553" in refused(ben, stranger)

    for local in ("info", "sales", "Whoever"):
        from_outside(cluster, office.address(local), f"to {local}")
    anna.receives("to info")
    anna.receives("to sales")
    ben.receives("to Whoever")
    ben.receives("to sales")
    assert sorted(anna.subjects()) == ["to info", "to sales"]
    assert "to info" not in ben.subjects()
    with pytest.raises(smtplib.SMTPException, match="553"):
        from_outside(cluster, anna.address, "forged", sender=ben.address)
    assert [each.sender for each in cluster.mail_in_sink("friend@elsewhere.test")] == [office.address("sales")]


def test_a_declared_quota_is_the_limit(found, cluster):
    """A full mailbox takes nothing by SMTP nor by IMAP; what is declared then acts on the next message, up and down."""
    office = found("quota")
    dora = office.hire("dora", quota="20 kB")
    office.apply()
    letter = message("15 kB", "friend@elsewhere.test", 15_000)
    full = (552, "5.2.2 <dora@quota.test>: Recipient address rejected: Mailbox is full")
    assert "OK" in dora.append("INBOX", letter)

    def takes_more() -> bool:
        answer, said = refusal(cluster, dora.address, len(letter)), dora.append("Drafts", letter)
        assert answer in (None, full)
        assert ("OVERQUOTA" in said) == (answer == full)
        return answer is None

    assert not takes_more()
    office.hire("dora", quota="50 kB")
    office.apply()
    assert takes_more()
    office.hire("dora", quota="35 kB")
    office.apply()
    assert not takes_more()
    assert len(dora.messages("INBOX")) + len(dora.messages("Drafts")) == 2


def test_a_declared_name_is_the_one_people_write_with(found):
    """A changed owner is the sender's name in the web mail at once, also of somebody whom SOGo knew by the former."""
    office = found("names")
    cora = office.hire("cora", "Cora Probe")
    office.aliases = {office.address("team"): cora.address}
    office.apply()
    open_before = cora.browser()
    assert set(open_before.identities.values()) == {"Cora Probe"}
    office.hire("cora", "Cora Müller-Probe")
    office.apply()
    named = {cora.address: "Cora Müller-Probe", office.address("team"): "Cora Müller-Probe"}
    assert cora.browser().identities == open_before.identities == named


def test_a_login_that_is_switched_off_is_shut_at_once(found, cluster):
    """Nobody gets in, and who is in is out; mail goes on arriving, and the same password opens again."""
    office = found("pause")
    emil = office.hire("emil")
    office.apply()
    assert emil.doors() == DOORS
    web, mail = emil.browser(), emil.imap()
    assert web.identities
    office.hire("emil", login=False)
    office.apply()
    assert emil.doors() == frozenset()
    assert web.ask("Mail/mailAccounts") is None
    assert not alive(mail)
    from_outside(cluster, emil.address, "while you were out")
    office.hire("emil", login=True)
    office.apply()
    assert emil.doors() == DOORS
    emil.receives("while you were out")
