"""What is found on the way from one moment to another: an MX switch step by step, and each step taken wrongly."""

from dataclasses import replace

import pytest

from reconciler.dns.checks.judging import compare
from reconciler.dns.checks.table import COMPARISONS
from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from reconciler.model.desired import SwitchSettings
from reconciler.providers.reader import PublishedRecord
from tests.checks.house import (
    DIGEST,
    FORMER,
    HEALTHY,
    KEY,
    POLICY,
    PUBLISHED,
    SELECTOR,
    SETTINGS,
    SUBJECT,
    World,
    ill,
    rsa,
    way,
)

MX, SPF, STS = "example.org MX", "example.org TXT", "_mta-sts.example.org TXT"
TLSA = "_25._tcp.mx1.host.example TLSA"
OLD_KEY = "old._domainkey.example.org TXT"
OLD_HOST = {
    "mx.old.example A": ["192.0.2.7"],
    "_spf.old.example TXT": ["v=spf1 ip4:203.0.113.0/24 -all"],
}
#: Mail at the old host, nothing of the new one published.
BEFORE = {
    **OLD_HOST,
    MX: ["10 mx.old.example."],
    SPF: ["v=spf1 include:_spf.old.example -all"],
    OLD_KEY: [FORMER.dkim[0].values[0]],
    f"{SELECTOR} CNAME": [],
    STS: [mta_sts_record(mta_sts_policy("enforce", ["mx.old.example"], 604800))],
}
BOTH_POLICIES = [
    mta_sts_record(mta_sts_policy("enforce", ["mx.old.example", "mx1.host.example", "mx2.host.example"], 604800))
]
#: What both hosts need stands; mail is still at the old one.
PUBLISHED_TOO = {
    **BEFORE,
    SPF: ["v=spf1 include:_spf.old.example mx include:_spf.host.example -all"],
    f"{SELECTOR} CNAME": HEALTHY[f"{SELECTOR} CNAME"],
    STS: BOTH_POLICIES,
}
SWITCHED = {**PUBLISHED_TOO, MX: HEALTHY[MX]}
CONTRACTED = {**SWITCHED, SPF: HEALTHY[SPF], OLD_KEY: [], STS: [mta_sts_record(POLICY)]}
MOVING = replace(SUBJECT, former=FORMER)
GUARDED = {"_25._tcp.mx.old.example TLSA": [f"3 1 1 {DIGEST}"]}


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [(BEFORE, PUBLISHED_TOO, set()), (PUBLISHED_TOO, SWITCHED, set()),
     (SWITCHED, CONTRACTED, {("spf-drops-sender", "warning")}), (CONTRACTED, CONTRACTED, set()), ({}, {}, set())],
)  # fmt: skip
def test_a_switch_in_phases_goes_smoothly(before, after, allowed):
    """Publish, switch, contract: no step has a finding but that the old host no longer sends in the end."""
    assert way(before, after, MOVING) == allowed


def test_a_switch_in_one_step_has_everything_wrong():
    """Whoever does it all at once hears of each thing that fails meanwhile."""
    subject = replace(MOVING, missing=("anna@example.org",))
    assert way(BEFORE, CONTRACTED, subject, ttl=86400) == {
        ("mx-new-host-knows-all-recipients", "blocker"),
        ("mx-ttl-high", "warning"),
        ("spf-drops-sender", "warning"),
        ("dkim-signs-before-publish", "warning"),
        ("dkim-mail-in-flight", "warning"),
        ("mta-sts-cached", "warning"),
    }


def test_phases_are_advised_where_they_are_off_alone():
    """An MX among extra records moves at once although phases are on: to be told to put them on helps nobody."""
    for phased in (True, False):
        settings = replace(SETTINGS, switch=SwitchSettings(phased, 60))
        subject = replace(MOVING, settings=settings)
        told = compare(subject, World(ill(PUBLISHED_TOO)), World(ill(SWITCHED)))
        [found] = [each for each in told if each.check == "mx-ttl-high"]
        assert ("phased: true" in found.help) is not phased


OWN_KEY = f"{SELECTOR} TXT"
OWN = replace(SUBJECT, published=replace(PUBLISHED, dkim=(PublishedRecord("key1._domainkey", "TXT", (KEY,)),)))
FOREIGN = ["v=STSv1; id=20200101"]

WAYS = [
    ("mx-new-host-knows-all-recipients", PUBLISHED_TOO, SWITCHED, replace(MOVING, missing=("a@b.example",)), "blocker"),
    ("mx-ttl-high", PUBLISHED_TOO, SWITCHED, replace(MOVING, settings=replace(SETTINGS, switch=SwitchSettings(ttl=60))),
     "warning"),
    ("spf-drops-sender", {}, {SPF: ["v=spf1 mx -all"]}, SUBJECT, "warning"),
    ("spf-drops-sender", {}, {SPF: []}, SUBJECT, "warning"),
    ("spf-drops-sender", {SPF: [HEALTHY[SPF][0].replace("-all", "exists:%{i}._spf.shop.example -all")]}, {}, SUBJECT,
     "warning"),
    ("spf-drops-sender", {}, {MX: ["10 mx1.host.example."]}, SUBJECT, "warning"),
    ("spf-drops-sender", {}, {"_spf.host.example TXT": ["v=spf1 ip4:192.0.2.0/25 -all"]}, SUBJECT, "warning"),
    ("dkim-signs-before-publish", {**PUBLISHED_TOO, f"{SELECTOR} CNAME": []}, SWITCHED, MOVING, "warning"),
    ("dkim-mail-in-flight", {f"{SELECTOR} CNAME": [], OWN_KEY: [KEY]},
     {f"{SELECTOR} CNAME": [], OWN_KEY: [f"v=DKIM1; p={rsa(seed=4)}"]}, OWN, "warning"),
    ("dkim-mail-in-flight", PUBLISHED_TOO, {**SWITCHED, OLD_KEY: []}, MOVING, "warning"),
    ("mta-sts-id", {**PUBLISHED_TOO, STS: FOREIGN}, {**SWITCHED, STS: FOREIGN}, MOVING, "warning"),
    ("mta-sts-cached", {**PUBLISHED_TOO, STS: BEFORE[STS]}, SWITCHED, MOVING, "warning"),
    ("tlsa-stale", {**PUBLISHED_TOO, **GUARDED}, {**SWITCHED, **GUARDED, TLSA: []}, MOVING, "warning"),
    ("tlsa-stale", {"mx1.host.example A": ["192.0.2.99"]}, {}, SUBJECT, "warning"),
    ("tlsa-stale", {MX: ["10 mail.example.org."], "mail.example.org A": ["192.0.2.8"],
                    "_25._tcp.mail.example.org TLSA": [f"3 1 1 {DIGEST}"]},
     {"mail.example.org A": ["192.0.2.8"], "_25._tcp.mail.example.org TLSA": [f"3 1 1 {DIGEST}"]}, SUBJECT, "note"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "before", "after", "subject", "grade"), WAYS)
def test_a_step_taken_wrongly_is_told(check, before, after, subject, grade):
    """Each comparison finds the step that it is for, says how bad it is, names a record and a way out."""
    made = [each for each in compare(subject, World(ill(before)), World(ill(after))) if each.check == check]
    assert grade in {each.grade.value for each in made}
    assert all(each.record and each.help for each in made)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (PUBLISHED_TOO, {**SWITCHED, OLD_KEY: []}, f"{OLD_KEY[:-4]} goes while"),
        (PUBLISHED_TOO, {**PUBLISHED_TOO, OLD_KEY: [KEY]}, f"{OLD_KEY[:-4]} becomes another while"),
        ({**PUBLISHED_TOO, STS: BEFORE[STS]}, SWITCHED, "until they see the new id, for up to 300"),
        (SWITCHED, CONTRACTED, "203.0.113.0/24 may no longer send"),
        ({SPF: ["v=spf1 " + " ".join(f"ip4:192.0.{each}.1" for each in range(0, 14, 2)) + " -all"]},
         {SPF: ["v=spf1 -all"]}, "192.0.8.1/32 and 2 more may no longer send"),
        ({SPF: ["v=spf1 " + " ".join(f"ip4:192.0.{each}.1" for each in range(0, 10, 2)) + " -all"]},
         {SPF: ["v=spf1 -all"]}, "192.0.8.1/32 may no longer send"),
    ],
)  # fmt: skip
def test_a_message_names_the_step(before, after, said):
    """What a finding says is what goes wrong, and for whom."""
    messages = [each.message for each in compare(MOVING, World(ill(before)), World(ill(after)))]
    assert any(said in each for each in messages), messages


def test_only_some_addresses_are_listed():
    """A message has five addresses at most, and says how many more there are."""
    for count, said in ((5, "a4@example.org"), (7, "a4@example.org and 2 more")):
        subject = replace(MOVING, missing=tuple(f"a{each}@example.org" for each in range(count)))
        (only,) = compare(subject, World(ill(PUBLISHED_TOO)), World(ill(SWITCHED)))
        assert only.message.endswith(said)


def test_every_comparison_is_tested():
    """No row of the table is without a way that it finds wrong, with the worst grade that it says."""
    order = ["blocker", "warning", "note"]
    seen = {}
    for check, *_, grade in WAYS:
        seen[check] = min(seen.get(check, "note"), grade, key=order.index)
    assert {each.id: each.worst.value for each in COMPARISONS} == seen


QUIET = {
    "a first MX": ({MX: []}, {}, replace(SUBJECT, missing=("a@example.org",))),
    "a first MX with a new key": ({MX: [], f"{SELECTOR} CNAME": []}, {}, SUBJECT),
    "another order of exchangers": ({MX: ["20 mx1.host.example.", "10 mx2.host.example."]}, {}, SUBJECT),
    "an exchanger that goes": (
        {"mx2.host.example AAAA": []}, {"mx2.host.example AAAA": [], MX: ["10 mx1.host.example."]},
        replace(SUBJECT, missing=("a@example.org",))),
    "an SPF record in other words": ({}, {SPF: ["v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/64 -all"]}, SUBJECT),
    "a macro that stays": (
        {SPF: ["v=spf1 mx exists:%{i}.s.example -all"]}, {SPF: ["v=spf1 exists:%{i}.s.example mx -all"]},
        SUBJECT),
    "more who may send": ({}, {SPF: ["v=spf1 mx include:_spf.host.example ip4:203.0.113.1 -all"]}, SUBJECT),
    "a policy for the hosts of both, where the old one is a stranger": (PUBLISHED_TOO, SWITCHED, SUBJECT),
    "a key added beside": ({}, {"new._domainkey.example.org TXT": [KEY]},
                           replace(SUBJECT, selectors=("new._domainkey.example.org",))),
    "a key that goes alone": ({**CONTRACTED, OLD_KEY: BEFORE[OLD_KEY]}, CONTRACTED, MOVING),
    "a foreign policy that allows the new MX": (
        {**PUBLISHED_TOO, STS: FOREIGN}, {**SWITCHED, STS: FOREIGN}, replace(MOVING, sts_policy=POLICY)),
    "a new MX that has TLSA records too": (
        {**PUBLISHED_TOO, **GUARDED}, {**SWITCHED, **GUARDED, MX: ["10 mx1.host.example."]}, MOVING),
    "a TLSA record rolled with the address": (
        {"mx1.host.example A": ["192.0.2.99"], TLSA: [f"3 1 1 {'cd' * 32}"]}, {}, SUBJECT),
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_a_harmless_step_is_silent(name):
    """What changes nothing for anybody's mail is not told."""
    before, after, subject = QUIET[name]
    assert way(before, after, subject) == set()


@pytest.mark.parametrize("key", [MX, SPF, "_spf.old.example TXT", OLD_KEY, STS])
@pytest.mark.parametrize("side", ["before", "after"])
def test_what_is_not_known_is_no_claim_on_the_way(key, side):
    """Where one of the two sides is not known, nothing is said of what hangs on it but that."""
    before, after = dict(PUBLISHED_TOO), dict(SWITCHED)
    (before if side == "before" else after)[key] = None
    assert {grade for _, grade in way(before, after, MOVING)} <= {"unknown"}
