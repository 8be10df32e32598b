"""MTA-STS policies and records, and TLS reporting records, as senders read them."""

import pytest

from reconciler.dns import mta_sts
from reconciler.dns.policies import mta_sts_policy, mta_sts_record


def test_a_policy_is_read_back():
    """What we serve says what was declared."""
    policy = mta_sts.parse_policy(mta_sts_policy("enforce", ["MX1.host.example.", "*.mail.example"], 86400))
    assert policy == mta_sts.Policy("enforce", ("*.mail.example", "mx1.host.example"), 86400)
    assert policy.allows("mx1.host.example")
    assert policy.allows("a.mail.example.")
    assert not policy.allows("a.b.mail.example")
    assert not policy.allows("mail.example")
    assert mta_sts.unlisted(["mx1.host.example", "mx.old.example"], policy) == ("mx.old.example",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\nnew: x\n", None),
        ("version: STSv1\r\nmode: none\r\nmax_age: 0\r\n", None),
        ("mode: enforce\nmx: a.example\nmax_age: 86400", "version"),
        ("version: STSv1\nmode: strict\nmx: a.example\nmax_age: 86400", "mode"),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: a week", "max_age"),
        ("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 99999999", "max_age"),
        ("version: STSv1\nmode: enforce\nmax_age: 86400", "mail exchanger"),
        ("version: STSv1\nmode enforce\nmode: enforce\nmx: a.example\nmax_age: 86400", "'mode enforce'"),
    ],
)
def test_faults_of_a_policy_are_named(text, fault):
    """Unknown keys are ignored, and each fault is told by the line or the key it is about."""
    faults = mta_sts.parse_policy(text).faults
    assert (faults == ()) if fault is None else (len(faults) == 1 and fault in faults[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=STSv1; id=20260101T000000;", "20260101T000000"),
        ("v=STSv1;id=a", "a"),
        ("v=STSv1; id=a; ext=1", "a"),
        ("v=STSv1 ; id=a", "a"),
        ("v = STSv1; id=a", None),
        (" v=STSv1; id=a", None),
        ("v=STSv1; id=a-b", None),
        ("v=STSv1; id=" + "a" * 33, None),
        ("v=STSv1", None),
        ("v=STSv2; id=a", None),
        ("id=a; v=STSv1", None),
        ("v=STSv1; id=a; odd", None),
        ("", None),
    ],
)
def test_the_id_of_a_record(text, expected):
    """Letters and digits, 32 at most, behind the version."""
    assert mta_sts.record_id(text) == expected


def test_our_ids_are_ids():
    """The record that we write has an id that senders take."""
    assert mta_sts.record_id(mta_sts_record("any text"))


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("v=TLSRPTv1; rua=mailto:a@example.org", True),
        ("v=TLSRPTv1;rua=mailto:a@example.org,https://reports.example/v1;x=1", True),
        ("v=TLSRPTv1; rua=a@example.org", False),
        ("v = TLSRPTv1; rua=mailto:a@example.org", False),
        ("v=TLSRPTv1; rua=mailto:", False),
        ("v=TLSRPTv1; rua=https://", False),
        ("v=TLSRPTv1; rua=", False),
        ("v=TLSRPTv1", False),
        ("v=TLSRPTv1; mailto:a@example.org", False),
        ("v=TLSRPT1; rua=mailto:a@example.org", False),
    ],
)
def test_tls_report_records(text, good):
    """The version, and addresses by mail or HTTPS."""
    assert (mta_sts.tls_report_fault(text) == "") is good
