"""What every DNS provider must do: a pytest class to derive from.

class TestMyProvider(ZoneProviderConformance):
@pytest.fixture
def provider(self) -> Iterator[ZoneProvider]:
yield a provider that hosts `self.zone`, with the rrsets of `FOREIGN` and its own SOA and NS in it
"""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from reconciler.model.presentation import quote
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.base import ZoneProvider
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed, Outcome

ZONE = "example.org"

#: What somebody else keeps in the zone.
FOREIGN: tuple[RRset, ...] = (
    RRset("example.org", "TXT", 3600, ('"google-site-verification=abc"', '"v=spf1 mx -all"')),
    RRset("example.org", "MX", 3600, ("10 mail.example.org.",)),
    RRset("mail.example.org", "A", 300, ("192.0.2.25",)),
    RRset("mail.example.org", "AAAA", 300, ("2001:db8::25",)),
    RRset("www.example.org", "CNAME", 3600, ("mail.example.org.",)),
)

#: Names, types and values that are easily broken on the way to a provider and back.
SHAPES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "address": ("host", "A", ("192.0.2.1", "192.0.2.2")),
    "ipv6": ("host", "AAAA", ("2001:db8::1",)),
    "quotes": ("txt", "TXT", (quote('say "hello"'),)),
    "backslashes": ("txt", "TXT", (quote("C:\\mail\\"),)),
    "semicolons": ("_dmarc", "TXT", ('"v=DMARC1; p=none; rua=mailto:postmaster@example.org"',)),
    "blanks": ("txt", "TXT", ('"  two   blanks  "',)),
    "empty-text": ("txt", "TXT", ('""',)),
    "non-ascii-text": ("txt", "TXT", (quote("Grüße ✓"),)),
    "255-octets": ("txt", "TXT", (quote("x" * 255),)),
    "long-text": ("key1._domainkey", "TXT", (quote("v=DKIM1; k=rsa; p=" + "Ab+/" * 180),)),
    "several-texts": ("txt", "TXT", ('"one"', '"two"')),
    "null-mx": ("nomail", "MX", ("0 .",)),
    "several-mx": ("multi", "MX", ("10 mx1.example.net.", "20 mx2.example.net.")),
    "not-offered": ("_pop3._tcp", "SRV", ("0 0 0 .",)),
    "service": ("_imaps._tcp", "SRV", ("0 1 993 mail.example.org.",)),
    "tlsa": ("_25._tcp.mail", "TLSA", ("3 1 1 " + "0123456789abcdef" * 4,)),
    "caa": ("caa", "CAA", ('0 issue "letsencrypt.org"', '0 issuewild ";"')),
    "wildcard": ("*.wild", "A", ("192.0.2.7",)),
    "idn-name": ("xn--mller-kva", "A", ("192.0.2.8",)),
    "idn-target": ("idn", "CNAME", ("xn--mller-kva.example.net.",)),
    "alias": ("autoconfig", "CNAME", ("mail.example.net.",)),
    "deep": ("a.b.c.d", "A", ("192.0.2.9",)),
}


def read(provider: ZoneProvider, zone: str = ZONE) -> ZoneContent:
    """Read a zone."""
    return asyncio.run(_read(provider, zone))


async def _read(provider: ZoneProvider, zone: str) -> ZoneContent:
    return await provider.zone_reader().read(zone)


def change(provider: ZoneProvider, changes: Sequence[RRsetChange], zone: str = ZONE) -> Outcome:
    """Change a zone."""
    return asyncio.run(_change(provider, changes, zone))


async def _change(provider: ZoneProvider, changes: Sequence[RRsetChange], zone: str) -> Outcome:
    return await provider.zone_writer().change(zone, changes)


def put(provider: ZoneProvider, name: str, rtype: str, ttl: int, values: tuple[str, ...]) -> Outcome:
    """Set an rrset to values, over whatever it is now; no values delete it."""
    before = read(provider).rrsets.get((name, rtype))
    after = RRset(name, rtype, ttl, tuple(sorted(values))) if values else None
    return change(provider, [RRsetChange(before, after)])


def _others(content: ZoneContent, *touched: RRsetKey) -> dict[RRsetKey, RRset]:
    return {key: rrset for key, rrset in content.rrsets.items() if key[1] != "SOA" and key not in touched}


def _refused(outcome: Outcome, code: str | None = None) -> None:
    assert isinstance(outcome, Failed), "the change was made"
    assert outcome.certain, "a refusal is certain"
    assert not outcome.retryable, "the same again is refused again"
    assert code is None or outcome.code == code


class ZoneProviderConformance:
    """The behaviour of a DNS provider. Derive, and give a fixture `provider`."""

    #: Whether the provider raises the SOA's serial where it can be seen.
    raises_serial = True

    def test_lists_its_zone(self, provider: ZoneProvider) -> None:
        """The zone is among those it hosts."""
        assert ZONE in asyncio.run(_zones(provider))

    def test_reads_what_is_there(self, provider: ZoneProvider) -> None:
        """Every rrset is read in the form in which it is compared, and read the same twice."""
        content = read(provider)
        assert {rrset.id: rrset for rrset in FOREIGN}.items() <= dict(content.rrsets).items()
        assert content == read(provider)
        assert all(name == name.lower() and not name.endswith(".") for name, _ in content.rrsets)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_writes_and_reads_back(self, provider: ZoneProvider, shape: str) -> None:
        """What is written is read back as it was, nothing else moves, and deleting it leaves what was before."""
        relative, rtype, values = SHAPES[shape]
        name, before = f"{relative}.{ZONE}", read(provider)
        assert put(provider, name, rtype, 600, values) == Done()
        after = read(provider)
        assert after.rrsets[name, rtype] == RRset(name, rtype, 600, tuple(sorted(values)))
        assert _others(after, (name, rtype)) == _others(before)
        assert put(provider, name, rtype, 600, ()) == Done()
        assert _others(read(provider)) == _others(before)

    def test_changes_a_value_of_a_shared_rrset(self, provider: ZoneProvider) -> None:
        """One value is exchanged beside another that stays."""
        values = ('"google-site-verification=abc"', '"v=spf1 mx include:_spf.example.net -all"')
        assert put(provider, ZONE, "TXT", 3600, values) == Done()
        assert read(provider).rrsets[ZONE, "TXT"].values == values

    def test_changes_the_ttl_alone(self, provider: ZoneProvider) -> None:
        """A TTL is changed on every value of an rrset, and on nothing else."""
        before = read(provider)
        assert put(provider, ZONE, "TXT", 300, before.rrsets[ZONE, "TXT"].values) == Done()
        after = read(provider)
        assert after.rrsets[ZONE, "TXT"].ttl == 300  # noqa: PLR2004
        assert _others(after, (ZONE, "TXT")) == _others(before, (ZONE, "TXT"))

    def test_changes_a_type_at_a_name(self, provider: ZoneProvider) -> None:
        """A CNAME gives way to an address in one change."""
        alias = read(provider).rrsets["www.example.org", "CNAME"]
        address = RRset("www.example.org", "A", 300, ("192.0.2.80",))
        assert change(provider, [RRsetChange(alias, None), RRsetChange(None, address)]) == Done()
        rrsets = read(provider).rrsets
        assert rrsets[address.id] == address
        assert alias.id not in rrsets

    def test_raises_the_serial(self, provider: ZoneProvider) -> None:
        """A change is seen by secondaries."""
        before = read(provider).serial
        assert put(provider, f"new.{ZONE}", "A", 300, ("192.0.2.1",)) == Done()
        if self.raises_serial:
            assert before is not None
            assert 0 < ((read(provider).serial or 0) - before) % 2**32 < 2**31

    def test_refuses_a_cname_beside_data(self, provider: ZoneProvider) -> None:
        """A name with other data gets no CNAME, and a CNAME gets no company (RFC 1034 §3.6.2)."""
        before = read(provider)
        _refused(put(provider, "mail.example.org", "CNAME", 300, ("www.example.net.",)))
        _refused(put(provider, "www.example.org", "A", 300, ("192.0.2.1",)))
        assert read(provider) == before

    def test_refuses_a_stale_change(self, provider: ZoneProvider) -> None:
        """Somebody else's change between read and write is not written over."""
        stale = read(provider).rrsets[ZONE, "TXT"]
        assert put(provider, ZONE, "TXT", 3600, (*stale.values, '"another=1"')) == Done()
        now = read(provider)
        _refused(change(provider, [RRsetChange(stale, RRset(ZONE, "TXT", 3600, ('"mine"',)))]), "conflict")
        _refused(change(provider, [RRsetChange(stale, None)]), "conflict")
        assert read(provider) == now

    def test_refuses_to_make_what_is_there(self, provider: ZoneProvider) -> None:
        """A create of an rrset that exists, even with the same data, is a conflict."""
        _refused(change(provider, [RRsetChange(None, FOREIGN[2])]), "conflict")

    def test_refuses_to_delete_what_is_not_there(self, provider: ZoneProvider) -> None:
        """A delete of an rrset that is gone is a conflict."""
        gone = RRset(f"gone.{ZONE}", "A", 300, ("192.0.2.1",))
        _refused(change(provider, [RRsetChange(gone, None)]), "conflict")

    def test_makes_all_changes_or_none(self, provider: ZoneProvider) -> None:
        """A refused change takes the others of its call with it."""
        before = read(provider)
        good = RRsetChange(None, RRset(f"good.{ZONE}", "A", 300, ("192.0.2.1",)))
        bad = RRsetChange(None, RRset("mail.example.org", "CNAME", 300, ("www.example.net.",)))
        _refused(change(provider, [good, bad]))
        assert read(provider) == before

    def test_refuses_a_name_of_another_zone(self, provider: ZoneProvider) -> None:
        """A name outside the zone is not written into it."""
        _refused(change(provider, [RRsetChange(None, RRset("www.example.net", "A", 300, ("192.0.2.1",)))]))

    def test_knows_no_other_zone(self, provider: ZoneProvider) -> None:
        """A zone it does not host can neither be read nor changed."""
        with pytest.raises(ProviderError, match=r"nowhere\.example"):
            read(provider, "nowhere.example")
        new = RRset("www.nowhere.example", "A", 300, ("192.0.2.1",))
        _refused(change(provider, [RRsetChange(None, new)], "nowhere.example"))

    def test_changes_many_at_once(self, provider: ZoneProvider) -> None:
        """Five hundred rrsets go in and out in one call each."""
        before = read(provider)
        new = [RRset(f"h{number}.{ZONE}", "A", 300, (f"192.0.2.{number % 250}",)) for number in range(500)]
        assert change(provider, [RRsetChange(None, each) for each in new]) == Done()
        assert {each.id: each for each in new}.items() <= dict(read(provider).rrsets).items()
        assert change(provider, [RRsetChange(each, None) for each in new]) == Done()
        assert _others(read(provider)) == _others(before)


async def _zones(provider: ZoneProvider) -> Sequence[str]:
    return await provider.zone_reader().zones()
