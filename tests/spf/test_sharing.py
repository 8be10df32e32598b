"""What a shared record means: nobody whom one of its owners lets send is turned away, as pyspf sees it."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.dns import spf
from tests.spf.strategies import IPS, QUALIFIERS, zone
from tests.spf.world import oracle

_TERMS = st.sampled_from(
    ["a", "mx", "a:mx.example.org", "ip4:203.0.113.0/29", "ip4:198.51.100.0/24", "ip6:2001:db8:5::/48", "a/24//64",
     "include:plain.example", "include:away.example", "ip4:192.0.2.16/29", "exists:host4.example"]
)  # fmt: skip
_END = st.sampled_from(["", "-all", "~all", "?all", "all", "redirect=plain.example", "redirect=away.example"])
_MORE = st.sampled_from(["", "", "x=1", "exp=why.example", "exp=how.example"])


@st.composite
def _records(draw, qualifiers=QUALIFIERS):
    words = draw(st.lists(st.builds(str.__add__, qualifiers, _TERMS), max_size=3))
    behind = draw(st.lists(_TERMS, max_size=1))
    return " ".join(word for word in ("v=spf1", *words, draw(_END), draw(_MORE), *behind) if word)


_OURS = _records(st.just(""))


def judged(record, ip):
    """Pyspf's result for a client, by a record at example.org."""
    return oracle(_zone(record), ip, "user@example.org")


def _zone(record):
    names = zone(example_org=record)
    names.names["example.org"]["MX"] = ["10 mx.example.org."]  # of both families, so that no question finds nothing
    return names


def named(record):
    """The record without the terms for everyone else: `all`, and what stands behind it."""
    terms = spf.parse(record)
    end = next((at for at, term in enumerate(terms) if term.name == "all"), len(terms))
    return spf.format([term for at, term in enumerate(terms) if at < end or term.modifier])


def closed(record):
    """As `named`, and without the way on to another record."""
    return spf.format([term for term in spf.parse(named(record)) if term.name != "redirect"])


def expected(record):
    """As `named`; where the record has `all`, a redirect in it is not read."""
    has_all = any(term.name == "all" for term in spf.parse(record))
    return closed(record) if has_all else named(record)


@settings(max_examples=80, deadline=None)
@given(_records(), _OURS)
def test_whom_either_lets_send_may_send(foreign, ours):
    """Who passes by theirs passes still; who passes by ours does, unless a term of theirs says no."""
    merged = spf.merge(foreign, None, ours)
    assume(spf.survey("example.org", _zone(merged)).excess is None)
    for ip in IPS:
        result = judged(merged, ip)
        if judged(expected(foreign), ip) == "pass":
            assert result == "pass", (merged, ip)
        if judged(closed(foreign), ip) == "neutral" and judged(expected(ours), ip) == "pass":
            settled = any(term.qualifier == "?" for term in spf.parse(closed(foreign)))
            assert result == "pass" or settled, (merged, ip)


@settings(max_examples=300, deadline=None)
@given(_records(), _OURS, _OURS)
def test_a_shared_record_is_one_that_receivers_read(foreign, first, second):
    """Whatever is merged, then changed, then released: the grammar has it, and theirs comes back as it was."""
    merged, mine = spf.merge(foreign, None, first), spf.contribution(foreign, None, first)
    spf.read(merged)
    changed, changed_mine = spf.merge(merged, mine, second), spf.contribution(merged, mine, second)
    spf.read(changed)
    assert spf.merge(changed, changed_mine, second) == changed
    assert spf.without(changed, changed_mine) in (foreign, None)
    assert spf.without(merged, mine) in (foreign, None)


@settings(max_examples=150, deadline=None)
@given(_records(), _records())
def test_two_records_fold_into_one_that_receivers_read(one, other):
    """What was an error for everybody is a record again, with every mechanism that was reached in it."""
    folded = spf.folded([one, other])
    spf.read(folded)
    there = {term.norm for term in spf.parse(folded)}
    for record in (one, other):
        assert {term.norm for term in spf.parse(closed(record)) if not term.modifier} <= there, folded


@pytest.mark.parametrize(
    ("existing", "former", "ours", "merged"),
    [
        # redirect= is not read beside all, and stands once (§6, §6.1)
        ("v=spf1 a -all", None, "v=spf1 mx redirect=x.example", "v=spf1 a mx include:x.example -all"),
        ("v=spf1 redirect=a.example", None, "v=spf1 redirect=b.example", "v=spf1 include:b.example redirect=a.example"),
        ("v=spf1 redirect=a.example", None, "v=spf1 redirect=a.example", "v=spf1 redirect=a.example"),
        ("v=spf1 a", None, "v=spf1 -all redirect=b.example", "v=spf1 a -all"),
        ("v=spf1 a", None, "v=spf1 redirect=b.example", "v=spf1 a redirect=b.example"),
        # exp= stands once, and theirs was there first
        ("v=spf1 -all exp=a.example", None, "v=spf1 mx exp=b.example -all", "v=spf1 mx -all exp=a.example"),
        # what stands behind all is never reached (§5.1)
        ("v=spf1 -all mx", None, "v=spf1 mx -all", "v=spf1 mx -all mx"),
        ("v=spf1 -all mx", "v=spf1 mx -all", "v=spf1 mx -all", "v=spf1 mx -all"),
        # the same data in other words
        ("v=spf1 ip6:2001:DB8::1/128 a:H.example. ~all", None, "v=spf1 ip6:2001:db8::1 a:h.example ~all",
         "v=spf1 ip6:2001:DB8::1/128 a:H.example. ~all"),
        # what nobody knows stays, in its place
        ("v=spf1 foo:bar x=y -all", None, "v=spf1 mx -all", "v=spf1 foo:bar x=y mx -all"),
    ],
)  # fmt: skip
def test_what_the_standard_says_about_shared_terms(existing, former, ours, merged):
    """One case for each rule."""
    assert spf.merge(existing, former, ours) == merged
    mine = spf.contribution(existing, former, ours)
    assert spf.merge(merged, mine, ours) == merged
