"""Zones over the CCP interface: what comes on top of the kit."""

import asyncio

import pytest

from reconciler.model.presentation import quote
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.netcup.worlds import CCP, ZONE

_TEXT = (ZONE, "TXT")


@pytest.fixture
def zone(account):
    """A zone with two texts and an exchanger, as the server has them."""
    domain = account.add_domain(ZONE)
    account.add_record(ZONE, "@", "TXT", "google-site-verification=abc")
    account.add_record(ZONE, "@", "TXT", "v=spf1 mx -all")
    account.add_record(ZONE, "@", "MX", "mail.example.org", "10")
    return domain


def _rows(zone):
    return {row.id: (row.hostname, row.type, row.priority, row.destination) for row in zone.records.values()}


class TestReading:
    """What is read."""

    def test_an_empty_zone_is_a_zone(self, account, world):
        """5029 means that there are no records, and they can be added."""
        account.add_domain(ZONE)
        content = world.read()
        assert (dict(content.rrsets), content.ttl) == ({}, 86400)
        assert world.put("www", "A", "192.0.2.1") == Done()
        assert world.read().rrsets["www.example.org", "A"].ttl == 86400

    def test_names_are_made_whole(self, account, zone, world):
        """`@` is the zone, and a target without its closing dot is a full name, in any case of letters."""
        account.add_record(ZONE, "WWW", "CNAME", "@")
        account.add_record(ZONE, "docs", "CNAME", "Docs.Example.COM")
        account.add_record(ZONE, "_imaps._tcp", "SRV", "0 1 993 mail.example.org")
        rrsets = world.read().rrsets
        assert rrsets["www.example.org", "CNAME"].values == ("example.org.",)
        assert rrsets["docs.example.org", "CNAME"].values == ("docs.example.com.",)
        assert rrsets["_imaps._tcp.example.org", "SRV"].values == ("0 1 993 mail.example.org.",)

    def test_the_serial_is_told(self, zone, world):
        """That of the zone, which grows with each change."""
        before = world.read().serial
        world.put("www", "A", "192.0.2.1")
        assert world.read().serial == before + 1

    def test_a_record_that_makes_no_sense_is_named(self, account, zone, world):
        """Somebody made it by hand; nobody else's words say which it is."""
        row = account.add_record(ZONE, "odd", "A", "not an address")
        with pytest.raises(ProviderError, match=rf"record {row.id} of example\.org \(odd A\)"):
            world.read()

    def test_a_zone_on_clouddns_is_told_with_the_way_there(self, account, world):
        """The CCP interface does not know it any more."""
        account.add_domain(ZONE, cloud=True)
        with pytest.raises(ProviderError, match=r"knows no zone example\.org") as caught:
            world.read()
        assert "`token`" in caught.value.help


class TestWriting:
    """What is sent, seen by what the server then has."""

    def test_a_changed_value_takes_the_place_of_the_old_one(self, zone, world):
        """The record keeps its number, and the one beside it is not touched."""
        before = _rows(zone)
        spf = next(number for number, row in before.items() if "spf1" in row[3])
        assert world.put("@", "TXT", '"google-site-verification=abc"', '"v=spf1 -all"') == Done()
        assert _rows(zone) == {**before, spf: ("@", "TXT", "0", "v=spf1 -all")}

    def test_creates_updates_and_deletes_go_in_one_call(self, account, zone, world):
        """One change of a zone is one update of it, however many rrsets it has."""
        rrsets = world.read().rrsets
        mx, text = rrsets[ZONE, "MX"], rrsets[_TEXT]
        new = RRset(f"www.{ZONE}", "A", 86400, ("192.0.2.1", "192.0.2.2"))
        after = RRset(*mx.id, mx.ttl, ("20 mail.example.org.",))
        assert world.change(RRsetChange(mx, after), RRsetChange(text, None), RRsetChange(None, new)) == Done()
        assert account.calls.count("updateDnsRecords") == 1
        assert sorted(_rows(zone).values()) == [
            ("@", "MX", "20", "mail.example.org"),
            ("www", "A", "0", "192.0.2.1"),
            ("www", "A", "0", "192.0.2.2"),
        ]

    def test_what_is_there_twice_is_one_value_and_goes_whole(self, account, zone, world):
        """The server keeps duplicates; deleting the value deletes each, and leaving it leaves each."""
        account.add_record(ZONE, "@", "TXT", "v=spf1 mx -all")
        assert world.read().rrsets[_TEXT].values == ('"google-site-verification=abc"', '"v=spf1 mx -all"')
        assert world.put("@", "TXT", '"v=spf1 mx -all"') == Done()
        assert [row[3] for row in _rows(zone).values()].count("v=spf1 mx -all") == 2
        assert world.put("@", "TXT") == Done()
        assert sorted(row[1] for row in _rows(zone).values()) == ["MX"]

    def test_a_long_key_goes_whole(self, zone, world):
        """A text longer than 255 octets is one string there."""
        key = "v=DKIM1; k=rsa; p=" + "Ab+/" * 180
        assert world.put("key1._domainkey", "TXT", quote(key)) == Done()
        assert ("key1._domainkey", "TXT", "0", key) in _rows(zone).values()

    @pytest.mark.parametrize("text", ['a "quote"', "back\\slash", "it's", "", "bell\a", "octet \udcff"])
    def test_a_text_the_server_would_alter_is_never_sent(self, account, zone, world, text):
        """Quotes and backslashes, emptiness, and what JSON can not carry are refused before anything is sent."""
        before = _rows(zone)
        outcome = world.put("txt", "TXT", quote(text.encode("utf-8", "surrogateescape")))
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.certain) == ("invalid", True)
        assert "updateDnsRecords" not in account.calls
        assert _rows(zone) == before

    def test_the_ttl_of_one_rrset_can_not_be_changed(self, zone, world):
        """It is the zone's, and a change of nothing else says so."""
        mx = world.read().rrsets[ZONE, "MX"]
        outcome = world.change(RRsetChange(mx, RRset(*mx.id, 300, mx.values)))
        assert isinstance(outcome, Failed)
        assert "one TTL" in outcome.message
        assert zone.ttl == "86400"


class TestSurprises:
    """Somebody else, or the server itself, does something else than was planned."""

    def test_what_somebody_else_adds_meanwhile_is_told_and_stays(self, account, zone, world):
        """Between our look and our write a value joined the rrset: no one can tell whether the plan still holds."""
        account.troubles.before_update = lambda: account.add_record(ZONE, "@", "TXT", "theirs")
        outcome = world.put("@", "TXT", '"v=spf1 -all"')
        assert isinstance(outcome, Failed)
        assert (outcome.code, outcome.certain) == ("conflict", False)
        assert "theirs" in [row[3] for row in _rows(zone).values()]

    def test_what_somebody_else_does_to_other_rrsets_is_no_matter(self, account, zone, world):
        """The answer has the whole zone, and only what we changed is compared."""
        account.troubles.before_update = lambda: account.add_record(ZONE, "theirs", "A", "192.0.2.99")
        assert world.put("@", "TXT", '"v=spf1 -all"') == Done()

    def test_a_record_that_is_gone_meanwhile_stays_gone(self, account, zone, world):
        """The server knows its number no more, and nothing else is done."""
        spf = next(row.id for row in zone.records.values() if "spf1" in row.destination)
        account.troubles.before_update = lambda: zone.records.pop(spf)
        outcome = world.put("@", "TXT", '"google-site-verification=abc"', '"v=spf1 -all"')
        assert isinstance(outcome, Failed)
        assert not outcome.certain
        assert not any("spf1" in row[3] for row in _rows(zone).values())

    def test_a_value_the_server_altered_is_told(self, account, zone, world):
        """Success in its words is none when something else stands there."""
        account.troubles.altered = frozenset({"TXT"})
        outcome = world.put("@", "TXT", '"v=spf1 -all"')
        assert isinstance(outcome, Failed)
        assert not outcome.certain
        assert "altered" in outcome.message

    @pytest.mark.parametrize("partial", [False, True])
    def test_a_refusal_is_certain_only_if_nothing_moved(self, account, zone, world, partial):
        """Whether a refused update did a part of it is looked up, as its text says `can not update (all)`."""
        account.troubles.partial, account.troubles.refused = partial, frozenset({"AAAA"})
        mx = world.read().rrsets[ZONE, "MX"]
        good = RRsetChange(mx, RRset(*mx.id, mx.ttl, ("20 mail.example.org.",)))
        outcome = world.change(good, RRsetChange(None, RRset(f"www.{ZONE}", "AAAA", mx.ttl, ("2001:db8::1",))))
        assert isinstance(outcome, Failed)
        assert outcome.certain is not partial
        assert (world.read().rrsets[ZONE, "MX"] == mx) is not partial


class TestSessions:
    """Sessions end when they like."""

    @pytest.mark.parametrize("new", [False, True], ids=["old spelling", "new spelling"])
    def test_a_lost_session_is_made_again(self, account, zone, world, new):
        """By time, or right after the login, up to three times for a request."""
        account.troubles.new_spelling = new
        world.read()
        account.clock.sleep(31)
        world.read()
        account.troubles.lost_sessions = 3
        assert world.put("www", "A", "192.0.2.1") == Done()
        assert account.calls.count("login") == 5

    def test_sessions_that_never_last_are_given_up(self, account, zone, world):
        """With an error that may pass."""
        account.troubles.lost_sessions = 99
        with pytest.raises(ProviderError, match="ends every session") as caught:
            world.read()
        assert caught.value.transient
        assert account.calls.count("login") == 4

    def test_the_session_is_ended(self, account, zone, world):
        """Whoever closes the provider logs out."""
        world.read()
        assert len(account.sessions) == 1
        asyncio.run(world.provider.close())
        assert not account.sessions

    def test_one_session_serves_many_requests(self, account, zone, world):
        """A login is not needed for each."""
        for _ in range(5):
            world.read()
        assert account.calls.count("login") == 1


class TestLimits:
    """180 requests a minute, for all who use the account."""

    def test_a_long_run_stays_under_the_limit(self, account, zone, world):
        """It waits instead: four hundred requests take two minutes at least."""
        began = account.clock()
        for _ in range(200):
            world.read()
        assert account.clock() - began >= 120

    def test_others_may_use_it_up(self, account, zone, world):
        """Then it is a refusal that passes, with the time to wait."""
        world.read()
        account.limit = 0
        with pytest.raises(ProviderError, match="180 requests a minute") as caught:
            world.read()
        assert caught.value.transient
        outcome = world.change(RRsetChange(None, RRset(f"www.{ZONE}", "A", 86400, ("192.0.2.1",))))
        assert isinstance(outcome, Failed)
        assert (outcome.retryable, outcome.certain, outcome.retry_after) == (True, True, 60.0)


class TestTroubles:
    """What goes wrong on the way."""

    @pytest.mark.parametrize("field", CCP)
    def test_wrong_credentials_are_told_apart_from_other_refusals(self, zone, world, field):
        """All have the code of a validation; the message names the settings, and no value of them."""
        wrong = "99999" if field == "customer" else world.secret("wrong", "my-wrong-secret")
        world.make_provider(*CCP, **{field: wrong})
        with pytest.raises(
            ProviderError, match="refuses the customer number, the API key or the API password"
        ) as caught:
            world.read()
        assert "my-wrong-secret" not in f"{caught.value} {caught.value.help}"
        assert not caught.value.transient

    def test_a_secret_that_is_not_there_names_its_setting(self, zone, world):
        """And no request is made."""
        world.make_provider(*CCP, api_password={"file": "nowhere"})
        with pytest.raises(ProviderError, match="api_password of the provider dns can not be had"):
            world.read()
        assert not world.account.calls

    @pytest.mark.parametrize("garbled", [False, True])
    def test_an_answer_that_was_lost_leaves_it_open(self, account, zone, world, garbled):
        """A proxy answers instead of the interface: the change may have been made, and here it was."""
        account.troubles.garbled = garbled
        account.troubles.swallowed = "updateDnsRecords"
        outcome = world.put("@", "TXT", '"v=spf1 -all"')
        assert isinstance(outcome, Failed)
        assert (outcome.certain, outcome.retryable) == (False, True)
        assert world.read().rrsets[_TEXT].values == ('"v=spf1 -all"',)

    def test_a_proxy_in_between_passes(self, account, zone, world):
        """A page of HTML is an error that may pass, and is not repeated to people."""
        account.troubles.broken = 1
        with pytest.raises(ProviderError, match="HTTP status 502") as caught:
            world.read()
        assert caught.value.transient

    def test_an_address_that_is_none_of_the_interface_is_told(self, account, zone, world):
        """The REST interface answers there, in another envelope."""
        world.make_provider(*CCP, endpoint=f"{world.at.origin}/v1/domain")
        with pytest.raises(ProviderError, match="not of the CCP interface") as caught:
            world.read()
        assert "endpoint" in caught.value.help
