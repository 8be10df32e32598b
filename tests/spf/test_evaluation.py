"""A receiver's verdict, as pyspf reaches it: on records that nobody thought of."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dns import spf
from tests.spf.strategies import IPS, SENDERS, records, zone
from tests.spf.world import UNKNOWN, oracle, world


def judged(names, ip, sender="user@example.org", helo="mail.example.org"):
    """Our verdict on mail from example.org."""
    return spf.check_host(ip, "example.org", sender, names, helo)


@settings(max_examples=400, deadline=None)
@given(records(), st.sampled_from(IPS), SENDERS, st.sampled_from(["host4.example", "[192.0.2.1]", "x y.example"]))
def test_every_record_is_judged_as_pyspf_judges_it(record, ip, sender, helo):
    """The same result for any record, client, sender and greeting, error by error."""
    names = zone(example_org=record)
    assert judged(names, ip, sender, helo).result == oracle(names, ip, sender, helo), record


@settings(max_examples=100, deadline=None)
@given(records(most=14), st.sampled_from(IPS))
def test_long_records_are_judged_as_pyspf_judges_them(record, ip):
    """The limits on lookups and on voids are reached at the same term; `redirect=` apart, which pyspf counts early."""
    names = zone(example_org=record.partition(" redirect=")[0])
    assert judged(names, ip).result == oracle(names, ip, "user@example.org"), record


@settings(max_examples=150, deadline=None)
@given(records(), st.sampled_from(IPS), st.data())
def test_what_is_not_known_yet_is_asked_for_and_then_known(record, ip, data):
    """Looking up what was missing and judging again ends, within the rounds that are allowed, with the true result."""
    names = zone(example_org=record)
    had = set()
    for _ in range(12):
        unknown = _Partly(names, had)
        result = judged(unknown, ip).result
        if not unknown.missing:
            break
        had |= unknown.missing
    assert result == judged(names, ip).result, record


class _Partly:
    """A view that knows some answers, and notes which others it was asked for."""

    def __init__(self, names, had):
        self.names, self.had, self.missing = names, had, set()

    def ask(self, name, rtype):
        if (name, rtype) in self.had:
            return self.names.ask(name, rtype)
        self.missing.add((name, rtype))
        return UNKNOWN


def test_an_answer_that_nobody_looked_up_is_not_a_verdict():
    """It is neither a pass nor an error; the reason names the question."""
    names = zone(example_org="v=spf1 a:host4.example +all")
    verdict = judged(world(names.names, unknown=frozenset({("host4.example", "A")})), "192.0.2.9")
    assert verdict.result is spf.Result.UNKNOWN
    assert "host4.example A" in verdict.reason


@pytest.mark.parametrize(
    ("record", "ip", "result", "reason"),
    [
        ("v=spf1 mx -all", "192.0.2.2", "pass", "mx in the record of example.org matches"),
        ("v=spf1 include:plain.example ~all", "192.0.2.17", "softfail", "~all in the record of example.org matches"),
        ("v=spf1 redirect=plain.example", "192.0.2.17", "fail", "-ip4:192.0.2.17 in the record of plain.example"),
        ("v=spf1 include:empty.example", "192.0.2.1", "permerror", "empty.example has no SPF record"),
        ("v=spf1 include:broken.example", "192.0.2.1", "permerror", "'192.0.2' is not an IPv4 address"),
        ("v=spf1 redirect=gone.example", "192.0.2.1", "permerror", "redirect=gone.example of example.org leads nowh"),
        ("v=spf1 a:silent.example", "192.0.2.1", "temperror", "silent.example A: no answer"),
        ("v=spf1 mx:many.example", "192.0.2.1", "permerror", "leads to 11 hosts; 10 are allowed"),
        ("v=spf1 a:g1.example a:g2.example a:g3.example", "192.0.2.1", "permerror", "g3.example A is the third"),
        (f"v=spf1{' a:host4.example' * 11}", "203.0.113.9", "permerror", "one too many: 10 are allowed"),
        ("v=spf1 ip4:192.0.2.1", "192.0.2.2", "neutral", "no term in the record of example.org matches"),
    ],
)
def test_the_reason_names_the_term(record, ip, result, reason):
    """A verdict says which term of whose record it comes from."""
    verdict = judged(zone(example_org=record), ip)
    assert verdict.result == result
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%{S}.example.net", "strong-bad%40email.example.com.example.net"),
        ("%{p}.example.net", "unknown.example.net"),
    ],
)
def test_macros_expand_as_in_the_examples_of_the_standard(spec, name):
    """RFC 7208 §7.4, for strong-bad@email.example.com from 192.0.2.3."""
    names = world({"email.example.com": {"TXT": [f"v=spf1 exists:{spec} -all"]}})
    spf.check_host("192.0.2.3", "email.example.com", "strong-bad@email.example.com", names)
    assert names.asked[-1] == (name.replace("@", "\\@"), "A")


def test_a_name_that_is_too_long_loses_labels_from_the_left():
    """Labels go until 253 octets are left (RFC 7208 §7.3)."""
    long = ".".join(["a" * 60] * 6)
    names = world({"example.org": {"TXT": [f"v=spf1 exists:{long}.%{{d}} -all"]}})
    judged(names, "192.0.2.3")
    assert names.asked[-1] == (".".join([*["a" * 60] * 3, "example.org"]), "A")


@pytest.mark.parametrize("domain", ["[192.0.2.1]", "host", "a..example", f"{'a' * 64}.example"])
def test_what_can_have_no_record_is_not_asked_for(domain):
    """Address literals, single labels and names that are none have no result, and no server hears of them (§4.3)."""
    names = world({})
    assert spf.check_host("192.0.2.1", domain, f"user@{domain}", names).result is spf.Result.NONE
    assert names.asked == []


def test_the_name_a_client_proves_is_the_macro_p():
    """Of the names that lead back to the client, its sender's domain comes first (RFC 7208 §7.3)."""
    names = world(
        {
            "example.org": {"TXT": ["v=spf1 exists:%{p}.seen.example -all"], "A": ["192.0.2.9"]},
            "a.example": {"A": ["192.0.2.9"]},
            "9.2.0.192.in-addr.arpa": {"PTR": ["a.example.", "example.org.", "liar.example."]},
            "example.org.seen.example": {"A": ["127.0.0.1"]},
        }
    )
    assert judged(names, "192.0.2.9").result is spf.Result.PASS


def test_where_pyspf_reads_the_standard_otherwise():
    """Known differences, each the standard's way here: they are left out of what is compared above."""
    cases = [
        # more than one unknown modifier of a name is no error: only redirect= and exp= stand once (§6)
        ("v=spf1 x=1 x=2 +all", "pass", "permerror"),
        # modifiers' names know no case (§4.6.1, RFC 5234 §2.3)
        ("v=spf1 REDIRECT=open.example", "pass", "neutral"),
        # a DNS error makes ptr not match (§5.5)
        ("v=spf1 ptr:example.org +all", "pass", "temperror"),
        # parts are joined with dots whatever they were split at (§7.3)
        ("v=spf1 exists:%{d1r.}.%{h-}.example +all", "pass", "pass"),
        # a macro asks for one part at least (§7.3)
        ("v=spf1 a:%{d0} +all", "permerror", "pass"),
        # %% may end a text (§7.1)
        ("v=spf1 moo=cow%% +all", "pass", "permerror"),
        # a macro that is begun is ended (§7.1)
        ("v=spf1 moo=%{d +all", "permerror", "pass"),
        # exists needs a name, also behind a qualifier (§5.7)
        ("v=spf1 ?exists +all", "permerror", "neutral"),
        # control characters stand nowhere (§7.1)
        ("v=spf1 moo=\t +all", "permerror", "pass"),
        # transformers are digits, then r, then delimiters (§7.1)
        ("v=spf1 a:%{dx} +all", "permerror", "pass"),
    ]
    names = zone(example_org="")
    for record, ours, theirs in cases:
        names = zone(example_org=record)
        names.names["77.2.0.192.in-addr.arpa"] = {"PTR": None}
        assert judged(names, "192.0.2.77").result == ours, record
        assert oracle(names, "192.0.2.77", "user@example.org") == theirs, record
