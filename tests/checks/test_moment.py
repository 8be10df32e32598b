"""What each check finds at one moment: red where its subject is ill, silent on a healthy domain."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns.checks.base import Subject
from reconciler.dns.checks.judging import moment, run_checks, verdict
from reconciler.dns.checks.table import CHECKS
from reconciler.dns.preview import SpfCount, Verdict
from tests.checks.house import (
    DIGEST,
    HEALTHY,
    KEY,
    POLICY,
    PUBLISHED,
    SELECTOR,
    SETTINGS,
    SUBJECT,
    World,
    findings,
    found,
    ill,
    rsa,
)

NO_HOST = Subject("example.org")
MX, SPF, DMARC, DKIM = "example.org MX", "example.org TXT", "_dmarc.example.org TXT", "key1._domainkey.host.example TXT"
NO_ADDRESS = {"mx1.host.example A": [], "mx1.host.example AAAA": []}
#: Selector in the domain's own zone, as a TXT record.
OWN = replace(
    SUBJECT, published=replace(PUBLISHED, dkim=(replace(PUBLISHED.dkim[0], type="TXT", values=(KEY,)),))
)  # fmt: skip
OWN_KEY = f"{SELECTOR} TXT"


def test_a_healthy_domain_has_no_findings():
    """No check cries without need, and nothing is asked that does not have to be."""
    assert findings() == ()
    assert findings(subject=replace(SUBJECT, settings=None)) == ()
    assert found(subject=NO_HOST) == set()


ILL = [
    ("mx-missing", {MX: []}, "blocker"),
    ("mx-missing", {MX: [], "example.org A": ["192.0.2.9"]}, "warning"),
    ("mx-target-exists", NO_ADDRESS, "warning"),
    ("mx-target-exists", {MX: ["10 gone.host.example."]}, "blocker"),
    ("mx-target-exists", {MX: ["10 192.0.2.1.", "20 mx2.host.example."]}, "warning"),
    ("mx-not-cname", {MX: ["10 alias.example."], "alias.example CNAME": ["mx1.host.example."]}, "warning"),
    ("mx-single", {MX: ["10 mx1.host.example."]}, "note"),
    ("null-mx-conflict", {MX: ["0 .", "10 mx1.host.example."]}, "warning"),
    ("null-mx-conflict", {MX: ["0 ."]}, "blocker"),
    ("spf-missing", {SPF: []}, "warning"),
    ("spf-single", {SPF: ["v=spf1 mx -all", "v=spf1 ~all"]}, "blocker"),
    ("spf-lookups", {SPF: ["v=spf1 " + "mx " * 11 + "-all"]}, "blocker"),
    ("spf-void", {SPF: ["v=spf1 a:n1.example a:n2.example a:n3.example mx include:_spf.host.example -all"]}, "warning"),
    ("spf-broken", {SPF: ["v=spf1 ip4:192.0.2.300 -all"]}, "blocker"),
    ("spf-broken", {"_spf.host.example TXT": []}, "blocker"),
    ("spf-all", {SPF: ["v=spf1 mx include:_spf.host.example +all"]}, "warning"),
    ("spf-all", {SPF: ["v=spf1 mx include:_spf.host.example ?all"]}, "note"),
    ("spf-all", {SPF: ["v=spf1 mx include:_spf.host.example"]}, "note"),
    ("spf-all", {SPF: ["v=spf1 mx include:_spf.host.example exp=why.example"]}, "note"),
    ("dkim-selector-published", {f"{SELECTOR} CNAME": []}, "warning"),
    ("dkim-selector-published", {DKIM: []}, "warning"),
    ("dkim-selector-published", {DKIM: ["v=DKIM1; p="]}, "warning"),
    ("dkim-selector-published", {DKIM: ["v=DKIM1; p=AAAA"]}, "warning"),
    ("dkim-selector-published", {DKIM: [f"v=DKIM1; h=sha1; p={rsa()}"]}, "warning"),
    ("dkim-key-weak", {DKIM: [f"v=DKIM1; p={rsa(512)}"]}, "warning"),
    ("dkim-key-weak", {DKIM: [f"v=DKIM1; p={rsa(1024)}"]}, "note"),
    ("dkim-key-weak", {DKIM: [f"v=DKIM1; t=y; p={rsa()}"]}, "note"),
    ("dmarc-missing", {DMARC: []}, "note"),
    ("dmarc-policy-none", {DMARC: ["v=DMARC1; p=none"]}, "note"),
    ("dmarc-policy-none", {DMARC: ["v=DMARC1; p=reject; t=y"]}, "note"),
    ("dmarc-record", {DMARC: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "warning"),
    ("dmarc-record", {DMARC: ["v=DMARC1; p=reject; adkim=x"]}, "warning"),
    ("dmarc-record", {DMARC: ["v=DMARC1;"]}, "warning"),
    ("dmarc-removed-tags", {DMARC: ["v=DMARC1; p=reject; pct=100; ri=3600"]}, "note"),
    ("dmarc-removed-tags", {DMARC: ["v=DMARC1; p=reject; pct=20"]}, "warning"),
    ("dmarc-rua-authorised", {DMARC: ["v=DMARC1; p=reject; rua=mailto:a@reports.example"]}, "warning"),
    ("dmarc-rua-authorised", {DMARC: ["v=DMARC1; p=reject; ruf=mailto:a@reports.example"]}, "warning"),
    ("dmarc-alignment", {SPF: ["v=spf1 -all"], DKIM: []}, "blocker"),
    ("dmarc-alignment", {SPF: [], f"{SELECTOR} CNAME": []}, "blocker"),
    ("mta-sts-record", {"_mta-sts.example.org TXT": ["v=STSv1; id=2026-01-01"]}, "warning"),
    ("mta-sts-record", {"_mta-sts.example.org TXT": ["v=STSv1; id=1", "v=STSv1; id=2"]}, "warning"),
    ("mta-sts-mx-mismatch", {MX: ["10 mx.old.example."], "mx.old.example A": ["192.0.2.7"]}, "blocker"),
    ("mta-sts-mx-mismatch", {MX: [*HEALTHY[MX], "30 mx2.old.example."], "mx2.old.example A": ["192.0.2.7"]}, "warning"),
    ("mta-sts-host", {"www.example.org A": []}, "warning"),
    ("mta-sts-host", {"mta-sts.example.org CNAME": []}, "warning"),
    ("caa-blocks", {"example.org CAA": ['0 issue ";"']}, "warning"),
    ("caa-blocks", {"example.org CAA": ['128 new "x"', '0 issue "ca.example"']}, "warning"),
    ("tls-rpt-record", {"_smtp._tls.example.org TXT": ["v=TLSRPTv1;"]}, "note"),
    ("tls-rpt-record", {"_smtp._tls.example.org TXT": ["v=TLSRPTv1; rua=a@example.org"]}, "note"),
    ("tlsa-unusable", {"_25._tcp.mx1.host.example TLSA": [f"1 1 1 {DIGEST}"]}, "warning"),
    ("tlsa-unusable", {"_25._tcp.mx1.host.example TLSA": ["3 1 1 abcd"]}, "warning"),
    ("autoconfig-srv", {"imap.host.example A": []}, "note"),
    ("autoconfig-srv", {"_imaps._tcp.example.org SRV": ["0 1 993 mx1.host.example."]}, "note"),
    ("autoconfig-srv", {"web.host.example A": []}, "note"),
    ("bimi-record", {"default._bimi.example.org TXT": ["v=BIMI1; l=http://www.example.org/logo.svg"]}, "note"),
    ("bimi-record", {"default._bimi.example.org TXT": ["v=BIMI1; l=https://www.example.org/logo.png"]}, "note"),
    ("bimi-needs-dmarc", {DMARC: ["v=DMARC1; p=reject; sp=none"]}, "note"),
    ("bimi-needs-dmarc", {DMARC: ["v=DMARC1; p=none"]}, "note"),
]


@pytest.mark.parametrize(("check", "changes", "grade"), ILL)
def test_a_check_finds_what_it_is_for(check, changes, grade):
    """An ill domain has the finding, with its grade, a record that it names, and a way out."""
    made = [each for each in findings(changes) if each.check == check]
    assert [each.grade.value for each in made] == [grade]
    assert made[0].record
    assert made[0].help
    assert made[0].message[0].islower() or made[0].message[0].isdigit() or made[0].message[0] == "_"


FACTS = {
    "dnssec-broken": ("dnssec-broken", "blocker"),
    "not-delegated": ("zone-not-delegated-to-provider", "blocker"),
    "servers-differ": ("ns-answers-differ", "warning"),
    "servers-silent": ("ns-unreachable", "warning"),
}


@pytest.mark.parametrize("fact", FACTS)
def test_what_the_resolver_found_out_is_told(fact):
    """A fact about the zone's servers is a finding with its own sentence."""
    subject = replace(SUBJECT, facts={fact: "the servers of example.org say so"})
    (only,) = findings(subject=subject)
    assert (only.check, only.grade.value) == FACTS[fact]
    assert only.message == "the servers of example.org say so"
    assert "example.org" in only.help
    (only,) = findings(subject=replace(subject, zone="org.example"))
    assert "org.example" in only.help


def test_every_check_is_tested():
    """No row of the table is without a domain that it finds ill."""
    tested = {check for check, _, _ in ILL} | {check for check, _ in FACTS.values()}
    assert {check.id for check in CHECKS} == tested


def test_no_check_is_worse_than_its_row_says():
    """The table's worst grade is what the documentation promises."""
    order = ["blocker", "warning", "note"]
    worst = {check.id: check.worst.value for check in CHECKS}
    seen = {}
    for check, _, grade in ILL:
        seen[check] = min(seen.get(check, "note"), grade, key=order.index)
    seen |= dict(FACTS.values())
    assert seen == worst


QUIET = {
    "a report address below the domain": ({DMARC: ["v=DMARC1; p=reject; rua=mailto:a@reports.example.org"]}, SUBJECT),
    "a report address that agrees": (
        {
            DMARC: ["v=DMARC1; p=reject; rua=mailto:a@reports.example"],
            "example.org._report._dmarc.reports.example TXT": ["v=DMARC1"],
        },
        SUBJECT,
    ),
    "a rotation with both keys": (
        {"old._domainkey.example.org TXT": [f"v=DKIM1; p={rsa(seed=3)}"]},
        replace(SUBJECT, selectors=("old._domainkey.example.org", SELECTOR)),
    ),
    "a flattened SPF record": ({SPF: ["v=spf1 mx ip4:192.0.2.0/23 -all"]}, SUBJECT),
    "a key that was withdrawn": (
        {"old._domainkey.example.org TXT": ["v=DKIM1; p="]},
        replace(SUBJECT, selectors=("old._domainkey.example.org", SELECTOR)),
    ),
    "a key that is removed": ({}, replace(SUBJECT, selectors=("old._domainkey.example.org", SELECTOR))),
    "a mail host's only exchanger": (
        {MX: ["10 mx1.host.example."]},
        replace(SUBJECT, published=replace(PUBLISHED, mx=PUBLISHED.mx[:1]), settings=None),
    ),
    "an Ed25519 key beside": (
        {"ed._domainkey.example.org TXT": ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]},
        replace(SUBJECT, selectors=("ed._domainkey.example.org",)),
    ),
    "the key the host signs with": ({f"{SELECTOR} CNAME": [], OWN_KEY: [KEY.replace("; ", " ;")]}, OWN),
    "a policy of others that is not known": ({"_mta-sts.example.org TXT": ["v=STSv1; id=20200101"]}, SUBJECT),
    "an SPF record that leads to another": ({SPF: ["v=spf1 redirect=_spf.host.example"]}, SUBJECT),
    "two addresses behind one exchanger": (
        {MX: ["10 mx1.host.example."], "mx1.host.example A": ["192.0.2.1", "192.0.2.11"]}, SUBJECT),
    "a parked domain with keys of its own past": (
        {MX: [], SPF: ["v=spf1 -all"], f"{SELECTOR} CNAME": []}, NO_HOST),
    "two names that are not there": (
        {SPF: ["v=spf1 a:n1.example a:n2.example mx include:_spf.host.example -all"]}, SUBJECT),
    "BIMI declined": ({"default._bimi.example.org TXT": ["v=BIMI1; l=; a="], DMARC: HEALTHY[DMARC]}, SUBJECT),
    "two TLSA records of which one is usable": (
        {"_25._tcp.mx1.host.example TLSA": [f"0 0 1 {DIGEST}", f"3 1 1 {DIGEST}"]},
        SUBJECT,
    ),
    "a tree that ends in a policy": (
        {DMARC: [], "_dmarc.org TXT": ["v=DMARC1; p=reject; psd=y"]},
        SUBJECT,
    ),
    "a domain without mail": (
        {MX: ["0 ."], SPF: ["v=spf1 -all"], DMARC: ["v=DMARC1; p=reject"], "_mta-sts.example.org TXT": []},
        replace(SUBJECT, settings=replace(SETTINGS, sends_nothing=True)),
    ),
    "a web site that sends nothing": (
        {MX: [], SPF: [], DMARC: ["v=DMARC1; p=reject"], f"{SELECTOR} CNAME": []},
        NO_HOST,
    ),
    "mail that is somebody else's": (
        {MX: ["10 mx.old.example."], "mx.old.example A": ["192.0.2.7", "192.0.2.8"], "_mta-sts.example.org TXT": []},
        replace(SUBJECT, settings=replace(SETTINGS, mail=False)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_no_false_alarm(name):
    """What looks odd and is right is not told."""
    changes, subject = QUIET[name]
    assert findings(changes, subject) == ()


def test_another_key_than_the_hosts_is_told():
    """A selector that stands, but with a key that the mail host does not sign with, fails every signature."""
    changes = {f"{SELECTOR} CNAME": [], OWN_KEY: [f"v=DKIM1; p={rsa(seed=5)}"]}
    assert found(changes, OWN) == {("dkim-selector-published", "warning")}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({DMARC: ["v=DMARC1; p=none; t=y"]}, "example.org is none:"),
        ({DMARC: ["v=DMARC1; p=reject; t=y"]}, "is only tried out (t=y):"),
        ({DMARC: ["v=DMARC1;"]}, "its DMARC policy is without effect"),
        ({DMARC: ["v=DMARC1; p=none"]}, "nobody shows the logo of example.org: its DMARC policy is none"),
        (
            {DMARC: ["v=DMARC1; p=reject; pct=20"]},
            "pct=20, which receivers no longer read (RFC 9989): its policy reject",
        ),
        ({DMARC: ["v=DMARC1; p=reject; adkim=x"]}, "in the DMARC record of example.org, adkim=x is none of r, s"),
        ({f"{SELECTOR} CNAME": []}, f"{SELECTOR} has no DKIM key"),
        ({DKIM: []}, "leads to key1._domainkey.host.example, which has no DKIM key"),
        ({DKIM: ["v=DKIM1; p="]}, "was withdrawn"),
        ({DKIM: ["v=DKIM1; p=%%"]}, "can not be used: its key is not base64"),
        ({DKIM: [f"v=DKIM1; p={rsa(512)}"]}, "an RSA key of 512 bits"),
        ({MX: ["10 192.0.2.1."]}, "192.0.2.1 of example.org is an address where a name belongs"),
        ({MX: []}, "nobody receives its mail"),
        ({SPF: ["v=spf1 ip4:192.0.2.300 -all"]}, "ip4:192.0.2.300"),
        ({SPF: ["v=spf1 " + "mx " * 11 + "-all"]}, "ask 11 times"),
        ({"_25._tcp.mx1.host.example TLSA": [f"1 1 1 {DIGEST}"]}, "usage 1 is not for mail"),
        ({"example.org CAA": ['0 issue ";"']}, "no authority may issue at all"),
        ({"imap.host.example A": []}, "_imaps._tcp.example.org leads to imap.host.example, which has no address"),
        ({"web.host.example A": []}, "autoconfig.example.org leads to web.host.example"),
        ({SPF: None}, "example.org TXT could not be looked up: nobody was asked"),
        ({SPF: None, DKIM: None}, f"{SELECTOR} TXT could not be looked up: nobody was asked"),
        (
            {"mx1.host.example A": None, "mx1.host.example AAAA": None},
            "mx1.host.example A could not be looked up (and 1",
        ),
    ],
)
def test_a_message_names_the_trouble(changes, said):
    """What a finding says is what is wrong, in the words of the record."""
    assert any(said in each.message for each in findings(changes)), [each.message for each in findings(changes)]


@pytest.mark.parametrize(
    ("host", "hint"),
    [("mail.example.org", "publish A or AAAA records for mail.example.org"), ("gone.example", "correct the name"),
     ("192.0.2.1", "correct the name")],
)  # fmt: skip
def test_a_host_of_ours_is_helped_otherwise_than_anothers(host, hint):
    """An address can be published in the domain's own zone; elsewhere only the name can be wrong."""
    (only,) = [each for each in findings({MX: [f"10 {host}."]}) if each.check == "mx-target-exists"]
    assert only.help.startswith(hint)


@pytest.mark.parametrize(
    ("record", "aligned"),
    [
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", True),
        ("v=spf1 ip4:192.0.2.0/24 -all", False),
        ("v=spf1 ip4:192.0.2.0/24 include:_spf.slow.example -all", None),
        ("v=spf1 include:_spf.host.example mx -all", True),
    ],
)
def test_the_mail_host_may_be_let_in_by_other_words(record, aligned):
    """What counts is who may send, not how it is written; where an include is not known, nothing is said."""
    world = World(ill({SPF: [record], "_spf.slow.example TXT": None}))
    assert moment(SUBJECT, world).spf_aligned is aligned
    open_ = replace(SUBJECT, published=replace(PUBLISHED, spf=("exists:%{i}.s.example",)))
    assert moment(open_, world).spf_aligned is None


def test_what_is_left_over_is_worth_a_note():
    """A selector that the mail host does not name may be used by nobody: what is odd about it is told, no more."""
    subject = replace(SUBJECT, selectors=("old._domainkey.example.org",))
    for value in ("v=DKIM1; p=AAAA", f"v=DKIM1; h=sha1; p={rsa()}"):
        assert found({"old._domainkey.example.org TXT": [value]}, subject) == {("dkim-selector-published", "note")}
    dangling = {"old._domainkey.example.org CNAME": ["old._domainkey.old.example."]}
    assert found(dangling, subject) == {("dkim-selector-published", "note")}
    assert found({"old._domainkey.example.org TXT": [f"v=DKIM1; p={rsa(512)}"]}, subject) == {("dkim-key-weak", "note")}


def test_the_key_of_another_does_not_help():
    """Whether signed mail passes hangs on the keys of the mail host, whatever else is left in the zone."""
    subject = replace(SUBJECT, selectors=("old._domainkey.example.org",))
    changes = {DKIM: [], "old._domainkey.example.org TXT": [KEY]}
    assert moment(subject, World(ill(changes))).dkim_aligned is False
    assert moment(replace(subject, published=None), World(ill(changes))).dkim_aligned is True


def test_a_policy_in_testing_only_reports():
    """Where the policy is tried out, an MX that it lacks is no obstacle."""
    settings = replace(SETTINGS, mta_sts_mode="testing")
    from reconciler.dns.policies import mta_sts_policy, mta_sts_record

    record = mta_sts_record(mta_sts_policy("testing", [host for _, host in PUBLISHED.mx], 604800))
    changes = {
        "_mta-sts.example.org TXT": [record],
        MX: [*HEALTHY[MX], "30 mx3.old.example."],
        "mx3.old.example A": ["192.0.2.7"],
    }
    assert found(changes, replace(SUBJECT, settings=settings)) == {("mta-sts-mx-mismatch", "note")}


def test_a_policy_of_others_is_judged_where_somebody_fetched_it():
    """Patterns cover one label; the text is read as senders read it."""
    changes = {"_mta-sts.example.org TXT": ["v=STSv1; id=20200101"]}
    fetched = POLICY.replace("mx: mx1.host.example\r\n", "mx: *.host.example\r\n").replace(
        "mx: mx2.host.example\r\n", ""
    )
    assert found(changes, replace(SUBJECT, sts_policy=fetched)) == set()
    fetched = fetched.replace("*.host", "*.mx1.host")
    assert found(changes, replace(SUBJECT, sts_policy=fetched)) == {("mta-sts-mx-mismatch", "blocker")}


def test_dmarc_rests_on_either_leg():
    """One of SPF and DKIM is enough; where no key is known, only a warning can be given."""
    assert "dmarc-alignment" not in {check for check, _ in found({DKIM: []})}
    assert "dmarc-alignment" not in {check for check, _ in found({SPF: []})}
    keyless = replace(SUBJECT, published=replace(PUBLISHED, dkim=()))
    assert ("dmarc-alignment", "warning") in found({SPF: []}, keyless)
    elsewhere = replace(keyless, selectors=("s._domainkey.host.example",))
    changes = {SPF: [], "s._domainkey.host.example TXT": [KEY]}
    assert ("dmarc-alignment", "blocker") in found(changes, elsewhere)


@pytest.mark.parametrize("answer", [None, "failed"])
@pytest.mark.parametrize("key", sorted(key for key in HEALTHY if not key.endswith("CNAME")))
def test_what_is_not_known_is_no_claim(key, answer):
    """Without an answer nothing is said but that: once for each question, by the first check that needed it."""
    made = findings({key: answer})
    assert {each.grade.value for each in made} <= {"unknown"}
    assert len({each.check for each in made}) == len(made)
    if made:
        name, _, rtype = key.partition(" ")
        asked = {name, *(alias.split()[0] for alias, to in HEALTHY.items() if to == [f"{name}."])}
        assert {each.message.partition(" could")[0] for each in made} <= {f"{each} {rtype}" for each in asked}
        assert all(("nobody was asked" if answer is None else "no server answered") in each.message for each in made)


def test_when_nobody_can_be_asked_nothing_is_claimed():
    """With every answer missing there are no findings but those of what could not be looked up."""

    class Nothing(World):
        def ask(self, name, rtype):
            self.records = {f"{name} {rtype}": None}
            return super().ask(name, rtype)

    made = run_checks(SUBJECT, Nothing({}))
    assert {each.grade.value for each in made} == {"unknown"}
    assert verdict(made) is Verdict.UNSURE
    summary = moment(SUBJECT, Nothing({}))
    assert (summary.receives, summary.spf, summary.spf_aligned, summary.dkim_aligned) == ((), None, None, None)


def test_a_moment_says_who_receives_and_who_may_send():
    """The summary of a domain is what its records say."""
    summary = moment(SUBJECT, World(HEALTHY))
    assert summary.receives == ("10 mx1.host.example", "20 mx2.host.example")
    assert summary.senders == ("mx", "include:_spf.host.example", "-all")
    assert summary.spf == SpfCount(2, 0)
    assert (summary.dmarc, summary.spf_aligned, summary.dkim_aligned, summary.findings) == ("reject", True, True, ())
    early = World(ill({SPF: ["v=spf1 ~all mx"], DMARC: ["v=DMARC1; p=reject; t=y"], DKIM: []}))
    summary = moment(SUBJECT, early)
    assert (summary.senders, summary.dmarc) == (("mx", "~all"), "reject (t=y)")
    assert (summary.spf_aligned, summary.dkim_aligned) == (False, False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, Verdict.READY), ({DMARC: []}, Verdict.READY), ({DKIM: []}, Verdict.CARE), ({MX: ["0 ."]}, Verdict.NOT_YET),
     ({MX: ["0 ."], SPF: None}, Verdict.NOT_YET), ({SPF: None}, Verdict.UNSURE)],
)  # fmt: skip
def test_the_verdict_is_the_worst_that_was_found(changes, expected):
    """A blocker weighs more than what is not known, that more than a warning; notes weigh nothing."""
    assert verdict(findings(changes)) is expected


def test_one_trouble_is_told_once():
    """A record that is over a limit is not told as broken as well, nor several records as one that is."""
    for texts, check in [
        (["v=spf1 " + "mx " * 11 + "-all"], "spf-lookups"),
        (["v=spf1 a:n1.example a:n2.example a:n3.example mx include:_spf.host.example -all"], "spf-void"),
        (["v=spf1 mx -all", "v=spf1 ~all"], "spf-single"),
    ]:
        assert {each.check for each in findings({SPF: texts}) if each.check.startswith("spf-")} == {check}


def test_an_error_that_passes_is_no_verdict():
    """SPF does not align where the record is an error for good; where an answer failed, that is not known."""
    include = "_spf.host.example TXT"
    assert moment(SUBJECT, World(ill({include: []}))).spf_aligned is False
    assert moment(SUBJECT, World(ill({include: "failed"}))).spf_aligned is None
    assert moment(SUBJECT, World(ill({include: None}))).spf_aligned is None
    assert moment(SUBJECT, World(ill({SPF: ["v=spf1 ip4:203.0.113.1 -all"]}))).spf_aligned is False
    long = ["v=spf1 mx include:_spf.host.example " + "mx " * 9 + "-all"]
    assert moment(SUBJECT, World(ill({SPF: long}))).spf_aligned is None
    assert found({SPF: long, DKIM: []}) == {("spf-lookups", "blocker"), ("dkim-selector-published", "warning")}


def test_findings_are_sorted_and_the_same_each_time():
    """Worst first, then by check; two runs give the same."""
    changes = {MX: ["0 ."], SPF: ["v=spf1 +all"], DMARC: ["v=DMARC1; p=none; pct=1"], DKIM: []}
    made = findings(changes)
    order = ["blocker", "warning", "note", "unknown"]
    assert [order.index(each.grade.value) for each in made] == sorted(order.index(each.grade.value) for each in made)
    assert made == findings(dict(reversed(changes.items())))
    assert len(made) > 4


def test_no_question_is_asked_twice():
    """Many checks look at the same records, which are asked for once."""
    view = World(HEALTHY)
    run_checks(SUBJECT, view)
    assert len(view.asked) == len(set(view.asked))
    assert len(view.asked) <= 45, "more is asked of the servers of each domain"


ODD = st.sampled_from([
    "", "v=spf1", "v=spf1 include:example.org -all", "v=DMARC1", "v=DMARC1; p=;;=;p", "v=DKIM1; p=%%%", "v=STSv1; id",
    "v=TLSRPTv1; rua=,", "v=BIMI1; l=https://[::1; a=;", "v=DKIM1; k=rsa; p=MIIB", "=;=", "\x00\xff",
    "v=DMARC1; p=reject; rua=mailto:@,mailto:a@", "v=spf1 exists:%{i}.%{d2} redirect=%{x}",
])  # fmt: skip
DATA = {
    "TXT": st.lists(ODD, min_size=1, max_size=3, unique=True),
    "MX": st.lists(st.sampled_from(["0 .", "10 example.org.", "10 192.0.2.1.", "65535 a.b."]), min_size=1, unique=True),
    "A": st.just(["192.0.2.1"]),
    "CNAME": st.sampled_from([["example.org."], ["mx1.host.example."]]),
    "SRV": st.sampled_from([["0 0 0 ."], ["0 1 993 example.org."]]),
    "TLSA": st.sampled_from([["3 1 1 00"], ["255 255 255 "], [f"3 1 1 {DIGEST}"]]),
    "CAA": st.sampled_from([['0 issue ""'], ['128 x "y"'], ['0 issue ";;="']]),
}


@given(st.data())
def test_nothing_published_is_too_odd(data):
    """Whatever stands in the DNS, the checks say something about it: no traceback, and the same each time."""
    keys = data.draw(st.lists(st.sampled_from(sorted(HEALTHY)), min_size=1, max_size=4, unique=True))
    odd = {key: data.draw(DATA[key.split()[1]]) if key.split()[1] in DATA else None for key in keys}
    made = findings(odd)
    assert made == findings(odd)
    assert all(each.message and each.check for each in made)
    assert moment(SUBJECT, World(ill(odd))).findings == made
