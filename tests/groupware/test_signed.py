"""Mail that leaves is believed: signed by the key that apply has published, from where its SPF record says."""

import dkim
import dns.message
import dns.query
import dns.rdatatype
import pytest
import spf

from tests.servers import keeper

FRIEND = "believer@elsewhere.test"


@pytest.fixture
def office(found, cluster):
    """A company whose domain's zone is at the cluster's BIND."""
    names = cluster.names
    names.add_zone("signed.test")
    key = {"name": names.key_name, "algorithm": names.key_algorithm, "secret": {"env": "TSIG_SECRET"}}
    office = found(
        "signed",
        others={"names": {"type": "rfc2136", "server": names.address, "key": key, "zones": ["signed.test"]}},
        secrets={"TSIG_SECRET": names.key_secret},
    )
    published = {
        "mx": "10 mail.signed.test",
        "spf": ["ip4:127.0.0.1"],
        "spf_all": "fail",
        "dkim": {"mail._domainkey": cluster.dkim_key("signed.test")},
    }
    office.provider = {**cluster.provider, "published": published}
    office.domains["signed.test"]["dns"] = {
        "provider": "names",
        "dmarc": {"policy": "reject"},
        "records": [{"name": "mail", "type": "A", "values": ["127.0.0.1"]}],
    }
    office.hire("anna", "Anna Beispiel")
    office.aliases = {office.address("info"): office.address("anna")}
    yield office
    names.remove_zone("signed.test")


def texts(cluster, name):
    """The TXT values that BIND answers with."""
    question = dns.message.make_query(name, dns.rdatatype.TXT)
    answer = dns.query.tcp(question, cluster.names.host, 10, cluster.names.port).answer
    return [b"".join(value.strings) for rrset in answer for value in rrset]


def verified(cluster, raw):
    """Whether somebody else's program finds the signature right, with what BIND says."""

    def text(name, timeout=5):
        return next(iter(texts(cluster, name.decode())), None)

    return dkim.verify(raw, dnsfunc=text)


def test_mail_that_leaves_is_believed(office, cluster):
    """One apply makes mailbox, alias and records; a receiver then finds DKIM, SPF and DMARC as they should be."""
    office.apply()
    anna = office.person("anna")
    anna.send(FRIEND, "as myself")
    anna.send(FRIEND, "as info", office.address("info"))
    keeper.until(lambda: len(cluster.mail_in_sink(FRIEND)) >= 2)
    ours = [each for each in cluster.mail_in_sink(FRIEND) if each.sender.endswith("@signed.test")]
    assert {each.sender for each in ours} == {anna.address, office.address("info")}
    for each in ours:
        assert verified(cluster, each.raw)
        assert not verified(cluster, each.raw.replace(b"Subject: as", b"Subject: not as"))
    (record,) = [text.decode() for text in texts(cluster, "signed.test") if text.startswith(b"v=spf1")]
    judge = spf.query(i="127.0.0.1", s=anna.address, h="mail.signed.test")
    assert judge.check(record)[0] == "pass"
    assert spf.query(i="192.0.2.1", s=anna.address, h="mail.signed.test").check(record)[0] == "fail"
    assert texts(cluster, "_dmarc.signed.test") == [b"v=DMARC1; p=reject"]
    office.run("plan")
