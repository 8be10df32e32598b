"""Records of messages are read as dnspython reads them, and what is no message is told."""

import dns.message
import dns.name
import dns.rdata
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.presentation import canonical
from reconciler.providers.rfc2136.walk import BadMessage, Walker, type_text

_LABELS = st.one_of(
    st.binary(min_size=1, max_size=63),
    st.sampled_from([b"www", b"WWW", b"*", b"_dmarc", b"xn--mller-kva", b"a.b", b"\\", b'"', b"mail", b"Mail"]),
)
_NAMES = st.lists(_LABELS, max_size=3).map(lambda labels: dns.name.Name((*labels, b"Example", b"ORG", b"")))
_U8, _U16, _U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 31))
_STRINGS = st.lists(st.binary(max_size=255), min_size=1, max_size=3)


def _wire(*parts: bytes) -> bytes:
    return b"".join(parts)


def _number(strategy, size):
    return strategy.map(lambda number: number.to_bytes(size, "big"))


_NAME_WIRES = st.one_of(_NAMES, st.just(dns.name.root)).map(lambda name: name.to_wire())
_DATA = st.one_of(
    st.tuples(st.just("A"), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just("AAAA"), st.binary(min_size=16, max_size=16)),
    st.tuples(st.sampled_from(["NS", "CNAME", "PTR", "DNAME"]), _NAME_WIRES),
    st.tuples(st.just("MX"), st.builds(_wire, _number(_U16, 2), _NAME_WIRES)),
    st.tuples(st.just("SRV"), st.builds(_wire, *[_number(_U16, 2)] * 3, _NAME_WIRES)),
    st.tuples(st.sampled_from(["TXT", "SPF"]), _STRINGS.map(lambda all_: b"".join(bytes([len(s)]) + s for s in all_))),
    st.tuples(st.just("SOA"), st.builds(_wire, _NAME_WIRES, _NAME_WIRES, *[_number(_U32, 4)] * 5)),
    st.tuples(st.just("CAA"), st.builds(lambda flags, value: bytes([flags, 5]) + b"issue" + value, _U8, st.binary())),
    st.tuples(st.just("TLSA"), st.binary(min_size=32, max_size=32).map(lambda digest: b"\3\1\1" + digest)),
    st.tuples(st.just("TYPE65280"), st.binary(max_size=20)),
)


@st.composite
def _messages(draw):
    """A message, whose names dnspython compresses."""
    message = dns.message.QueryMessage(id=1)
    message.flags |= 0x8000
    if draw(st.booleans()):
        message.find_rrset(message.question, draw(_NAMES), 1, 252, create=True)
    for owner, (rtype, data), ttl in draw(st.lists(st.tuples(_NAMES, _DATA, _U32), max_size=8)):
        rdata = dns.rdata.from_wire("IN", rtype, data, 0, len(data))
        message.answer.append(dns.rrset.from_rdata(owner, ttl, rdata))
    return message.to_wire()


def _by_dnspython(wire):
    """What dnspython finds in it."""
    for rrset in dns.message.from_wire(wire, one_rr_per_rrset=True).answer:
        owner = rrset.name.canonicalize().to_text(omit_final_dot=True)
        rtype = type_text(rrset.rdtype)
        for rdata in rrset:
            yield owner, rtype, rrset.ttl, canonical(rtype, rdata.to_text())


@given(_messages())
@settings(max_examples=80)
def test_every_record_is_read_as_dnspython_reads_it(wire):
    """Owner, type, TTL and data are the same, whatever is compressed, escaped or of an unknown type."""
    walker = Walker(wire)
    found = [(row.owner, type_text(row.type), row.ttl, walker.value(row)) for row in walker.rows()]
    assert found == list(_by_dnspython(wire))


@given(_messages())
@settings(max_examples=25)
def test_the_hosts_own_octets_are_kept(wire):
    """The raw form of a record is the record, with upper case and the cut of its strings."""
    walker = Walker(wire)
    theirs = [rdata for rrset in dns.message.from_wire(wire, one_rr_per_rrset=True).answer for rdata in rrset]
    assert [walker.rdata(row).to_wire() for row in walker.rows()] == [rdata.to_wire() for rdata in theirs]


@given(_messages(), st.data())
@settings(max_examples=60)
def test_a_damaged_message_is_told(wire, data):
    """A message cut off, or with an octet changed, is read or told to be bad: nothing else happens."""
    at = data.draw(st.integers(0, len(wire) - 1))
    octet = data.draw(_U8)
    for damaged in (wire[:at], wire[:at] + bytes([octet]) + wire[at + 1 :]):
        walker = Walker(damaged)
        try:
            for row in walker.rows():
                walker.value(row)
        except BadMessage:
            continue
        assert damaged != wire[:at], "a cut message is told"


def test_a_record_that_breaks_its_own_rules_does_not_break_the_zone():
    """Somebody else's TLSA of a wrong length, which servers take, is read as plain octets (RFC 3597)."""
    row = b"\1x\0" + b"\0\x34\0\1\0\0\1\x2c\0\4" + b"\3\1\1\xff"
    walker = Walker(b"\0" * 6 + b"\0\1" + b"\0" * 4 + row)
    (found,) = walker.rows()
    assert (found.owner, walker.value(found)) == ("x", "\\# 4 030101ff")


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (b"\0" * 11, "shorter than its head"),
        (b"\0" * 6 + b"\0\1" + b"\0" * 4 + b"\xc0\x0c" + b"\0\1\0\1\0\0\0\0\0\0", "points to what is not before it"),
        (b"\0" * 6 + b"\0\1" + b"\0" * 4 + b"\x40a\0" + b"\0\1\0\1\0\0\0\0\0\0", "longer than it can be"),
        (b"\0" * 12 + b"x", "does not end where its records do"),
    ],
)
def test_what_is_wrong_is_named(wire, words):
    """A loop of pointers, a reserved kind of label, and octets behind the end have their own words."""
    with pytest.raises(BadMessage, match=words):
        list(Walker(wire).rows())
