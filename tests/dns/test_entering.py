"""What a person is told to enter at a DNS host that nobody else can write to."""

import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns.entering import entry_lines
from reconciler.model.presentation import canonical, quote
from reconciler.model.rrsets import RRset, RRsetChange
from tests.dns.zones import ZONE

MX = RRset(ZONE, "MX", 3600, ("10 mail.example.org.", "20 mx.example.net."))


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (None, MX, ("add: @ 3600 IN MX 10 mail.example.org.", "add: @ 3600 IN MX 20 mx.example.net.")),
        (MX, None, ("remove: @ 3600 IN MX 10 mail.example.org.", "remove: @ 3600 IN MX 20 mx.example.net.")),
        (
            MX,
            RRset(ZONE, "MX", 3600, ("10 mail.example.org.", "30 new.example.net.")),
            ("remove: @ 3600 IN MX 20 mx.example.net.", "add: @ 3600 IN MX 30 new.example.net."),
        ),
        (
            MX,
            RRset(ZONE, "MX", 300, ("10 mail.example.org.", "30 new.example.net.")),
            (
                "remove: @ 3600 IN MX 20 mx.example.net.",
                "change the TTL to 300: @ 300 IN MX 10 mail.example.org.",
                "add: @ 300 IN MX 30 new.example.net.",
            ),
        ),
        (
            None,
            RRset(f"s1._domainkey.{ZONE}", "TXT", 60, (quote("v=DKIM1; p=" + "A" * 300),)),
            (f'add: s1._domainkey 60 IN TXT "v=DKIM1; p={"A" * 244}" "{"A" * 56}"',),
        ),
        (MX, MX, ()),
    ],
)
def test_each_value_that_changes_is_a_line(before, after, lines):
    """Values that go, stay with another TTL, or come are lines of a zone file; what stays as it is, is none."""
    assert entry_lines(RRsetChange(before, after), ZONE) == lines


_texts = st.sets(st.one_of(st.sampled_from(['"one"', '"two"']), st.binary(max_size=300).map(quote)), max_size=3)
_rrsets = st.builds(
    lambda texts, ttl: RRset(f"a.{ZONE}", "TXT", ttl, tuple(sorted(texts))) if texts else None,
    _texts,
    st.sampled_from([60, 300]),
)


@given(_rrsets, _rrsets)
def test_who_does_as_told_has_what_was_planned(before, after):
    """The lines, carried out on a zone file that dnspython reads, make the planned rrset of the one that was there."""
    held = {} if before is None else dict.fromkeys(before.values, before.ttl)
    for line in entry_lines(RRsetChange(before, after), ZONE):
        word, _, record = line.partition(": ")
        ttl, value = _read(record)
        if word == "remove":
            assert held.pop(value) == ttl
        elif word == "add":
            assert value not in held
            held[value] = ttl
        else:
            assert ttl == int(word.rpartition(" ")[2]) != held[value]
            held[value] = ttl
    assert held == ({} if after is None else dict.fromkeys(after.values, after.ttl))


def _read(record):
    """TTL and data of a zone-file line, as dnspython reads it."""
    assert record.startswith("a ")
    parsed = dns.zone.from_text(record, ZONE, check_origin=False, relativize=False)
    ((_, ttl, data),) = parsed.iterate_rdatas()
    return ttl, canonical(dns.rdatatype.to_text(data.rdtype), data.to_text(), ZONE)
