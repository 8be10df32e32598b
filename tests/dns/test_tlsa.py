"""TLSA records of mail exchangers: which ones senders can use."""

import pytest

from reconciler.dns import tlsa


@pytest.mark.parametrize(
    ("value", "usable"),
    [
        ("3 1 1 " + "ab" * 32, True),
        ("2 0 2 " + "ab" * 64, True),
        ("3 1 1 " + "AB" * 16 + " " + "cd" * 16, True),
        ("3 0 0 308201", True),
        ("1 1 1 " + "ab" * 32, False),
        ("0 0 1 " + "ab" * 32, False),
        ("3 1 1 " + "ab" * 31, False),
        ("3 1 2 " + "ab" * 32, False),
        ("3 2 1 " + "ab" * 32, False),
        ("3 1 3 " + "ab" * 32, False),
        ("4 1 1 " + "ab" * 32, False),
    ],
)
def test_senders_know_some_records(value, usable):
    """Usages 2 and 3, and a digest as long as its type (RFC 7672 §3.1, RFC 6698 §2.1)."""
    assert (tlsa.fault(tlsa.parse(value)) == "") is usable


@pytest.mark.parametrize("value", ["", "3 1 1", "a b c d", "-3 1 1 ab"])
def test_what_is_no_record_is_none(value):
    """Text of another form is not read."""
    assert tlsa.parse(value) is None


def test_records_stand_at_port_25():
    """Senders look below the mail exchanger's name."""
    assert tlsa.owner("mx1.host.example.") == "_25._tcp.mx1.host.example"
