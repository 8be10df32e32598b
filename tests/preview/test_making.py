"""Making previews: from zones, what is to change in them, and what two views of the DNS are worth."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.dns.checks.base import Finding, Grade, Subject
from reconciler.dns.overlay import Overlay
from reconciler.dns.patching import Step, changed_rrsets
from reconciler.dns.preview import Moment, Verdict, verdict_of
from reconciler.dns.previewing import Case, Judge, Zones, negative_ttl, previewer
from reconciler.dns.zonebase import ZoneBase
from reconciler.model.answers import Status
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset, ZoneContent

APEX = "example.org"
SPF, TOKEN = '"v=spf1 include:_spf.old.example -all"', '"google-site-verification=abc"'


def zone(*rrsets, serial=7):
    """A zone with a SOA record whose negative TTL is 900 seconds."""
    soa = RRset(APEX, "SOA", 3600, (f"ns1.{APEX}. hostmaster.{APEX}. {serial} 7200 3600 1209600 900",))
    return ZoneContent(APEX, {each.id: each for each in (soa, *rrsets)}, serial)


STANDING = zone(
    RRset(APEX, "MX", 86400, ("10 mx.old.example.",)),
    RRset(APEX, "TXT", 7200, (TOKEN, SPF)),
    RRset(f"_dmarc.{APEX}", "TXT", 3600, ('"v=DMARC1; p=none"',)),
    RRset(f"s1._domainkey.{APEX}", "CNAME", 3600, ("s1.keys.example.",)),
    RRset(f"www.{APEX}", "A", 3600, ("192.0.2.1",)),
    RRset(f"sub.{APEX}", "MX", 3600, ("10 mx.other.example.",)),
)
NEW_MX = Step(
    Record(APEX, "MX", "", APEX, 86400, ("10 mx.old.example.",)),
    Record(APEX, "MX", "", APEX, 300, ("10 mx.new.example.",)),
)


def moment(subject, view):
    """A judge that tells what it sees."""
    answer = view.ask(subject.domain, "MX")
    return Moment(tuple(each.rstrip(".") for each in answer.values) if answer.status is Status.FOUND else ())


def compare(subject, before, after):
    """A judge that warns of another MX."""
    if moment(subject, before) != moment(subject, after):
        yield Finding("mx-moves", Grade.WARNING, f"the MX of {subject.domain} moves")


def make(steps=(), content=STANDING, **case):
    """The preview of example.org."""
    changes = changed_rrsets(content.rrsets, steps)
    base = ZoneBase({content.zone: content})
    cases = [Case(Subject(APEX, zone=content.zone), "zones", content.serial, **case)]
    preview = previewer(cases, Zones(content.rrsets, changes), Judge(moment, compare))
    return preview(APEX, Overlay(base), Overlay(base, changes))


def row(preview, key):
    """The row of a record."""
    return next(each for each in preview.rows if each.key == key)


def test_a_changed_record_may_be_held_for_its_present_ttl():
    """Others go on answering with the old MX for as long as its TTL was, whatever the new one is."""
    preview = make([NEW_MX])
    found = row(preview, f"{APEX} MX")
    assert (found.before, found.after) == (("10 mx.old.example.",), ("10 mx.new.example.",))
    assert (found.ttl_before, found.ttl_after, found.held) == (86400, 300, 86400)
    assert preview.before.receives == ("10 mx.old.example",)
    assert preview.after.receives == ("10 mx.new.example",)
    assert [each.check for each in preview.changes] == ["mx-moves"]


def test_the_absence_of_a_new_record_may_be_held_for_the_negative_ttl():
    """Who asked for a name before it was there remembers that for the SOA's minimum (RFC 2308 §5)."""
    key = Record(f"k._domainkey.{APEX}", "TXT", "dkim", APEX, 3600, ('"v=DKIM1; p=AAAA"',))
    assert row(make([Step(None, key)]), key.key).held == 900
    hidden = ZoneContent(APEX, {each: rrset for each, rrset in STANDING.rrsets.items() if each != (APEX, "SOA")})
    assert row(make([Step(None, key)], hidden), key.key).held is None


def test_what_mail_hangs_on_is_shown_though_it_stays():
    """MX, SPF, DKIM and DMARC are shown whether or not they change; a web server and a stranger's token are not."""
    preview = make()
    assert [each.key for each in preview.rows] == [
        f"{APEX} MX", f"{APEX} TXT spf", f"s1._domainkey.{APEX} CNAME", f"_dmarc.{APEX} TXT dmarc",
        f"sub.{APEX} MX",
    ][:4]  # fmt: skip
    assert not any(each.changes or each.held for each in preview.rows)


def test_a_record_of_another_class_is_left_alone():
    """A new SPF record is one row; the token in the same rrset neither changes nor is shown."""
    new = Record(APEX, "TXT", "spf", APEX, 3600, ('"v=spf1 -all"',))
    preview = make([Step(Record(APEX, "TXT", "spf", APEX, 7200, (SPF,)), new)])
    assert row(preview, f"{APEX} TXT spf").after == ('"v=spf1 -all"',)
    token = row(preview, f"{APEX} TXT {TOKEN}")  # its TTL is the rrset's, so it is told after all
    assert (token.before, token.after, token.ttl_before, token.ttl_after) == ((TOKEN,), (TOKEN,), 7200, 3600)


def test_a_record_that_joins_strangers_keeps_their_ttl():
    """A value put beside others does not move the TTL that they have together."""
    new = Step(None, Record(APEX, "TXT", '"ours"', APEX, 60, ('"ours"',)))
    assert changed_rrsets(STANDING.rrsets, [new]) == {
        (APEX, "TXT"): RRset(APEX, "TXT", 7200, tuple(sorted((TOKEN, SPF, '"ours"'))))
    }


def test_a_record_that_is_replaced_is_one_change():
    """The two halves of a replace, one after the other, are what stands in the end."""
    halves = [Step(NEW_MX.before, None), Step(None, NEW_MX.after)]
    assert changed_rrsets(STANDING.rrsets, halves) == changed_rrsets(STANDING.rrsets, [NEW_MX])


def test_what_ends_as_it_was_is_no_change():
    """Steps that lead back to where they began leave nothing to preview."""
    assert changed_rrsets(STANDING.rrsets, [NEW_MX, Step(NEW_MX.after, NEW_MX.before)]) == {}


def test_records_go_to_the_nearest_domain():
    """A subdomain that is previewed too has its records to itself."""
    base = ZoneBase({APEX: STANDING})
    cases = [Case(Subject(name, zone=APEX)) for name in (f"sub.{APEX}", APEX)]
    view = Overlay(base)
    preview = previewer(cases, Zones(STANDING.rrsets), Judge(moment, compare))
    assert [each.key for each in preview(f"sub.{APEX}", view, view).rows] == [f"sub.{APEX} MX"]
    assert f"sub.{APEX} MX" not in [each.key for each in preview(APEX, view, view).rows]


def test_the_serial_of_the_zone_is_told():
    """The zone's serial at the time of reading stands in the preview."""
    assert make().serial == 7


def test_a_negative_ttl_is_the_lesser_of_the_soa_and_its_minimum():
    """RFC 2308 §5: the lesser of the SOA's own TTL and its last field."""
    soa = "ns1.example.org. hostmaster.example.org. 1 7200 3600 1209600 900"
    assert (negative_ttl(soa, 3600), negative_ttl(soa, 60), negative_ttl("odd", 60)) == (900, 60, None)


@given(st.lists(st.sampled_from(Grade)))
def test_a_verdict_is_as_bad_as_the_worst_finding(grades):
    """A blocker outweighs all; what is not known may hide one, so it outweighs a warning."""
    verdict = verdict_of([Finding("x", grade, "m") for grade in grades])
    if Grade.BLOCKER in grades:
        assert verdict is Verdict.NOT_YET
    elif Grade.UNKNOWN in grades:
        assert verdict is Verdict.UNSURE
    else:
        assert verdict is (Verdict.CARE if Grade.WARNING in grades else Verdict.READY)


NAMES = st.sampled_from([APEX, f"a.{APEX}", f"b.{APEX}"])
VALUES = st.lists(st.sampled_from(['"x"', '"y"', SPF]), min_size=1, max_size=3, unique=True)


@given(st.dictionaries(NAMES, VALUES, max_size=3), st.dictionaries(NAMES, VALUES, max_size=3))
def test_steps_between_two_zones_lead_from_one_to_the_other(one, other):
    """Deleting and making every record by its class takes one set of TXT rrsets to the other, to the letter."""
    from reconciler.dns.records import records_of

    def rrsets(values):
        return {(name, "TXT"): RRset(name, "TXT", 3600, tuple(sorted(each))) for name, each in values.items()}

    before = {each.key: each for each in records_of(ZoneContent(APEX, rrsets(one)))}
    after = {each.key: each for each in records_of(ZoneContent(APEX, rrsets(other)))}
    steps = [Step(before.get(key), after.get(key)) for key in sorted({*before, *after})]
    patched = {**rrsets(one), **changed_rrsets(rrsets(one), steps)}
    assert {key: rrset for key, rrset in patched.items() if rrset is not None} == rrsets(other)
