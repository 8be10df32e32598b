"""What a record means for all senders at once: who may send, what it costs, and what flattening makes of it."""

import ipaddress
import time

import pytest
from hypothesis import assume, given, settings

from reconciler.dns import spf
from tests.spf.strategies import IPS, STATIC, records, zone
from tests.spf.world import FAILED, UNKNOWN, World, oracle, world

_ERRORS = {"permerror", "temperror"}
#: Results that leave it open whether the message is the domain's.
_SETTLED = (spf.Result.PASS, spf.Result.FAIL, spf.Result.SOFTFAIL, spf.Result.NEUTRAL)


def holding(networks, ip):
    """Whether an address is in one of the networks."""
    address = ipaddress.ip_address(ip)
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in networks)


def _by_message(record):
    """Whether a message and not only its client decides what a record says."""
    return any(mark in record for mark in ("ptr", "listed", "%"))


@settings(max_examples=60, deadline=None)
@given(STATIC)
def test_whoever_is_said_to_pass_passes(record):
    """For each address the result that the survey has is the one pyspf has."""
    names = zone(example_org=record)
    seen = spf.survey("example.org", names)
    networks = {result: seen.networks(result) for result in _SETTLED}
    assert not seen.open
    for ip in IPS:
        theirs = oracle(names, ip, "user@example.org")
        if theirs not in _ERRORS:
            said = [result for result in _SETTLED if holding(networks[result], ip)]
            assert said == [theirs], (record, ip)


@settings(max_examples=50, deadline=None)
@given(records(most=14))
def test_a_cost_that_is_an_error_is_one_for_somebody(record):
    """No false alarm: where the cost is an error, pyspf has that error for at least one client.

    Terms that only a message decides may find nothing, and stop a receiver with another error before.
    """
    names = zone(example_org=record)
    trouble = spf.survey("example.org", names).trouble
    if trouble:
        results = {oracle(names, ip, "user@example.org") for ip in IPS}
        assert trouble.result in results or (_by_message(record) and results & _ERRORS), record


@settings(max_examples=50, deadline=None)
@given(records(most=14))
def test_a_cost_without_an_error_lets_every_sender_through(record):
    """No missed alarm: where the cost is no error, no client that may send has one, nor have all the strangers."""
    names = zone(example_org=record)
    assume(not _by_message(record))
    seen = spf.survey("example.org", names)
    if seen.trouble:
        return
    passing = seen.networks()
    results = {ip: oracle(names, ip, "user@example.org") for ip in IPS}
    assert not [ip for ip, result in results.items() if result in _ERRORS and holding(passing, ip)], record
    assert not {results["203.0.113.200"], results["2001:db8:77::1"]} <= _ERRORS, record


@pytest.mark.parametrize(
    ("record", "lookups", "voids", "error"),
    [
        ("v=spf1 -all", 0, 0, ""),
        ("v=spf1 a mx:mx.example.org include:plain.example ip4:192.0.2.1 exists:%{i}.x.example -all", 4, 1, ""),
        ("v=spf1 include:nested.example ~all", 6, 3, "permerror: 3 questions find nothing"),
        ("v=spf1 redirect=away.example", 2, 0, ""),
        ("v=spf1 all include:gone.example", 0, 0, ""),
        ("v=spf1 ip4:0.0.0.0/0 ip6:::/0 include:gone.example", 0, 0, ""),
        ("v=spf1 a:g1.example a:g2.example -all", 2, 2, ""),
        ("v=spf1 a:g1.example a:g2.example mx:g3.example -all", 3, 3, "permerror: 3 questions find nothing, and recei"),
        (f"v=spf1{' a' * 11} -all", 11, 0, "permerror: 11 terms ask the DNS, and receivers stop after 10"),
        ("v=spf1 include:example.org", 1, 0, "permerror: include:example.org of example.org leads back to the record"),
        ("v=spf1 include:gone.example", 1, 1, "permerror: include:gone.example of example.org: gone.example has no"),
        ("v=spf1 mx:many.example", 1, 0, "permerror: mx:many.example of example.org leads to 11 hosts, and receivers"),
        ("v=spf1 a:silent.example -all", 1, 0, "temperror: silent.example A: no answer: the server does not answer"),
        ("v=spf1 a:g1.example a:g2.example a:g3.example a:silent.example", 4, 3, "permerror: 3 questions find nothing"),
        ("v=spf1 ip4:1.2.3", 0, 0, "permerror: example.org: 'ip4:1.2.3' in column 12: '1.2.3' is not an IPv4 address"),
    ],
)
def test_the_cost_counts_what_a_receiver_asks_at_worst(record, lookups, voids, error):
    """Lookups of included records too, none of those that no message reaches; the error says which record and term."""
    seen = spf.survey("example.org", zone(example_org=record))
    assert (seen.lookups, seen.voids) == (lookups, voids)
    told = f"{seen.trouble.result}: {seen.trouble.reason}" if seen.trouble else ""
    assert told.startswith(error)
    assert bool(told) == bool(error)


def test_hosts_without_ipv6_are_void_only_to_senders_with_it():
    """Three hosts with IPv4 alone are no error, unless something behind them permits IPv6 (RFC 7208 §4.6.4)."""
    hosts = "a:host4.example a:host4.example mx:hosts4.example"
    both = {"hosts4.example": {"MX": ["1 host4.example."]}}
    narrow = world({**zone(example_org=f"v=spf1 {hosts} -all").names, **both})
    wide = world({**zone(example_org=f"v=spf1 {hosts} ip6:2001:db8:5::/48 -all").names, **both})
    assert spf.survey("example.org", narrow).voids == 0
    assert spf.survey("example.org", wide).voids == 3
    assert oracle(wide, "2001:db8:5::1", "user@example.org") == "permerror"


def test_a_domain_without_a_record_costs_nothing():
    """Nor does it permit anybody."""
    names = world({"example.org": {"TXT": ["hello"]}})
    seen = spf.survey("example.org", names)
    assert (seen.found, seen.lookups, seen.trouble, seen.networks()) == (False, 0, None, ())


def test_what_is_not_known_is_said_and_all_of_it_asked_for():
    """Every question that does not hang on a missing answer is put in the first round."""
    record = "v=spf1 a:one.example mx:two.example include:three.example exists:four.example -all"
    questions = {("one.example", "A"), ("one.example", "AAAA"), ("two.example", "MX"), ("three.example", "TXT")}
    questions.add(("four.example", "A"))
    names = world({"example.org": {"TXT": [record]}}, unknown=frozenset(questions))
    seen = spf.survey("example.org", names)
    assert questions <= set(names.asked)
    assert seen.unknown == "one.example A: not looked up: nobody is asked"
    assert (seen.lookups, seen.voids, seen.trouble) == (4, 0, None)


def test_neighbours_are_told_as_one_network():
    """The fewest networks: halves of one are the whole."""
    names = zone(example_org="v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 ip6:2001:db8::2 ip6:2001:db8::3 -all")
    assert [str(each) for each in spf.survey("example.org", names).networks()] == ["192.0.2.0/24", "2001:db8::2/127"]


def test_two_surveys_tell_exactly_who_passes_no_more():
    """What passes in one and not in the other, as the fewest networks."""
    before = spf.survey("example.org", zone(example_org="v=spf1 ip4:192.0.2.0/24 ?mx -all"))
    after = spf.survey("example.org", zone(example_org="v=spf1 -ip4:192.0.2.64/26 ip4:192.0.2.0/25 a -all"))
    assert [str(each) for each in (before.passing - after.passing).networks] == ["192.0.2.64/26", "192.0.2.128/25"]
    assert [str(each) for each in (after.passing - before.passing).networks] == ["2001:db8::1/128"]
    assert not before.passing - before.passing


def test_terms_of_an_include_count_by_what_the_include_says():
    """What only a message decides gets the qualifier of the include that leads to it."""
    refusing = "v=spf1 -exists:%{i}.bad.example include:listed.example -all"  # what it refuses does not match outside
    names = zone(example_org="v=spf1 ?include:more.example -all", more_example=refusing)
    terms = [(each.result, each.text, each.domain) for each in spf.survey("example.org", names).open]
    assert terms == [
        ("neutral", "exists:%{ir}.list.example", "listed.example"),
        ("neutral", "ptr:host4.example", "listed.example"),
    ]


@settings(max_examples=50, deadline=None)
@given(STATIC)
def test_a_flattened_record_judges_as_before(record):
    """Every address gets the same result, with fewer lookups; flattening twice is flattening once."""
    names = zone(example_org=record)
    flat = spf.flatten(record, "example.org", names)
    put = zone(example_org=flat.text)
    for ip in IPS:
        theirs = oracle(names, ip, "user@example.org")
        if theirs not in _ERRORS:
            assert oracle(put, ip, "user@example.org") == theirs, (record, flat.text, ip)
    assert spf.lookups(flat.text) <= spf.lookups(record)
    assert "include:" not in flat.text or flat.kept
    assert spf.flatten(flat.text, "example.org", names).text == flat.text


def test_flattening_takes_includes_and_leaves_the_rest():
    """Neighbours give one set of networks, the fewest; the text stays a record of ours."""
    record = "v=spf1 mx include:plain.example include:away.example ?include:plain.example exists:%{i}.x.example ~all"
    flat = spf.flatten(record, "example.org", zone(example_org=record))
    assert flat.text == (
        "v=spf1 mx ip4:192.0.2.0/28 ip4:192.0.2.16 ip4:192.0.2.18/31 ip4:192.0.2.20/30 ip4:192.0.2.24/29 "
        "ip4:203.0.113.0/29 ip6:2001:db8::/126 ?ip4:192.0.2.0/28 ?ip4:192.0.2.16 ?ip4:192.0.2.18/31 "
        "?ip4:192.0.2.20/30 ?ip4:192.0.2.24/29 ?ip6:2001:db8::/126 exists:%{i}.x.example ~all"
    )
    assert flat.kept == ()
    assert flat.warning == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("listed.example", "addresses can not tell exists:%{ir}.list.example of listed.example, ptr:host4.example of"),
        ("broken.example", "'192.0.2' is not an IPv4 address"),
        ("gone.example", "gone.example has no SPF record"),
        ("%{l}.example", "addresses can not tell include:%{l}.example of example.org"),
    ],
)
def test_an_include_that_addresses_can_not_tell_stays(name, why):
    """It is kept as it is, and the reason is said."""
    record = f"v=spf1 include:{name} include:plain.example -all"
    flat = spf.flatten(record, "example.org", zone(example_org=record))
    assert f" include:{name} " in flat.text
    assert "include:plain.example" not in flat.text
    assert [why in reason for reason in flat.kept] == [True]


@pytest.mark.parametrize("missing", [UNKNOWN, FAILED])
def test_nothing_is_flattened_on_an_answer_that_is_missing(missing):
    """A server that is silent for a moment must not change what is published."""
    names = zone(example_org="")
    answers = {("plain.example", "TXT"): missing}

    class Partly:
        def ask(self, name, rtype):
            return answers.get((name, rtype)) or names.ask(name, rtype)

    assert spf.flatten("v=spf1 include:plain.example -all", "example.org", Partly()) is None


def test_a_record_that_flattening_makes_too_long_is_told():
    """Above 512 octets an answer needs TCP; the size is that of the real message."""
    import dns.message
    import dns.rrset

    networks = " ".join(f"ip4:192.0.{n}.77" for n in range(0, 80, 2))
    names = world({"big.example": {"TXT": [f"v=spf1 {networks} -all"]}})
    flat = spf.flatten("v=spf1 include:big.example -all", "example.org", names)
    assert "40 networks" in flat.warning
    assert "512" in flat.warning
    answer = dns.message.make_response(dns.message.make_query("example.org.", "TXT"))
    strings = " ".join(f'"{flat.text[at : at + 255]}"' for at in range(0, len(flat.text), 255))
    answer.answer = [dns.rrset.from_text("example.org.", 300, "IN", "TXT", strings)]
    assert len(answer.to_wire()) == flat.octets


def test_a_domain_costs_less_than_a_millisecond():
    """Plans have thousands of domains: a usual record, answers at hand."""
    networks = " ".join(f"ip4:198.18.{n}.0/27" for n in range(30))
    names = zone(
        example_org="v=spf1 mx a include:plain.example include:big.example ~all", big_example="v=spf1 " + networks
    )
    view = _Remembered(names)
    best = min(_timed(view) for _ in range(20))
    assert best < 0.005, "five times what is allowed: the machine may be busy"


class _Remembered:
    def __init__(self, names: World):
        self.names, self.had = names, {}

    def ask(self, name, rtype):
        if (name, rtype) not in self.had:
            self.had[name, rtype] = self.names.ask(name, rtype)
        return self.had[name, rtype]


def _timed(view):
    start = time.process_time()
    spf.survey("example.org", view).networks()
    return time.process_time() - start
