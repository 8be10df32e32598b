"""checkdmarc and dkimpy read the records that we write, and those that we read, as we do. Nobody asks the network."""

import socket
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns import dkim, dmarc, mta_sts
from reconciler.dns.policies import dmarc_record, mta_sts_policy, mta_sts_record, tls_report_record
from reconciler.model.desired import DnsSettings
from tests.checks.house import ORIGIN, rsa

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what others warn of when they are imported is not ours
    import dkim as dkimpy
    from checkdmarc import dmarc as others
    from checkdmarc import mta_sts as others_sts
    from checkdmarc import smtp_tls_reporting as others_tls


class Nobody:
    """A resolver that must not be asked."""

    def resolve(self, *args, **kwargs):
        raise AssertionError(f"the network was asked for {args}")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "sendto", refuse)


def their_reading(text):
    """A DMARC record as checkdmarc reads it; None where it is none to it."""
    try:
        return others.parse_dmarc_record(text, "example.org", resolver=Nobody())["tags"]
    except others.DMARCError:
        return None


VALUES = {
    "p": ["none", "quarantine", "reject"],
    "sp": ["none", "quarantine", "reject"],
    "np": ["none", "reject"],
    "t": ["y", "n"],
    "psd": ["y", "n", "u"],
    "adkim": ["r", "s"],
    "aspf": ["r", "s"],
    "pct": ["0", "20", "100"],
    "ri": ["3600"],
    "zz": ["1"],
}
TAGS = st.lists(
    st.sampled_from([(name, value) for name, values in VALUES.items() for value in values]),
    max_size=8,
    unique_by=lambda tag: tag[0],
)
SEPARATORS = st.sampled_from(["; ", ";", " ; "])


@given(TAGS, SEPARATORS, st.sampled_from(["", ";"]))
def test_dmarc_records_are_read_alike(tags, separator, end):
    """Policies, their defaults, modes and removed tags of any record with valid values are the same to both."""
    text = separator.join(["v=DMARC1", *(f"{name}={value}" for name, value in tags)]) + end
    ours, theirs = dmarc.parse(text), their_reading(text)
    assert theirs is not None
    said = dict(tags)
    assert ours.faults == ()
    if "p" in said:
        assert (ours.policy, ours.subdomains) == (theirs["p"]["value"], theirs["sp"]["value"])
        assert ours.missing == said.get("np", ours.subdomains)
    assert ours.testing == (theirs["t"]["value"] == "y")
    assert ours.psd == theirs["psd"]["value"]
    assert ours.strict == {name for name in ("dkim", "spf") if theirs[f"a{name}"]["value"] == "s"}
    assert {name for name, _ in ours.removed} == set(said) & dmarc.REMOVED


@pytest.mark.parametrize("text", ["p=none; v=DMARC1", "v=DMARC2; p=none", "v=spf1 -all", "v=dmarc1; p=none"])
def test_both_refuse_what_is_no_dmarc_record(text):
    """The version stands first, as it is."""
    assert dmarc.parse(text) is None
    assert their_reading(text) is None


@pytest.mark.parametrize("policy", ["quarantine", "reject"])
def test_the_dmarc_records_we_write_pass(policy):
    """Nothing in a record of ours is worth a warning to checkdmarc, but that it could not look up the address."""
    settings = DnsSettings(
        "zones", ORIGIN, dmarc_policy=policy, dmarc_reports=("a@example.org",), dmarc_strict_alignment=("spf",)
    )
    read = others.parse_dmarc_record(dmarc_record(settings), "example.org", resolver=Offline())
    assert [each for each in read["warnings"] if "Failed to retrieve MX records" not in each] == []


class Offline(Nobody):
    """A resolver in which every question fails, as where there is no network."""

    def resolve(self, *args, **kwargs):
        import dns.resolver

        raise dns.resolver.NoNameservers

    timeout = lifetime = 1.0
    nameservers = ()


@given(
    st.sampled_from(["testing", "enforce", "none"]),
    st.integers(86400, mta_sts.MAX_AGE),
    st.lists(st.sampled_from(["mx1.host.example", "mx2.host.example", "*.mail.example"]), min_size=1, unique=True),
)
def test_mta_sts_policies_and_records_pass(mode, age, mx):
    """The policy we write is one to checkdmarc, with the same mode, age and hosts; so is the record."""
    text = mta_sts_policy(mode, mx, age)
    ours, theirs = mta_sts.parse_policy(text), others_sts.parse_mta_sts_policy(text)["policy"]
    assert (ours.mode, ours.max_age, sorted(ours.mx)) == (theirs["mode"], theirs["max_age"], sorted(theirs["mx"]))
    record = mta_sts_record(text)
    tags = others_sts.parse_mta_sts_record(record)["tags"]
    assert tags["id"] == mta_sts.record_id(record)


@given(
    st.sampled_from(["mx1.host.example", "a.mx1.host.example", "host.example", "MX1.Host.Example"]),
    st.lists(st.sampled_from(["mx1.host.example", "*.host.example", "*.mx1.host.example"]), max_size=3),
)
def test_mta_sts_patterns_match_alike(host, patterns):
    """A wildcard is one label, the left-most."""
    ours = any(mta_sts.matches(host, pattern) for pattern in patterns)
    assert ours == others_sts.mx_in_mta_sts_patterns(host.lower(), patterns)


@pytest.mark.parametrize("text", ["v=STSv1; id=2026-01-01;", "v=STSv1;", "id=1; v=STSv1", "v=STSv1; id=" + "1" * 33])
def test_both_refuse_a_bad_mta_sts_record(text):
    """An id is up to 32 letters and digits, and the version stands first."""
    assert mta_sts.record_id(text) is None
    with pytest.raises(others_sts.MTASTSError):
        others_sts.parse_mta_sts_record(text)


def test_tls_report_records_pass():
    """The record we write is one to checkdmarc, and what it refuses we refuse."""
    settings = DnsSettings("zones", ORIGIN, tls_reports=("tls@example.org", "https://reports.example/v1"))
    record = tls_report_record(settings)
    assert others_tls.parse_smtp_tls_reporting_record(record)["warnings"] == []
    assert mta_sts.tls_report_fault(record) == ""
    for text in ("v=TLSRPTv1;", "v=TLSRPTv1; rua=tls@example.org", "v=spf1 -all"):
        assert mta_sts.tls_report_fault(text)
        with pytest.raises(others_tls.SMTPTLSReportingError):
            others_tls.parse_smtp_tls_reporting_record(text)


@pytest.mark.parametrize("bits", [512, 1023, 1024, 1536, 2048, 4096])
def test_dkim_keys_have_the_same_strength(bits):
    """The length of an RSA key is what dkimpy says it is."""
    text = f"v=DKIM1; k=rsa; p={rsa(bits)}"
    _, size, kind, _ = dkimpy.evaluate_pk(b"key1._domainkey.example.org.", text.encode())
    key = dkim.parse(text)
    assert (size, kind) == (bits, b"rsa")
    assert (key.bits, key.kind) == (bits, "rsa")


@pytest.mark.parametrize("text", ["v=DKIM2; p=AAAA", "v=DKIM1; p=AAAA", "v=DKIM1; k=rsa", f"v=DKIM1; p={rsa()[:100]}"])
def test_both_refuse_a_key_that_is_none(text):
    """What dkimpy can not take as a key is not usable to us."""
    assert not dkim.parse(text).usable
    with pytest.raises(dkimpy.KeyFormatError):
        dkimpy.evaluate_pk(b"key1._domainkey.example.org.", text.encode())
