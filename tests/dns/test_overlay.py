"""What the DNS will answer once planned changes are made."""

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.dns.overlay import MAX_CNAMES, Asked, Overlay
from reconciler.dns.zonebase import ZoneBase
from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status
from reconciler.model.rrsets import RRset, ZoneContent
from tests.dns.zones import NAMES, QUESTIONS, USUAL, ZONE, changed_zones, changes_between, content, random_zone, zones
from tests.servers.fixtures import bind_server  # noqa: F401

_MX = RRset(ZONE, "MX", 3600, ("10 mail.example.org.",))
_MAIL = RRset(f"mail.{ZONE}", "A", 300, ("192.0.2.25",))


def _asked(rrsets, *, zone=ZONE):
    """A base that is asked question by question, as servers are: it is not known to be a whole zone."""
    return _one_by_one(ZoneContent(zone, {each.id: each for each in rrsets}))


def _one_by_one(zone):
    return ZoneBase({zone.zone: zone}).__call__


def _rrset(name, rtype, *values, ttl=300):
    return RRset(name, rtype, ttl, tuple(sorted(values)))


def _put(*rrsets):
    return {each.id: each for each in rrsets}


@given(changed_zones())
@settings(max_examples=60)
def test_changes_on_a_zone_answer_as_the_changed_zone(pair):
    """Laying changes on a zone and reading the zone after them are the same, for every question."""
    before, after = pair
    base = ZoneBase({ZONE: before})
    overlay, merged = Overlay(base, changes_between(before, after)), Overlay(ZoneBase({ZONE: after}))
    for question in QUESTIONS:
        one, other = overlay.ask(*question), merged.ask(*question)
        assert (one.status, one.values, one.ttl, one.chain) == (other.status, other.values, other.ttl, other.chain)
    untouched = Overlay(base)
    fresh = Overlay(ZoneBase({ZONE: before}))
    assert [untouched.ask(*each) for each in QUESTIONS] == [fresh.ask(*each) for each in QUESTIONS]


@given(zones(cuts=False, names=USUAL), st.data())
@settings(max_examples=60)
def test_new_records_on_asked_servers_answer_as_the_changed_zone(before, data):
    """With servers that can only be asked, what a plan adds answers exactly as in the zone that has it."""
    new = data.draw(zones(cuts=False))
    free = [each for each in new.rrsets.values() if not any(name == each.name for name, _ in before.rrsets)]
    after = content([*before.rrsets.values(), *free])
    overlay = Overlay(_one_by_one(before), changes_between(before, after), zones=[ZONE])
    merged = Overlay(ZoneBase({ZONE: after}))
    for question in QUESTIONS:
        one, other = overlay.ask(*question), merged.ask(*question)
        assert (question, one.status, one.values) == (question, other.status, other.values)


@given(changed_zones(cuts=False))
@settings(max_examples=60)
def test_changes_on_asked_servers_find_what_the_changed_zone_has(pair):
    """With servers that can only be asked, whatever stands in the changed zone at a changed name is found."""
    before, after = pair
    overlay = Overlay(_one_by_one(before), changes_between(before, after), zones=[ZONE])
    for key, rrset in after.rrsets.items():
        assert overlay.ask(*key) == Answer(Status.FOUND, rrset.values, rrset.ttl)


def _through(name, answer, question):
    """Follow the CNAMEs that BIND has put into one answer."""
    chain, ttls = [name], []
    alias = {each.name: each for each in answer if each.rdtype == dns.rdatatype.CNAME}
    while question.type != "CNAME" and (here := dns.name.from_text(chain[-1])) in alias:
        ttls.append(alias[here].ttl)
        chain.append(alias[here][0].target.to_text().rstrip("."))
    end = [each for each in answer if dns.rdatatype.to_text(each.rdtype) == question.type]
    end = [each for each in end if each.name == dns.name.from_text(chain[-1])]
    ttls += [each.ttl for each in end]
    values = tuple(sorted(rdata.to_text() for each in end for rdata in each))
    return values, min(ttls, default=None), tuple(chain) if len(chain) > 1 else ()


@pytest.mark.parametrize("seed", range(12))
def test_a_zone_answers_as_bind_does(bind_server, seed):  # noqa: F811
    """Real BIND, given the zone, answers every question alike: data, CNAMEs, TTLs, NODATA and NXDOMAIN."""
    zone = random_zone(seed)
    named = bind_server
    named.add_zone(ZONE, zone.rrsets.values(), name_servers=("ns.example.net.",))
    overlay = Overlay(ZoneBase({ZONE: zone}))
    compared = 0
    with dns.query.make_socket(dns.query.socket.AF_INET, dns.query.socket.SOCK_DGRAM) as sock:
        for question in QUESTIONS:
            query = dns.message.make_query(*question)
            query.flags &= ~dns.flags.RD
            told = dns.query.udp(query, named.host, port=named.port, sock=sock, timeout=10)
            mine = overlay.ask(*question)
            values, ttl, chain = _through(question.name, told.answer, question)
            if not values and any(each.rdtype == dns.rdatatype.NS for each in told.authority):
                assert mine.status is Status.UNKNOWN, (question, mine)  # a referral, here or where a CNAME leads
                continue
            if mine.status is Status.FAILED:  # BIND stops in a circle without saying so
                assert not values
                continue
            status = (
                Status.FOUND if values else NXDOMAIN.status if told.rcode() == dns.rcode.NXDOMAIN else NODATA.status
            )
            assert (question, mine.status, mine.values, mine.chain) == (question, status, values, chain)
            assert ttl is None or mine.ttl == ttl
            compared += 1
    assert compared > len(NAMES)


def test_a_cname_is_followed_with_the_least_ttl():
    """The answer has the values of the last name, every name on the way, and the lowest TTL of all."""
    base = _asked(
        [_rrset(f"a.{ZONE}", "CNAME", f"b.{ZONE}.", ttl=60), _rrset(f"b.{ZONE}", "CNAME", f"mail.{ZONE}."), _MAIL]
    )
    chain = (f"a.{ZONE}", f"b.{ZONE}", f"mail.{ZONE}")
    assert Overlay(base).ask(f"a.{ZONE}", "A") == Answer(Status.FOUND, ("192.0.2.25",), 60, chain)
    assert Overlay(base).ask(f"a.{ZONE}", "MX") == Answer(Status.NODATA, (), 60, chain)
    assert Overlay(base).ask(f"a.{ZONE}", "CNAME") == Answer(Status.FOUND, (f"b.{ZONE}.",), 60)


@pytest.mark.parametrize("length", [1, MAX_CNAMES, MAX_CNAMES + 1])
def test_a_chain_of_cnames_ends_at_eight(length):
    """Eight CNAMEs are followed; with a ninth the answer can not be used."""
    chain = [_rrset(f"c{at}.{ZONE}", "CNAME", f"c{at + 1}.{ZONE}.") for at in range(length)]
    answer = Overlay(_asked([*chain, _rrset(f"c{length}.{ZONE}", "A", "192.0.2.1")])).ask(f"c0.{ZONE}", "A")
    assert answer.status is (Status.FOUND if length <= MAX_CNAMES else Status.FAILED)
    assert answer.detail == ("" if length <= MAX_CNAMES else f"more than 8 CNAMEs start at c0.{ZONE}")


def test_cnames_in_a_circle_are_no_answer():
    """A loop is told and ends."""
    base = _asked([_rrset(f"a.{ZONE}", "CNAME", f"b.{ZONE}."), _rrset(f"b.{ZONE}", "CNAME", f"a.{ZONE}.")])
    answer = Overlay(base).ask(f"a.{ZONE}", "A")
    assert (answer.status, answer.detail) == (Status.FAILED, f"the CNAMEs that start at a.{ZONE} lead in a circle")


def test_a_new_cname_hides_what_stood_there():
    """Once a CNAME is planned for a name, its other types lead where it leads."""
    alias = _rrset(f"www.{ZONE}", "CNAME", f"mail.{ZONE}.")
    old = _rrset(f"www.{ZONE}", "A", "192.0.2.80")
    base = _asked([_MAIL, old])
    assert Overlay(base, {alias.id: alias, old.id: None}).ask(*old.id).values == ("192.0.2.25",)
    assert Overlay(base, _put(alias)).ask(*old.id).values == ("192.0.2.25",)


def test_a_new_name_makes_the_names_above_it_exist():
    """A planned DKIM key ends the NXDOMAIN of the name between."""
    key = _rrset(f"s1._domainkey.{ZONE}", "TXT", '"v=DKIM1; p=x"')
    base = _asked([_MX])
    assert Overlay(base).ask(f"_domainkey.{ZONE}", "TXT") == NXDOMAIN
    assert Overlay(base, _put(key)).ask(f"_domainkey.{ZONE}", "TXT") == NODATA
    assert Overlay(base, _put(key)).ask(f"s2._domainkey.{ZONE}", "TXT") == NXDOMAIN


def test_a_wildcard_ends_where_a_name_is_made():
    """A name that is made is answered by the wildcard above it no more, for none of its types (RFC 4592 §2.2.1)."""
    base = _asked([_MX, _rrset(f"*.{ZONE}", "MX", "5 catch.example.net."), _rrset(f"*.{ZONE}", "TXT", '"wild"')])
    new = _rrset(f"a.b.{ZONE}", "A", "192.0.2.1")
    assert Overlay(base).ask(f"a.b.{ZONE}", "MX").values == ("5 catch.example.net.",)
    overlay = Overlay(base, _put(new))
    assert overlay.ask(f"a.b.{ZONE}", "MX") == NODATA
    assert overlay.ask(f"b.{ZONE}", "TXT") == NODATA
    assert overlay.ask(f"c.b.{ZONE}", "TXT") == NXDOMAIN
    assert overlay.ask(f"c.{ZONE}", "TXT").values == ('"wild"',)
    assert overlay.ask(ZONE, "MX") == Answer(Status.FOUND, _MX.values, 3600)


def test_a_record_that_goes_leaves_its_name_to_the_wildcard():
    """Where the last record of a name goes, the wildcard answers for it; where others stay, nothing does."""
    gone, wild = _rrset(f"_dmarc.{ZONE}", "TXT", '"v=DMARC1; p=none"'), _rrset(f"*.{ZONE}", "TXT", '"wild"')
    assert Overlay(_asked([gone, wild]), {gone.id: None}).ask(*gone.id).values == ('"wild"',)
    assert Overlay(_asked([gone]), {gone.id: None}).ask(*gone.id) == NXDOMAIN
    beside = _rrset(f"_dmarc.{ZONE}", "A", "192.0.2.1")
    assert Overlay(_asked([gone, wild, beside]), {gone.id: None}).ask(*gone.id) == NODATA


def test_a_planned_wildcard_answers_for_names_that_are_not_there():
    """It reaches names of any depth below it, but none that stand."""
    wild = _rrset(f"*.{ZONE}", "MX", "5 catch.example.net.")
    overlay = Overlay(_asked([_MX, _MAIL]), _put(wild))
    assert overlay.ask(f"any.thing.{ZONE}", "MX").values == wild.values
    assert overlay.ask(f"mail.{ZONE}", "MX") == NODATA
    assert overlay.ask(f"below.mail.{ZONE}", "MX") == NXDOMAIN


def test_what_is_delegated_by_the_plan_is_not_known():
    """Below a delegation that does not stand yet nobody can be asked, whatever stands there now."""
    cut, inside = _rrset(f"dep.{ZONE}", "NS", "ns.example.net."), _rrset(f"www.dep.{ZONE}", "A", "192.0.2.1")
    for base in (_asked([inside]), ZoneBase({ZONE: content([inside])}, outside=_asked([inside]))):
        answer = Overlay(base, _put(cut)).ask(*inside.id)
        assert (answer.status, f"dep.{ZONE}" in answer.detail) == (Status.UNKNOWN, True)


def test_a_planned_dname_renames_what_is_below_it():
    """Names below a DNAME lead to the same names below its target (RFC 6672 §2.2)."""
    rename = _rrset(f"old.{ZONE}", "DNAME", f"new.{ZONE}.")
    there = _rrset(f"mx.new.{ZONE}", "A", "192.0.2.3")
    for base in (_asked([there]), ZoneBase({ZONE: content([there])})):
        answer = Overlay(base, _put(rename)).ask(f"mx.old.{ZONE}", "A")
        assert answer == Answer(Status.FOUND, ("192.0.2.3",), 300, (f"mx.old.{ZONE}", f"mx.new.{ZONE}"))


def test_what_is_not_known_is_noted_and_asked_for():
    """A base of known answers notes what it lacks; once that is known, nothing is missing."""
    base = Asked(answers := {})
    assert Overlay(base).ask(f"www.{ZONE}", "A").status is Status.UNKNOWN
    assert base.missing == {Question(f"www.{ZONE}", "A")}
    answers[Question(f"www.{ZONE}", "A")] = Answer(Status.FOUND, ("192.0.2.80",), 300)
    fresh = Asked(answers)
    assert Overlay(fresh).ask(f"www.{ZONE}", "A").values == ("192.0.2.80",)
    assert not fresh.missing


def test_a_zone_that_is_known_costs_no_question_of_its_own_name():
    """With the zone's name given, changes below it ask nothing but what was asked."""
    asked = []
    rrsets = _asked([_MX, _MAIL])
    base = lambda question: (asked.append(question), rrsets(question))[1]  # noqa: E731
    overlay = Overlay(base, _put(_rrset(f"_dmarc.{ZONE}", "TXT", '"v=DMARC1; p=none"')), zones=[ZONE])
    overlay.ask(ZONE, "MX")
    overlay.ask(f"mail.{ZONE}", "A")
    assert asked == [Question(ZONE, "MX"), Question(f"mail.{ZONE}", "A")]


def test_a_zone_that_was_read_in_part_is_asked_for_the_rest():
    """What was seen of it is answered; everything else is asked, and a change is laid on either."""
    seen = ZoneContent(ZONE, {_MX.id: _MX}, whole=False)
    base = ZoneBase({ZONE: seen}, outside=_asked([_MAIL]))
    overlay = Overlay(base, _put(_rrset(f"new.{ZONE}", "A", "192.0.2.9")))
    assert overlay.ask(ZONE, "MX").values == _MX.values
    assert overlay.ask(f"mail.{ZONE}", "A").values == _MAIL.values
    assert overlay.ask(f"new.{ZONE}", "A").values == ("192.0.2.9",)


def test_what_only_the_host_knows_is_asked_of_it():
    """A provider that does not show SOA and NS of a zone does not say that there are none."""
    base = ZoneBase({ZONE: content([_MX])})
    assert Overlay(base).ask(ZONE, "NS").status is Status.UNKNOWN
    assert Overlay(base).ask(ZONE, "AAAA") == NODATA


def test_a_zone_own_name_goes_on_existing():
    """Where the last record that was known of a zone's own name goes, the name is there all the same."""
    assert Overlay(_asked([_MX]), {_MX.id: None}, zones=[ZONE]).ask(*_MX.id) == NODATA


def test_a_ds_record_stands_at_the_parent():
    """Of two zones, one below the other, the upper one answers for the DS record of the lower (RFC 4035 §3.1.4.1)."""
    child, ds = f"dep.{ZONE}", _rrset(f"dep.{ZONE}", "DS", "12345 13 2 " + "ab" * 32)
    zones = {ZONE: content([ds]), child: ZoneContent(child, {})}
    assert Overlay(ZoneBase(zones)).ask(child, "DS").values == ds.values
    delegated = {ZONE: ZoneContent(ZONE, {ds.id: ds, (child, "NS"): _rrset(child, "NS", "ns.example.net.")})}
    assert Overlay(ZoneBase(delegated)).ask(child, "DS").values == ds.values
