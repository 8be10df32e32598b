"""Zone checks: nothing is written over what somebody else wrote, and nothing that a zone can not be."""

import asyncio
from collections.abc import Sequence

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone_data import FOREIGN, ZONE
from reconciler.providers.conformance.zone_harness import ZoneHarness, change, put, read, refused, same, shown, skip
from reconciler.providers.writer import Done, Failed, Outcome

_TEXT = (ZONE, "TXT")
_WRITERS = 4


class ConflictChecks(ZoneHarness):
    """What must not be written."""

    def test_refuses_a_cname_beside_data(self, provider: ZoneProvider) -> None:
        """A name with other data gets no CNAME, and a CNAME gets no company (RFC 1034 §3.6.2)."""
        before = read(provider)
        refused(put(provider, "mail.example.org", "CNAME", self.ttl(provider), ("www.example.net.",)))
        refused(put(provider, "www.example.org", "A", self.ttl(provider), ("192.0.2.1",)))
        assert same(provider, before)

    def test_refuses_two_cnames(self, provider: ZoneProvider) -> None:
        """A name is the alias of one name at most, and what it is stays."""
        before = read(provider)
        refused(put(provider, "www.example.org", "CNAME", 3600, ("mail.example.org.", "www.example.net.")))
        assert same(provider, before)

    def test_refuses_a_stale_change(self, provider: ZoneProvider) -> None:
        """Somebody else's change between read and write is not written over."""
        stale = read(provider).rrsets[_TEXT]
        theirs = RRset(ZONE, "TXT", stale.ttl, tuple(sorted((*stale.values, '"another=1"'))))
        self.meddle(provider, RRsetChange(stale, theirs))
        now, lines = read(provider), self.lines(provider)
        assert now.rrsets[_TEXT].values == theirs.values, "what somebody else wrote is read"
        refused(change(provider, [RRsetChange(stale, RRset(ZONE, "TXT", stale.ttl, ('"mine"',)))]), "conflict")
        refused(change(provider, [RRsetChange(stale, None)]), "conflict")
        assert same(provider, now)
        assert self.lines(provider) == lines

    def test_refuses_a_change_of_what_somebody_else_deleted(self, provider: ZoneProvider) -> None:
        """What is gone is not made again by a change of it."""
        stale = read(provider).rrsets["mail.example.org", "AAAA"]
        self.meddle(provider, RRsetChange(stale, None))
        now = read(provider)
        assert stale.id not in now.rrsets
        refused(change(provider, [RRsetChange(stale, RRset(*stale.id, stale.ttl, ("2001:db8::26",)))]), "conflict")
        assert same(provider, now)

    def test_refuses_to_make_what_somebody_else_made(self, provider: ZoneProvider) -> None:
        """A name that was free when it was read is not, and stays somebody else's."""
        key = f"new.{ZONE}", "A"
        assert key not in read(provider).rrsets
        self.meddle(provider, RRsetChange(None, RRset(*key, self.ttl(provider), ("192.0.2.66",))))
        now = read(provider)
        ours = RRset(*key, self.ttl(provider), ("192.0.2.1",))
        refused(change(provider, [RRsetChange(None, ours)]), "conflict")
        assert same(provider, now)

    def test_lets_others_change_what_is_theirs(self, provider: ZoneProvider) -> None:
        """Somebody else's change of another rrset is no conflict, and both changes stand."""
        before = read(provider)
        mx, text = before.rrsets[ZONE, "MX"], before.rrsets[_TEXT]
        theirs = RRset(*mx.id, mx.ttl, ("20 mail.example.org.",))
        ours = RRset(*text.id, text.ttl, ('"google-site-verification=abc"', '"v=spf1 -all"'))
        self.meddle(provider, RRsetChange(mx, theirs))
        assert change(provider, [RRsetChange(text, ours)]) == Done()
        rrsets = read(provider).rrsets
        assert rrsets[mx.id].values == theirs.values
        assert rrsets[text.id].values == ours.values
        assert same(provider, before, mx.id, text.id)

    def test_lets_one_of_several_writers_win(self, provider: ZoneProvider) -> None:
        """Of changes made from the same reading at the same moment one is made, and the others are conflicts."""
        if not self.compares:
            skip("the host can not compare before it writes")
        stale = read(provider).rrsets[_TEXT]
        wanted = [RRset(*stale.id, stale.ttl, (f'"writer={number}"',)) for number in range(_WRITERS)]
        outcomes = asyncio.run(_at_once(provider, [RRsetChange(stale, each) for each in wanted]))
        (won,) = [each for each, outcome in zip(wanted, outcomes, strict=True) if outcome == Done()]
        assert {outcome.code for outcome in outcomes if isinstance(outcome, Failed)} == {"conflict"}
        assert read(provider).rrsets[stale.id].values == won.values

    def test_refuses_to_make_what_is_there(self, provider: ZoneProvider) -> None:
        """A create of an rrset that exists, even with the same data, is a conflict."""
        refused(change(provider, [RRsetChange(None, read(provider).rrsets[FOREIGN[2].id])]), "conflict")

    def test_refuses_to_delete_what_is_not_there(self, provider: ZoneProvider) -> None:
        """A delete of an rrset that is gone is a conflict."""
        gone = RRset(f"gone.{ZONE}", "A", self.ttl(provider), ("192.0.2.1",))
        refused(change(provider, [RRsetChange(gone, None)]), "conflict")

    def test_makes_all_changes_or_none(self, provider: ZoneProvider) -> None:
        """A refused change takes the others of its call with it, wherever it stands among them."""
        before, lines = read(provider), self.lines(provider)
        good = RRsetChange(None, RRset(f"good.{ZONE}", "A", self.ttl(provider), ("192.0.2.1",)))
        bad = RRsetChange(None, RRset("mail.example.org", "CNAME", self.ttl(provider), ("www.example.net.",)))
        refused(change(provider, [good, bad]))
        refused(change(provider, [bad, good]))
        assert same(provider, before)
        assert shown(provider, before).keys() == shown(provider, read(provider)).keys()
        assert self.lines(provider) == lines

    def test_refuses_a_name_of_another_zone(self, provider: ZoneProvider) -> None:
        """A name outside the zone is not written into it, nor one that only ends alike."""
        for name in ("www.example.net", f"my{ZONE}", "org"):
            refused(change(provider, [RRsetChange(None, RRset(name, "A", self.ttl(provider), ("192.0.2.1",)))]))

    def test_leaves_soa_and_name_servers(self, provider: ZoneProvider) -> None:
        """The SOA record and the zone's own name servers are the host's."""
        before = read(provider)
        for rtype in ("SOA", "NS"):
            rrset = before.rrsets.get((ZONE, rtype))
            if rrset is not None:
                refused(change(provider, [RRsetChange(rrset, None)]))
        assert same(provider, before)


async def _at_once(provider: ZoneProvider, changes: Sequence[RRsetChange]) -> list[Outcome]:
    writer = provider.zone_writer()
    return await asyncio.gather(*(writer.change(ZONE, [each]) for each in changes))
