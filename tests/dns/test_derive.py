"""The records mail needs, and the mistakes in a `dns:` block."""

import pytest

from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from tests.dns.house import PUBLISHED, derived, extra, found, values


def test_mail_needs_mx_spf_and_dkim():
    """The mail host's own records are published, with ours in the SPF record."""
    result = derived(spf_include=("_spf.news.example",), spf_all="fail")
    assert values(result, "example.org MX") == ("10 mx1.host.example.", "20 mx2.host.example.")
    assert values(result, "example.org TXT spf") == (
        '"v=spf1 mx include:_spf.host.example include:_spf.news.example -all"',
    )
    assert values(result, "key1._domainkey.example.org CNAME") == ("key1._domainkey.host.example.",)
    assert result.declarations["example.org TXT spf"].remember.contribution.startswith("v=spf1 mx")
    assert result.diagnostics == ()


def test_a_domain_without_a_mail_host_publishes_what_is_its_own():
    """DMARC and reports need no mail host; MX, SPF and DKIM do."""
    result = derived(published=None, dmarc_policy="reject", tls_reports=("tls@example.org",))
    assert set(result.declarations) == {"_dmarc.example.org TXT dmarc", "_smtp._tls.example.org TXT tls-rpt"}


def test_dmarc_has_the_tags_of_its_newest_rfc():
    """`v` and `p` come first, trials are `t=y`, and nothing that RFC 9989 removed is written."""
    result = derived(
        dmarc_policy="quarantine",
        dmarc_subdomain_policy="reject",
        dmarc_nonexistent_policy="reject",
        dmarc_testing=True,
        dmarc_reports=("postmaster@example.org",),
        dmarc_strict_alignment=("spf", "dkim"),
    )
    assert values(result, "_dmarc.example.org TXT dmarc") == (
        '"v=DMARC1; p=quarantine; sp=reject; np=reject; t=y; adkim=s; aspf=s; rua=mailto:postmaster@example.org"',
    )


def test_report_addresses_are_written_as_uris():
    """Characters that would end a report address are encoded."""
    result = derived(dmarc_policy="none", dmarc_reports=("a!b,c@example.org", "mailto:x@example.org"))
    (value,) = values(result, "_dmarc.example.org TXT dmarc")
    assert value.endswith('rua=mailto:a%21b%2Cc@example.org,mailto:x@example.org"')


def test_reports_to_another_organisation_need_its_consent():
    """A foreign report address is a warning that says which record is missing; a domain of ours gets the record."""
    abroad = derived(dmarc_policy="none", dmarc_reports=("dmarc@reports.example",))
    assert found(abroad) == ["dmarc-external-reports"]
    assert "example.org._report._dmarc.reports.example" in abroad.diagnostics[0].help
    ours = derived(
        zones=("example.org", "reports.example"),
        others={"reports.example": {"mail": False}},
        dmarc_policy="none",
        dmarc_reports=("dmarc@reports.example",),
    )
    assert found(ours) == []
    key = "example.org._report._dmarc.reports.example TXT dmarc"
    assert ours.declarations[key].resource.zone == "reports.example"
    assert found(derived(dmarc_policy="none", dmarc_reports=("x@sub.example.org",))) == []


def test_the_mta_sts_id_changes_with_the_policy_and_only_with_it():
    """Senders fetch the policy again when, and only when, its text is another."""
    result = derived(mta_sts_mode="testing")
    policy = "version: STSv1\r\nmode: testing\r\nmx: mx1.host.example\r\nmx: mx2.host.example\r\nmax_age: 604800\r\n"
    assert mta_sts_policy("testing", ["MX2.host.example.", "mx1.host.example"], 604800) == policy
    assert values(result, "_mta-sts.example.org TXT mta-sts") == (f'"{mta_sts_record(policy)}"',)
    assert mta_sts_record(policy) != mta_sts_record(policy.replace("testing", "enforce"))
    assert found(result) == ["mta-sts-host"]
    assert found(derived(mta_sts_mode="testing", records=(extra("mta-sts", "A", "192.0.2.1"),))) == []


def test_clients_are_told_what_is_offered_and_what_is_not():
    """SRV records lead to the endpoints, with `.` for mail services that are not offered (RFC 6186, 8314, 6764)."""
    result = derived(client_settings=True)
    services = {key: each.resource.values for key, each in result.declarations.items() if " SRV" in key}
    assert services == {
        "_imaps._tcp.example.org SRV": ("0 1 993 imap.host.example.",),
        "_imap._tcp.example.org SRV": ("0 0 0 .",),
        "_pop3s._tcp.example.org SRV": ("0 0 0 .",),
        "_pop3._tcp.example.org SRV": ("0 0 0 .",),
        "_submissions._tcp.example.org SRV": ("0 0 0 .",),
        "_submission._tcp.example.org SRV": ("10 1 587 smtp.host.example.",),
        "_caldavs._tcp.example.org SRV": ("0 1 443 web.host.example.",),
    }
    assert values(result, "_caldavs._tcp.example.org TXT path") == ('"path=/SOGo/dav"',)
    assert values(result, "autoconfig.example.org CNAME") == ("web.host.example.",)


def test_the_zone_is_the_longest_that_fits():
    """A domain below a zone stands in it, or in a zone of its own if there is one."""
    above = derived(zones=("example.org", "org"), domain="mail.example.org")
    assert above.declarations["mail.example.org MX"].resource.zone == "example.org"
    own = derived(zones=("example.org", "mail.example.org"), domain="mail.example.org")
    assert own.declarations["mail.example.org MX"].resource.zone == "mail.example.org"


def test_a_domain_without_a_zone_is_an_error_that_helps():
    """A missing zone is named, with the one that was meant, and nothing of the domain is derived."""
    result = derived(zones=("exampel.org",))
    assert found(result) == ["zone-unknown"]
    assert "did you mean the zone exampel.org" in result.diagnostics[0].help
    assert result.declarations == {}


def test_without_mail_only_extra_records_are_ours():
    """`mail: false` leaves the domain's mail to others."""
    result = derived(mail=False, dmarc_policy="none", client_settings=True, records=(extra("www", "A", "192.0.2.1"),))
    assert set(result.declarations) == {"www.example.org A"}


@pytest.mark.parametrize(
    ("name", "owner"),
    [("@", "example.org"), ("www", "www.example.org"), ("www.example.org.", "www.example.org"),
     ("www.example.org", "www.example.org"), ("*", "*.example.org"), ("Müller", "xn--mller-kva.example.org"),
     ("a.b", "a.b.example.org")],
)  # fmt: skip
def test_owner_names_are_relative_absolute_or_the_domain(name, owner):
    """A name may be written as in a zone file, with or without the domain behind it."""
    result = derived(mail=False, records=(extra(name, "A", "192.0.2.1", ttl=60),))
    assert result.declarations[f"{owner} A"].resource.ttl == 60


@pytest.mark.parametrize(
    ("rtype", "value", "canonical"),
    [("AAAA", "2001:DB8::0:1", "2001:db8::1"), ("CNAME", "Target.Example.", "target.example."),
     ("CNAME", "host", "host.example.org."), ("TXT", "a; b", '"a; b"'), ("TXT", '"a" "b"', '"ab"'),
     ("CAA", "0 issue letsencrypt.org", '0 issue "letsencrypt.org"'), ("SRV", "0 1 443 @", "0 1 443 example.org."),
     ("MX", "0 .", "0 ."), ("TXT", "k" * 600, '"' + "k" * 600 + '"')],
)  # fmt: skip
def test_values_are_brought_into_one_form(rtype, value, canonical):
    """Two spellings of the same data are the same record."""
    result = derived(mail=False, records=(extra("x", rtype, value),))
    assert [each.resource.values for each in result.declarations.values()] == [(canonical,)]


@pytest.mark.parametrize(
    ("records", "problems"),
    [
        ([extra("x", "A", "192.0.2")], ["record-value"]),
        ([extra("x", "A", "1", "2")], ["record-value", "record-value"]),
        ([extra("x", "AX", "1")], ["record-type"]),
        ([extra("x", "ANY", "1")], ["record-type"]),
        ([extra("a..b", "A", "192.0.2.1")], ["record-name"]),
        ([extra("www.example.net.", "A", "192.0.2.1")], ["record-outside-zone"]),
        ([extra("@", "NS", "ns1.example.net.")], ["record-reserved"]),
        ([extra("x", "SOA", "a b 1 2 3 4 5")], ["record-reserved"]),
        ([extra("x", "CNAME", "a.example.", "b.example.")], ["record-values"]),
        ([extra("x", "A")], ["record-values"]),
        ([extra("x", "A", "192.0.2.1", ttl=2**31)], ["record-ttl"]),
        ([extra("x", "CNAME", "mail.example.net")], ["record-relative-target"]),
        ([extra("x", "CNAME", "a."), extra("x", "A", "192.0.2.1")], ["cname-conflict"]),
        ([extra("@", "CNAME", "a.")], ["cname-conflict"]),
        ([extra("x", "A", "192.0.2.1"), extra("X", "a", "192.0.2.2")], ["record-duplicate"]),
        ([extra("x", "TXT", "a"), extra("x", "TXT", "b")], []),
        ([extra("x", "TXT", "a"), extra("x", "TXT", "a")], ["record-duplicate"]),
    ],
)
def test_mistakes_in_extra_records_are_named_at_their_place(records, problems):
    """Each mistake is one diagnostic, where the record is written, with a way out."""
    result = derived(mail=False, records=tuple(records))
    assert found(result) == problems
    assert all(each.primary.span.line == 20 and each.help for each in result.diagnostics)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (extra("@", "MX", "10 other.example."), "record-conflict"),
        (extra("@", "TXT", "v=spf1 -all"), "record-conflict"),
        (extra("key1._domainkey", "TXT", "v=DKIM1; p="), "cname-conflict"),
    ],
)
def test_a_record_by_hand_does_not_fight_a_derived_one(record, problem):
    """A record that is also derived is an error that shows both places."""
    result = derived(records=(record,))
    assert found(result) == [problem]
    places = [result.diagnostics[0].primary, *result.diagnostics[0].secondary]
    assert sorted(place.span.line for place in places) == [5, 20]


def test_too_many_spf_lookups_are_a_warning():
    """Receivers give up after ten questions, so the eleventh include is said."""
    includes = tuple(f"i{number}.example" for number in range(9))
    assert found(derived(spf_include=includes)) == ["spf-lookups"]
    assert found(derived(spf_include=includes[1:])) == []


def test_published_nonsense_is_the_providers_fault():
    """Data that can not be a record names the domain and does not end in a traceback."""
    broken = type(PUBLISHED)(mx=((10, "a..b"),))
    assert found(derived(published=broken)) == ["published-record"]


def test_a_pasted_dkim_key_may_stand_in_one_pair_of_quotes():
    """Longer than a string of the DNS, it is cut only where it is published."""
    key = "v=DKIM1; k=rsa; p=" + "A" * 400
    result = derived(mail=False, records=(extra("a._domainkey", "TXT", f'"{key}"'),))
    assert found(result) == []
    assert values(result, "a._domainkey.example.org TXT dkim") == (f'"{key}"',)
