"""Names that are shared with others: ours changes, theirs stays, and the next plan is empty."""

import pytest

from reconciler.dns.adjust import adjust
from reconciler.dns.classes import value_class
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import AppliedState
from reconciler.model.resources import Record
from reconciler.model.rrsets import RRset
from reconciler.providers.writer import Done, Failed, Write
from tests.dns.house import Zones, derived, extra, found, run, txt, values

EMPTY = AppliedState()
NOTHING = derived(mail=False)
TOKEN = "google-site-verification=abc"


@pytest.mark.parametrize(
    ("name", "text", "cls"),
    [
        ("example.org", "v=spf1 -all", "spf"),
        ("example.org", "V=SPF1", "spf"),
        ("example.org", "v=spf10 -all", '"v=spf10 -all"'),
        ("_dmarc.example.org", "v=DMARC1; p=none", "dmarc"),
        ("example.org", "v=DMARC1; p=none", '"v=DMARC1; p=none"'),
        ("a.example._report._dmarc.example.org", "v=DMARC1", "dmarc"),
        ("key1._domainkey.example.org", "k=rsa; p=abc", "dkim"),
        ("_mta-sts.example.org", "v=STSv1; id=1;", "mta-sts"),
        ("_smtp._tls.example.org", "v=TLSRPTv1; rua=mailto:a@b.example", "tls-rpt"),
        ("_caldavs._tcp.example.org", "path=/dav", "path"),
        ("example.org", TOKEN, f'"{TOKEN}"'),
    ],
)
def test_each_text_has_its_class(name, text, cls):
    """Texts of known standards have a class; any other stands for itself."""
    assert value_class(name, "TXT", f'"{text}"') == cls


def test_a_long_text_is_named_by_its_digest():
    """Keys stay readable; other types are whole rrsets."""
    assert value_class("example.org", "TXT", '"' + "x" * 90 + '"').startswith("sha256:")
    assert value_class("example.org", "MX", "10 a.") == ""


def test_spf_is_merged_and_the_token_beside_it_is_not_touched():
    """A foreign SPF record gains our terms, keeps its own, and gets them back when the domain lets go."""
    zones = Zones(txt(TOKEN, "v=spf1 ip4:192.0.2.9 ~all"))
    state, _ = run(zones, derived(), EMPTY)
    merged = "v=spf1 ip4:192.0.2.9 mx include:_spf.host.example ~all"
    assert zones.rrsets["example.org", "TXT"] == txt(TOKEN, merged)
    again, adjusted = run(zones, derived(), state)
    assert again.resources == state.resources
    assert adjusted.releases == {}
    _, adjusted = run(zones, NOTHING, state)
    assert set(adjusted.releases) == {"example.org TXT spf"}
    assert zones.rrsets == {("example.org", "TXT"): txt(TOKEN, "v=spf1 ip4:192.0.2.9 ~all")}


def test_terms_that_others_have_too_stay_when_we_go():
    """An `mx` that was there before us is not ours to take."""
    zones = Zones(txt("v=spf1 mx ~all"))
    state, _ = run(zones, derived(spf_all="fail"), EMPTY)
    assert zones.rrsets["example.org", "TXT"] == txt("v=spf1 mx include:_spf.host.example -all")
    run(zones, NOTHING, state)
    assert zones.rrsets["example.org", "TXT"] == txt("v=spf1 mx ~all")


def test_a_record_that_is_all_ours_is_deleted():
    """Where nothing foreign is left, there is nothing to release."""
    zones = Zones()
    state, _ = run(zones, derived(), EMPTY)
    _, adjusted = run(zones, NOTHING, state)
    assert adjusted.releases == {}
    assert zones.rrsets == {}


def test_a_term_someone_adds_later_is_kept():
    """An edit of our record by someone else is theirs from then on."""
    zones = Zones()
    state, _ = run(zones, derived(), EMPTY)
    zones.rrsets["example.org", "TXT"] = txt("v=spf1 mx include:_spf.host.example include:shop.example ~all")
    state, adjusted = run(zones, derived(spf_include=("new.example",)), state)
    assert values(adjusted, "example.org TXT spf") == (
        '"v=spf1 include:shop.example mx include:_spf.host.example include:new.example ~all"',
    )


def test_two_spf_records_are_folded_with_a_warning():
    """Receivers ignore a name with two SPF records; the plan says so and leaves one."""
    zones = Zones(txt("v=spf1 a -all", "v=spf1 ip4:192.0.2.9 ~all"))
    _, adjusted = run(zones, derived(), EMPTY)
    assert found(adjusted) == ["spf-several"]
    assert zones.rrsets["example.org", "TXT"] == txt("v=spf1 a ip4:192.0.2.9 mx include:_spf.host.example -all")


def test_the_ttl_of_a_shared_rrset_is_not_fought_over():
    """Where others have values, their TTL stays; where all is ours, ours is set."""
    shared = Zones(txt(TOKEN, ttl=77))
    run(shared, derived(ttl=600), EMPTY)
    assert shared.rrsets["example.org", "TXT"].ttl == 77
    alone = Zones(txt("v=spf1 mx ~all", ttl=77))
    run(alone, derived(ttl=600), EMPTY)
    assert alone.rrsets["example.org", "TXT"].ttl == 600


def test_our_own_values_of_one_rrset_agree_on_a_ttl():
    """Two records of ours in one rrset get the lower TTL, and changing it later is one change for both."""
    zones = Zones()
    wanted = derived(ttl=600, records=(extra("@", "TXT", "mine", ttl=300),))
    state, _ = run(zones, wanted, EMPTY)
    assert zones.rrsets["example.org", "TXT"].ttl == 300
    run(zones, derived(ttl=900, records=(extra("@", "TXT", "mine"),)), state)
    assert zones.rrsets["example.org", "TXT"].ttl == 900


def test_an_extra_spf_record_is_taken_as_it_is_written():
    """A record by hand is the whole value, not a contribution."""
    zones = Zones(txt("v=spf1 a ~all"))
    run(zones, derived(mail=False, records=(extra("@", "TXT", "v=spf1 -all"),)), EMPTY)
    assert zones.rrsets["example.org", "TXT"] == txt("v=spf1 -all")


def test_the_hosts_own_records_are_never_resources():
    """SOA, the zone's NS and signatures are not read as resources; a delegation below is."""
    zones = Zones(
        RRset("example.org", "SOA", 60, ("a. b. 1 2 3 4 5",)),
        RRset("example.org", "NS", 60, ("ns1.example.net.",)),
        RRset("sub.example.org", "NS", 60, ("ns1.example.net.",)),
        RRset("example.org", "RRSIG", 60, ("x",)),
    )
    assert [live.resource.key for live in zones.lives()] == ["sub.example.org NS"]


def test_looking_up_finds_what_is_there():
    """A key that is not there, or in no zone of the provider, is missing from the answer."""
    zones = Zones(txt(TOKEN, "v=spf1 -all"))
    keys = ["example.org TXT spf", f'example.org TXT "{TOKEN}"', "example.org MX", "example.net MX"]
    assert set(zones.look_up(*keys)) == set(keys[:2])


def _record(key, *data, ttl=3600):
    name, rtype, cls = (*key.split(" ", 2), "")[:3]
    return Record(name, rtype, cls, "example.org", ttl, tuple(sorted(data)))


def _create(key, *data, ttl=3600):
    return Write(Action.CREATE, Kind.RECORD, key, None, _record(key, *data, ttl=ttl))


def test_a_batch_is_one_change_of_the_zone():
    """Several writes, two of them into one rrset, are one call."""
    zones = Zones(txt(TOKEN))
    outcomes = zones.write(
        _create("example.org TXT spf", '"v=spf1 -all"'),
        _create('example.org TXT "mine"', '"mine"'),
        _create("example.org MX", "10 a.example."),
    )
    assert outcomes == [Done(), Done(), Done()]
    assert zones.calls == 1
    assert zones.rrsets["example.org", "TXT"] == txt(TOKEN, "v=spf1 -all", "mine")


def test_a_refused_record_does_not_stop_the_others():
    """Each write has its own outcome, though a zone takes all of a call or none."""
    zones = Zones()
    zones.refused = {("h3.example.org", "A")}
    outcomes = zones.write(*(_create(f"h{number}.example.org A", "192.0.2.1") for number in range(8)))
    assert [isinstance(each, Failed) for each in outcomes] == [number == 3 for number in range(8)]
    assert len(zones.rrsets) == 7


def test_what_moved_since_it_was_read_is_a_conflict():
    """A write over something else than it was made for is refused, and so is creating what is there."""
    zones = Zones(txt(TOKEN, "v=spf1 a -all"))
    (live,) = zones.look_up("example.org TXT spf").values()
    zones.rrsets["example.org", "TXT"] = txt(TOKEN, "v=spf1 b -all")
    key, after = "example.org TXT spf", _record("example.org TXT spf", '"v=spf1 c -all"')
    outcomes = [
        *zones.write(Write(Action.UPDATE, Kind.RECORD, key, live, after)),
        *zones.write(Write(Action.DELETE, Kind.RECORD, key, live)),
        *zones.write(_create(key, '"v=spf1 b -all"')),
    ]
    assert {each.code for each in outcomes} == {"conflict"}
    assert all(each.certain and not each.retryable for each in outcomes)
    assert zones.rrsets["example.org", "TXT"] == txt(TOKEN, "v=spf1 b -all")


def test_foreign_values_that_come_and_go_are_no_conflict():
    """Only our class is compared; what others do beside it between read and write is kept."""
    zones = Zones(txt(TOKEN, "v=spf1 a -all"))
    (live,) = zones.look_up("example.org TXT spf").values()
    zones.rrsets["example.org", "TXT"] = txt("other", "v=spf1 a -all")
    after = _record("example.org TXT spf", '"v=spf1 c -all"')
    assert zones.write(Write(Action.UPDATE, Kind.RECORD, after.key, live, after)) == [Done()]
    assert zones.rrsets["example.org", "TXT"] == txt("other", "v=spf1 c -all")


def test_a_zone_that_can_not_be_read_fails_its_writes_only():
    """A missing zone is an outcome, not an exception."""
    zones = Zones()
    lost = Record("www.example.net", "A", "", "example.net", 60, ("192.0.2.1",))
    outcomes = zones.write(
        Write(Action.CREATE, Kind.RECORD, lost.key, None, lost), _create("www.example.org A", "192.0.2.1")
    )
    assert isinstance(outcomes[0], Failed)
    assert outcomes[1] == Done()


def test_foreign_records_in_the_way_of_an_alias_are_told_before_anything_is_changed():
    """A CNAME that could not be made beside somebody else's record is an error of the plan, and so is the reverse."""
    wanted = derived(mail=False, records=(extra("x", "CNAME", "a."), extra("y", "A", "192.0.2.1")))
    zones = Zones(RRset("x.example.org", "A", 60, ("192.0.2.9",)), RRset("y.example.org", "CNAME", 60, ("b.",)))
    assert found(adjust(wanted.declarations, zones.inventory(), EMPTY)) == ["cname-in-the-way"] * 2
    free = Zones(RRset("x.example.org", "CNAME", 60, ("b.",)), RRset("y.example.org", "MX", 60, ("0 .",)))
    assert found(adjust(wanted.declarations, free.inventory(), EMPTY)) == []


def test_adjusting_is_pure_and_leaves_other_records_alone():
    """Records that are not shared pass through as they are."""
    wanted = derived(client_settings=True)
    adjusted = adjust(wanted.declarations, Zones().inventory(), EMPTY)
    assert adjusted.declarations == wanted.declarations
    assert adjusted.diagnostics == ()
