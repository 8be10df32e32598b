"""Record data has one text form, whoever wrote it."""

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import presentation
from reconciler.model.presentation import BadRdata, absolute, canonical, quote, relative, strings, unquote, within

_LABELS = st.text(alphabet="abXY019-_*", min_size=1, max_size=70)
_DOTS = st.sampled_from(["", "."])
_NAMES = st.builds(lambda labels, dot: ".".join(labels) + dot, st.lists(_LABELS, max_size=5), _DOTS)
_OCTETS = st.integers(0, 300).map(str) | st.just("01")
_IPV6 = st.ip_addresses(v=6).map(str) | st.sampled_from(["::FFFF:1.2.3.4", "1::2::3", "::1%lo"])
_NUMBERS = st.integers(0, 70000).map(str) | st.sampled_from(["00", "01", ""])
_DATA = st.one_of(
    st.tuples(st.just("A"), st.lists(_OCTETS, min_size=3, max_size=5).map(".".join)),
    st.tuples(st.just("AAAA"), _IPV6),
    st.tuples(st.sampled_from(["CNAME", "NS", "PTR"]), _NAMES),
    st.tuples(st.just("MX"), st.builds("{} {}".format, _NUMBERS, _NAMES)),
    st.tuples(st.just("SRV"), st.builds("{} {} {}\t{}".format, _NUMBERS, _NUMBERS, _NUMBERS, _NAMES)),
    st.tuples(st.just("TXT"), st.text(alphabet='ab "\\;09', max_size=12).map('"{}"'.format)),
)


@given(_DATA)
def test_the_short_way_says_what_dnspython_says(data):
    """The patterns for common data accept nothing that dnspython refuses, and write it the same."""
    rtype, text = data
    try:
        quick = presentation._quick(rtype, text, "example.org")
    except BadRdata:
        quick = None
    if quick is not None:
        assert quick == presentation._careful(rtype, text, "example.org")


@given(_DATA)
def test_the_form_is_its_own(data):
    """Bringing data into the form twice is bringing it there once."""
    rtype, text = data
    try:
        once = canonical(rtype, text, "example.org")
    except BadRdata:
        return
    assert canonical(rtype, strings(once) if rtype == "TXT" else once) == once


@given(st.binary(max_size=600))
def test_texts_survive_quoting_and_cutting(data):
    """Any octets come back, and no string of a zone file is longer than 255."""
    value = quote(data)
    assert unquote(value) == data
    read = dns.rdata.from_text("IN", "TXT", strings(value))
    assert b"".join(read.strings) == data
    assert all(len(each) <= 255 for each in read.strings)


@pytest.mark.parametrize("name", ["example.org", "www.example.org", "a.b.example.org", "example.net", "xexample.org"])
def test_relative_names_mean_what_they_meant(name):
    """A name written under an origin is read as the same name."""
    assert absolute(relative(name, "example.org"), "example.org") == name


def test_an_escaped_dot_is_no_border():
    r"""`a\.example.org` is one label in `org`, not a name below `example.org`."""
    assert not within("a\\.example.org", "example.org")
    assert within("a\\.b.example.org", "example.org")
    assert not within("xexample.org", "example.org")


@pytest.mark.parametrize("value", ["10 müller.example.", "10 xn--mller-kva.example."])
def test_international_names_become_a_labels(value):
    """A name may be written with its letters."""
    assert canonical("MX", value) == "10 xn--mller-kva.example."
