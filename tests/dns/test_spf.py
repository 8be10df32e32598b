"""One SPF record, several owners."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dns import spf

_TERMS = st.sampled_from(
    [
        "mx", "a", "+mx", "?a:x.example", "include:a.example", "include:B.example", "ip4:192.0.2.1", "ip4:192.0.2.1/32",
        "ip6:2001:db8::/32", "exists:%{I}.x.example", "ptr", "exp=why.example", "unknown=1", "redirect=z.example",
    ]
)  # fmt: skip


@st.composite
def _records(draw):
    last = draw(st.sampled_from(["", "-all", "~all", "?all", "+all", "all"]))
    words = [*draw(st.lists(_TERMS, max_size=4)), last, *draw(st.lists(_TERMS, max_size=2))]
    return " ".join(["v=spf1", *(word for word in words if word)])


@given(_records())
def test_reading_and_writing_is_the_identity(record):
    """A record is written as it was read, whatever is in it."""
    assert spf.format(spf.parse(record)) == record


@given(_records(), _records())
def test_foreign_terms_survive_in_order(foreign, ours):
    """All that others put there is there after merging, in its order; `all` alone may become stricter."""
    merged = [term.text for term in spf.parse(spf.merge(foreign, None, ours))]
    kept = iter(merged)
    for term in spf.parse(foreign):
        if term.name != "all":
            assert term.text in kept


@settings(max_examples=300)
@given(_records(), _records())
def test_merging_twice_is_merging_once(foreign, ours):
    """The next plan finds nothing to do."""
    merged, mine = spf.merge(foreign, None, ours), spf.contribution(foreign, None, ours)
    assert spf.merge(merged, mine, ours) == merged
    assert spf.contribution(merged, mine, ours) == mine


@settings(max_examples=300)
@given(_records(), _records())
def test_letting_go_gives_the_foreign_record_back(foreign, ours):
    """What we put in is what we take out."""
    merged, mine = spf.merge(foreign, None, ours), spf.contribution(foreign, None, ours)
    assert spf.without(merged, mine) == (foreign if spf.parse(foreign) else None)


@settings(max_examples=300)
@given(_records(), _records(), _records())
def test_a_change_of_ours_leaves_no_trace_of_the_last(foreign, first, second):
    """Changing our terms ends with the terms that merging the new ones at once would have given."""
    merged, mine = spf.merge(foreign, None, first), spf.contribution(foreign, None, first)
    assert _meaning(spf.merge(merged, mine, second)) == _meaning(spf.merge(foreign, None, second))


def _meaning(record):
    return sorted(term.norm for term in spf.parse(record))


def test_terms_that_others_put_behind_ours_are_no_reason_to_write() -> None:
    """A record that has all of our terms stays as it is, in the order somebody else gave it."""
    assert spf.merge("v=spf1 mx include:later.example ~all", "v=spf1 mx ~all", "v=spf1 mx ~all") == (
        "v=spf1 mx include:later.example ~all"
    )


@pytest.mark.parametrize(
    ("existing", "former", "ours", "merged"),
    [
        (None, None, "v=spf1 mx -all", "v=spf1 mx -all"),
        ("v=spf1", None, "v=spf1 mx -all", "v=spf1 mx -all"),
        ("v=spf1 a", None, "v=spf1 mx -all", "v=spf1 a mx -all"),
        ("v=spf1 a exp=x.example", None, "v=spf1 mx -all", "v=spf1 a mx -all exp=x.example"),
        ("v=spf1 a redirect=x.example", None, "v=spf1 mx -all", "v=spf1 a mx redirect=x.example"),
        ("v=spf1 a ~all", None, "v=spf1 mx -all", "v=spf1 a mx -all"),
        ("v=spf1 a -all", None, "v=spf1 mx ~all", "v=spf1 a mx -all"),
        ("v=spf1 mx a ~all", "v=spf1 mx ~all", "v=spf1 mx ?all", "v=spf1 a mx ?all"),
        ("v=spf1 mx a -all", "v=spf1 mx -all replaced=~all", "v=spf1 mx ?all", "v=spf1 a mx ~all"),
        ("v=spf1 MX A:Host.Example -all", None, "v=spf1 +mx a:host.example -all", "v=spf1 MX A:Host.Example -all"),
        ("V=SPF1 a ~all", None, "v=spf1 mx ~all", "v=spf1 a mx ~all"),
        ("google-site-verification=x", None, "v=spf1 mx ~all", "v=spf1 mx ~all"),
    ],
)
def test_merging_follows_the_table(existing, former, ours, merged):
    """Each row of the module's truth table."""
    assert spf.merge(existing, former, ours) == merged


def test_terms_that_ask_the_dns_are_counted():
    """Receivers stop after ten questions; addresses and `all` ask none (RFC 7208 §4.6.4)."""
    assert spf.lookups("v=spf1 mx a:x include:y ptr exists:z ip4:192.0.2.1 redirect=w exp=e -all") == 6


def test_several_records_become_one():
    """Two records, which receivers ignore, become one with every term once."""
    assert spf.folded(["v=spf1 mx ~all", "v=spf1 mx include:x -all"]) == "v=spf1 mx include:x -all"
