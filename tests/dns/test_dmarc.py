"""DMARC by RFC 9989: what a record says, which one applies, and what is aligned with what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns import dmarc
from reconciler.dns.policies import dmarc_record
from reconciler.model.desired import DnsSettings
from tests.checks.house import ORIGIN, World


def world(**records):
    """A view in which each keyword, with `_` for dots, has a DMARC record."""
    return World({f"_dmarc.{name.replace('_', '.')} TXT": [text] for name, text in records.items()})


@pytest.mark.parametrize(
    ("text", "policy", "subdomains", "missing"),
    [
        ("v=DMARC1; p=reject", "reject", "reject", "reject"),
        ("v=DMARC1;p=quarantine;sp=none;np=reject", "quarantine", "none", "reject"),
        ("v = DMARC1 ; P = REJECT ; x-new=1", "reject", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=none", "reject", "none", "none"),
        ("v=DMARC1; rua=mailto:a@example.org", "none", "none", "none"),
        ("v=DMARC1; p=bogus; rua=mailto:a@example.org", "none", "none", "none"),
        ("v=DMARC1; p=reject; np=bogus; rua=mailto:a@example.org", "none", "none", "none"),
        ("v=DMARC1; p=bogus", "", "", ""),
        ("v=DMARC1;", "", "", ""),
    ],
)
def test_policies_and_their_defaults(text, policy, subdomains, missing):
    """`sp` stands in for `np`, `p` for `sp`; without a policy that can be read a record reports, or does nothing."""
    record = dmarc.parse(text)
    assert (record.policy, record.subdomains, record.missing) == (policy, subdomains, missing)


@pytest.mark.parametrize(
    "text",
    [
        "p=reject; v=DMARC1",
        " v=DMARC1; p=none",
        "v=DMARC1 p=none",
        "v=DMARC2; p=none",
        "v=dmarc1; p=none",
        "v=spf1 -all",
        "",
    ],
)
def test_a_text_without_the_version_in_front_is_none(text):
    """The version is exact, and stands first."""
    assert dmarc.parse(text) is None


def test_what_was_removed_is_read_and_what_is_unknown_is_ignored():
    """`pct`, `rf` and `ri` are seen with their values; tags that nobody defined are no fault."""
    record = dmarc.parse("v=DMARC1; p=reject; pct=20; rf=afrf; ri=3600; zz=1; t=y; adkim=s; psd=n")
    assert record.removed == (("pct", "20"), ("rf", "afrf"), ("ri", "3600"))
    assert (record.faults, record.testing, record.strict, record.psd) == ((), True, frozenset({"dkim"}), "n")
    assert record.policy == "reject"
    assert not record.enforced
    assert dmarc.unknown_tags("v=DMARC1; p=reject; pct=20; zz=1") == ("zz",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("v=DMARC1; p=bogus", "p=bogus"),
        ("v=DMARC1; p=none; aspf=x", "aspf=x"),
        ("v=DMARC1; p=none; rua=postmaster@example.org", "mailto:"),
        ("v=DMARC1; p=none; rua=mailto:", "mailto:"),
        ("v=DMARC1; p=none; rua=mailto:@example.org", "mailto:@example.org"),
        ("v=DMARC1; p=none reject", "p=none reject"),
        ("v=DMARC1; p=none; reject", "'reject'"),
        ("v=DMARC1; p=none; p=reject", "p stands more than once"),
    ],
)
def test_each_fault_is_named(text, fault):
    """What receivers skip in a record is told, and the rest is read."""
    record = dmarc.parse(text)
    assert len(record.faults) == 1
    assert fault in record.faults[0]


def test_the_domain_of_a_report_address():
    """A size after `!`, a query and percent signs are read as the URI says."""
    assert dmarc.report_domain("mailto:a%21b@Example.ORG!10m") == "example.org"
    assert dmarc.report_domain("mailto:a@example.org?subject=x@y") == "example.org"
    assert dmarc.report_domain("https://example.org/a@b") == ""


def test_a_long_name_is_asked_for_eight_times():
    """Above the domain itself the walk begins at seven labels (RFC 9989 §4.10)."""
    assert dmarc.tree("example.org") == ("example.org", "org")
    names = dmarc.tree("a.b.c.d.e.f.g.h.i.j.mail.example.com")
    assert len(names) == 8
    assert names[:2] == ("a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com")
    assert names[-1] == "com"
    assert len(dmarc.tree("a.b.c.d.e.f.example.com")) == 8


@pytest.mark.parametrize(
    ("records", "domain", "organization"),
    [
        ({}, "a.mail.example.com", "a.mail.example.com"),
        ({"mail_example_com": "v=DMARC1", "example_com": "v=DMARC1"}, "a.mail.example.com", "example.com"),
        ({"com": "v=DMARC1; psd=y"}, "a.mail.example.com", "example.com"),
        ({"com": "v=DMARC1; psd=y", "mail_example_com": "v=DMARC1"}, "a.mail.example.com", "example.com"),
        ({"mail_example_com": "v=DMARC1; psd=n", "example_com": "v=DMARC1"}, "a.mail.example.com", "mail.example.com"),
        ({"example_com": "v=DMARC1; psd=y"}, "example.com", "example.com"),
        ({"example_com": "v=DMARC1; psd=y"}, "a.b.example.com", "b.example.com"),
    ],
)
def test_the_organization_follows_from_the_records(records, domain, organization):
    """`psd=n` is one itself, one label below `psd=y` is one, else the shortest name that has a record."""
    assert dmarc.organization(domain, world(**records)) == organization


@pytest.mark.parametrize(
    ("records", "at", "policy"),
    [
        ({"a_example_com": "v=DMARC1; p=none", "example_com": "v=DMARC1; p=reject"}, "a.example.com", "none"),
        ({"example_com": "v=DMARC1; p=reject; sp=quarantine"}, "example.com", "quarantine"),
        ({"com": "v=DMARC1; p=none; sp=reject; psd=y"}, "com", "reject"),
    ],
)
def test_the_policy_is_the_domains_the_organizations_or_the_suffixs(records, at, policy):
    """Whoever is nearest by these three speaks; above the domain it is `sp` that counts."""
    found = dmarc.policy_for("a.example.com", world(**records))
    assert (found.at, found.policy) == (at, policy)


def test_several_records_are_none():
    """Receivers discard all of them, and go up the tree."""
    view = World(
        {
            "_dmarc.a.example.com TXT": ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
            "_dmarc.example.com TXT": ["v=DMARC1; p=quarantine", "something else"],
        }
    )
    assert dmarc.policy_for("a.example.com", view).at == "example.com"
    assert dmarc.policy_for("example.net", view) is None


def test_the_walk_ends_where_a_record_says_so():
    """Above `psd=n` and `psd=y` nobody is asked; a suffix that is asked for itself is walked on."""
    for record in ("v=DMARC1; psd=n", "v=DMARC1; psd=y"):
        view = world(example_com=record)
        dmarc.walk("a.example.com", view)
        assert "_dmarc.com TXT" not in view.asked
    view = world(example_com="v=DMARC1; psd=y")
    dmarc.walk("example.com", view)
    assert "_dmarc.com TXT" in view.asked


def test_alignment_is_by_organization_or_exact():
    """Relaxed: one organization; strict: one name."""
    view = world(example_com="v=DMARC1; p=none")
    assert dmarc.aligned("example.com", "bounce.example.com", False, view)
    assert not dmarc.aligned("example.com", "bounce.example.com", True, view)
    assert dmarc.aligned("example.com", "example.com", True, view)
    assert not dmarc.aligned("example.com", "example.net", False, view)
    assert not dmarc.aligned("example.com", "other.com", False, view)


def test_others_agree_to_reports_by_a_record():
    """The own organization need not; another does with a record below `_report._dmarc`."""
    view = World(
        {
            "_dmarc.example.com TXT": ["v=DMARC1; p=none"],
            "example.com._report._dmarc.reports.example TXT": ["v=DMARC1"],
        }
    )
    assert dmarc.consents("example.com", "reports.example", view)
    assert dmarc.consents("example.com", "mail.example.com", view)
    assert not dmarc.consents("example.com", "silent.example", view)


POLICIES = st.sampled_from([None, *dmarc.POLICIES])


@given(
    st.sampled_from(dmarc.POLICIES), POLICIES, POLICIES, st.booleans(),
    st.lists(st.sampled_from(["a@example.org", "b!c,d@example.org", "mailto:e@example.net"]), max_size=3, unique=True),
    st.sets(st.sampled_from(["dkim", "spf"])),
)  # fmt: skip
def test_what_is_declared_is_what_is_read(policy, subdomains, missing, testing, reports, strict):  # noqa: PLR0917
    """A record that we write says to its readers what the settings say, and has nothing that is wrong."""
    settings = DnsSettings(
        "zones",
        ORIGIN,
        dmarc_policy=policy,
        dmarc_subdomain_policy=subdomains,
        dmarc_nonexistent_policy=missing,
        dmarc_testing=testing,
        dmarc_reports=tuple(reports),
        dmarc_strict_alignment=tuple(sorted(strict)),
    )
    record = dmarc.parse(dmarc_record(settings))
    assert (record.faults, record.removed) == ((), ())
    assert (record.policy, record.subdomains) == (policy, subdomains or policy)
    assert (record.missing, record.testing) == (missing or subdomains or policy, testing)
    assert (len(record.reports), record.strict) == (len(reports), strict)
