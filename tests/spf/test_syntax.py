"""The grammar of RFC 7208 §12: what is read, what is refused, and where the message points."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.dns import spf
from tests.spf.world import oracle, world

_LABEL = st.sampled_from(
    ["mail", "a-b", "x", "123", "-a", "b-", "foo_bar", "xn--zckzah", "com", "", "1a", "a:b", "c/d"]
)
_MACRO = st.builds(
    "%{{{}{}{}{}}}".format,
    st.sampled_from("slodivhSLODIVH"),
    st.sampled_from(["", "1", "2", "12"]),
    st.sampled_from(["", "r"]),
    st.sampled_from(["", ".", "-", "+-", ",/_="]),
)
_PIECE = st.one_of(_LABEL, _LABEL, _MACRO, st.sampled_from(["%%", "%_", "%-", "%", "%{c}", "%{z}", "%x", "é"]))
_SPEC = st.lists(st.builds(str.__add__, _PIECE, st.sampled_from([".", ".", ""])), max_size=4).map("".join)
_ADDRESS = st.sampled_from(
    ["192.0.2.1", "192.0.2", "192.0.2.256", "192.0.02.1", "2001:db8::1", "::", "::192.0.2.1", "1::2::3", "fe80::1%eth0"]
)
_LENGTH = st.sampled_from(
    ["", "", "/0", "/8", "/32", "/33", "/032", "/128", "/129", "//64", "//129", "/24//48", "/24/48"]
)
_MECHANISM = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "+", "-", "?", "~", "!", "--"]),
    st.sampled_from(
        ["a", "mx", "ptr", "all", "include", "exists", "ip4", "ip6", "A", "Ip4", "moo", "redirect", "all."]
    ),
    st.one_of(st.just(""), st.builds(str.__add__, st.just(":"), st.one_of(_SPEC, _ADDRESS))),
    _LENGTH,
)
#: Terms of which pyspf thinks otherwise than the grammar: see test_where_pyspf_reads_the_standard_otherwise.
_PYSPF_ERRS = re.compile(r".*%%(?:/.*)?|.*%%%.*|[+?~-]exists")
_MODIFIER = st.builds("{}={}".format, st.sampled_from(["exp", "redirect", "x.y-z_1", "1x", "x/y", ""]), _SPEC)


@settings(max_examples=1200, deadline=None)
@given(st.one_of(_MECHANISM, _MECHANISM, _MODIFIER))
def test_a_term_is_refused_where_pyspf_refuses_it(term):
    """Whatever a term is made of, it is an error for both or for neither."""
    assume(not _PYSPF_ERRS.fullmatch(term))
    names = world({"example.org": {"TXT": [f"v=spf1 ?all {term}"]}})
    ours = spf.check_host("192.0.2.1", "example.org", "user@example.org", names).result
    assert ours == oracle(names, "192.0.2.1", "user@example.org", "mail.example.com"), term


@pytest.mark.parametrize(
    ("record", "column", "why"),
    [
        ("v=spf1 mx  ip4:192.0.2.1/33", 16, "a prefix of 33 bits is longer than the address, which has 32"),
        ("v=spf1 ipv4:192.0.2.1", 8, "there is no such mechanism; ip4 may be meant"),
        ("v=spf1 a:192.0.2.1 -all", 10, "'192.0.2.1' is an address and no name: that is written ip4:192.0.2.1"),
        ("v=spf1 a:example.org,", 10, "'example.org,' does not end in a dot and a top-level domain"),
        ("v=spf1 include -all", 8, "include needs a domain name behind a colon"),
        ("v=spf1 redirect:x.example", 8, "redirect is written with an equals sign"),
        ("v=spf1 exists:%{i}.%a.example", 20, "'%a.e' does not begin a macro; a percent sign is written %%"),
        ("v=spf1 exp=%{c}.example", 12, "the macro %{c} is for explanations only"),
        ("v=spf1 exp=a.example -all exp=b.example", 27, "exp= may stand in a record once"),
        ("v=spf1 a:caf\xe9.example", 13, "the character 'é' can not stand there"),
        ("v=spf1 mx\n", 8, "there is no such mechanism"),
    ],
)
def test_an_error_names_the_term_and_its_column(record, column, why):
    """The message can be acted on: which word, where, and what is wrong with it."""
    with pytest.raises(spf.BadSpf) as caught:
        spf.read(record)
    assert caught.value.column == column
    assert str(caught.value) == f"{caught.value.term!r} in column {column}: {why}"
    assert caught.value.term in record


def test_what_is_read():
    """Directives with their qualifier, name, network and prefixes; modifiers apart; unknown ones kept by name."""
    record = spf.read("V=spf1 ~MX:m.example/24//64 -ip4:192.0.2.9/24 X-y=1 redirect=r.example exp=e.example ")
    mx, ip4 = record.directives
    assert (mx.qualifier, mx.name, mx.domain.text, mx.prefixes) == ("~", "mx", "m.example", (24, 64))
    assert (ip4.qualifier, str(ip4.network)) == ("-", "192.0.2.0/24")
    assert (record.redirect.text, record.explanation.text, record.unknown) == ("r.example", "e.example", ("x-y",))


def test_redirect_is_not_read_beside_all():
    """Wherever `all` stands (RFC 7208 §6.1)."""
    assert spf.read("v=spf1 redirect=r.example -all").redirect is None
