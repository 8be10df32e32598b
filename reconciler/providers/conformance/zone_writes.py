"""Zone checks: what is written is read, in every shape, and what a provider can not hold is said and refused."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone_data import FOREIGN, SHAPES, ZONE
from reconciler.providers.conformance.zone_harness import (
    ZoneHarness,
    change,
    put,
    read,
    refused,
    same,
    shown,
    skip,
    told,
)
from reconciler.providers.limits import refusal
from reconciler.providers.writer import Done

_TEXT = (ZONE, "TXT")
_NAMES = frozenset({"CNAME", "MX", "NS", "SRV", "PTR"})  # types whose data ends with a name


class WriteChecks(ZoneHarness):
    """What goes in and out."""

    def test_lists_its_zone(self, provider: ZoneProvider) -> None:
        """The zone is among those it hosts."""
        assert ZONE in asyncio.run(_zones(provider))

    def test_reads_what_is_there(self, provider: ZoneProvider) -> None:
        """Every rrset is read in the form in which it is compared, and read the same twice."""
        content = read(provider)
        assert told(provider, FOREIGN).items() <= shown(provider, content).items()
        assert content == read(provider)
        for (name, rtype), rrset in content.rrsets.items():
            assert name == name.lower()
            assert not name.endswith(".")
            assert rrset.id == (name, rtype)
            assert list(rrset.values) == sorted(set(rrset.values))
            if rtype in _NAMES:
                assert all(value == value.lower() and value.endswith(".") for value in rrset.values)

    def test_tells_the_one_ttl_of_a_zone(self, provider: ZoneProvider) -> None:
        """Where all records have the zone's TTL, the zone tells it, and each record has it; else there is none."""
        content = read(provider)
        if not provider.capabilities.zones.zone_ttl:
            assert content.ttl is None
            return
        assert content.ttl is not None
        assert {rrset.ttl for rrset in content.rrsets.values() if rrset.type != "SOA"} == {content.ttl}

    @pytest.mark.parametrize("shape", SHAPES)
    def test_writes_and_reads_back(self, provider: ZoneProvider, shape: str) -> None:
        """What is written is read back as it was, nothing else moves, and deleting it leaves what was before.

        What the provider can not hold, its limits say and its writer refuses.
        """
        relative, rtype, values = SHAPES[shape]
        rrset = RRset(f"{relative}.{ZONE}", rtype, self.ttl(provider), tuple(sorted(values)))
        keys = [rrset.id]
        before, lines = read(provider, keys=keys), Counter(self.lines(provider))
        if refusal(provider.capabilities.zones, rrset, ZONE):
            refused(change(provider, [RRsetChange(None, rrset)]))
            assert same(provider, before, keys=keys)
            assert Counter(self.lines(provider)) == lines
            return
        assert change(provider, [RRsetChange(None, rrset)]) == Done()
        after = read(provider, keys=keys)
        assert told(provider, [after.rrsets[rrset.id]]) == told(provider, [rrset])
        assert after.ttl == before.ttl
        assert shown(provider, after, rrset.id) == shown(provider, before)
        assert lines <= Counter(self.lines(provider)), "the lines of others are as they were"
        assert change(provider, [RRsetChange(after.rrsets[rrset.id], None)]) == Done()
        assert same(provider, before, keys=keys)
        assert Counter(self.lines(provider)) == lines

    def test_refuses_an_alias_at_the_apex(self, provider: ZoneProvider) -> None:
        """A CNAME at the zone's own name is refused, also where all that can be deleted is deleted."""
        before = read(provider)
        changes = [RRsetChange(before.rrsets[each.id], None) for each in FOREIGN if each.name == ZONE]
        alias = RRset(ZONE, "CNAME", self.ttl(provider), ("www.example.net.",))
        refused(change(provider, [RRsetChange(None, alias)]))
        refused(change(provider, [*changes, RRsetChange(None, alias)]))
        assert same(provider, before)

    def test_changes_a_value_of_a_shared_rrset(self, provider: ZoneProvider) -> None:
        """One value is exchanged, added and taken away beside another that stays."""
        foreign, ours = '"google-site-verification=abc"', '"v=spf1 mx include:_spf.example.net -all"'
        before = read(provider)
        for values in ((foreign, ours), (foreign, '"new"', ours), (foreign,)):
            assert put(provider, ZONE, "TXT", 3600, values) == Done()
            assert read(provider).rrsets[_TEXT].values == tuple(sorted(values))
            assert same(provider, before, _TEXT)

    def test_leaves_the_lines_of_others(self, provider: ZoneProvider) -> None:
        """Of a shared rrset the other values stay to the octet as they stood at the host."""
        lines = self.lines(provider)
        if not lines:
            skip("the host's own text is not to be seen")
        (own,) = [line for line in lines if "v=spf1" in line]
        assert put(provider, ZONE, "TXT", 3600, ('"google-site-verification=abc"', '"v=spf1 -all"')) == Done()
        left = Counter(self.lines(provider))
        assert Counter(line for line in lines if line != own) <= left
        assert left[own] == 0
        assert left.total() == len(lines)

    def test_changes_the_ttl_alone(self, provider: ZoneProvider) -> None:
        """A TTL is changed on every value of an rrset, and on nothing else; never that of a whole zone."""
        before = read(provider)
        seconds, limits = self.ttl(provider, 300), provider.capabilities.zones
        outcome = put(provider, ZONE, "TXT", seconds, before.rrsets[_TEXT].values)
        after = read(provider)
        assert after.rrsets[_TEXT].values == before.rrsets[_TEXT].values
        assert same(provider, before, _TEXT)
        if not limits.zone_ttl:
            assert outcome == Done()
            assert after.rrsets[_TEXT].ttl == seconds

    def test_changes_a_type_at_a_name(self, provider: ZoneProvider) -> None:
        """A CNAME gives way to an address in one change, and comes back in another."""
        before = read(provider)
        alias = before.rrsets["www.example.org", "CNAME"]
        address = RRset("www.example.org", "A", self.ttl(provider), ("192.0.2.80",))
        assert change(provider, [RRsetChange(alias, None), RRsetChange(None, address)]) == Done()
        rrsets = read(provider).rrsets
        assert told(provider, [rrsets[address.id]]) == told(provider, [address])
        assert alias.id not in rrsets
        assert change(provider, [RRsetChange(rrsets[address.id], None), RRsetChange(None, alias)]) == Done()
        assert same(provider, before)

    def test_changes_what_is_spelled_otherwise(self, provider: ZoneProvider) -> None:
        """A name or target that the host has in upper case is changed and deleted like any other."""
        before = read(provider)
        assert put(provider, "www.example.org", "CNAME", 3600, ("host.example.net.",)) == Done()
        assert read(provider).rrsets["www.example.org", "CNAME"].values == ("host.example.net.",)
        assert put(provider, "www.example.org", "CNAME", 3600, ()) == Done()
        assert put(provider, "mail.example.org", "A", 300, ("192.0.2.26",)) == Done()
        rrsets = read(provider).rrsets
        assert ("www.example.org", "CNAME") not in rrsets
        assert rrsets["mail.example.org", "A"].values == ("192.0.2.26",)
        assert same(provider, before, ("www.example.org", "CNAME"), ("mail.example.org", "A"))

    def test_raises_the_serial(self, provider: ZoneProvider) -> None:
        """A change is seen by secondaries, and no change by nobody."""
        before = read(provider).serial
        assert change(provider, []) == Done()
        assert read(provider).serial == before
        assert put(provider, f"new.{ZONE}", "A", self.ttl(provider), ("192.0.2.1",)) == Done()
        if self.raises_serial:
            assert before is not None
            assert 0 < ((read(provider).serial or 0) - before) % 2**32 < 2**31

    def test_holds_many(self, provider: ZoneProvider) -> None:
        """Thousands of rrsets go in, are read, and one of them changes alone."""
        before, seconds = read(provider), self.ttl(provider)
        new = [
            RRset(f"h{number}.{ZONE}", "A", seconds, (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",))
            for number in range(self.many)
        ]
        keys = [rrset.id for rrset in new]
        batch = provider.capabilities.batch
        for at in range(0, len(new), batch):
            assert change(provider, [RRsetChange(None, each) for each in new[at : at + batch]]) == Done()
        content = read(provider, keys=keys)
        assert shown(provider, content) == shown(provider, before) | told(provider, new)
        one = content.rrsets[new[-1].id]
        other = RRset(one.name, one.type, seconds, ("192.0.2.99",))
        assert change(provider, [RRsetChange(one, other), RRsetChange(content.rrsets[new[0].id], None)]) == Done()
        after = read(provider, keys=keys)
        assert told(provider, [after.rrsets[one.id]]) == told(provider, [other])
        assert new[0].id not in after.rrsets
        assert shown(provider, after, one.id) == shown(provider, content, one.id, new[0].id)


async def _zones(provider: ZoneProvider) -> Sequence[str]:
    return await provider.zone_reader().zones()
