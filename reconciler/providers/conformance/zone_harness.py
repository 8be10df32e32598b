"""What the zone kit's checks stand on: the author's hooks, and a zone read, changed and compared."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

import pytest

from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone_data import FOREIGN, ZONE
from reconciler.providers.reader import NamedZoneReader
from reconciler.providers.writer import Done, Failed, Outcome

#: What a provider is asked for that can not list its zone.
KEYS: tuple[RRsetKey, ...] = tuple(
    dict.fromkeys(
        (
            (ZONE, "SOA"),
            (ZONE, "NS"),
            *(rrset.id for rrset in FOREIGN),
            (f"good.{ZONE}", "A"),
            (f"new.{ZONE}", "A"),
            (f"www.{ZONE}", "A"),
        )
    )
)


class ZoneHarness:
    """The hooks of the kit; `ZoneProviderConformance` tells what each is for."""

    raises_serial = True
    compares = True
    many = 10_000
    secrets: Sequence[str] = ()

    def meddle(self, provider: ZoneProvider, change: RRsetChange) -> None:
        """Let somebody else make a change, behind the provider's back."""
        outcome = asyncio.run(provider.zone_writer().change(ZONE, [change]))
        assert outcome == Done(), "the other one's change is made"

    def raw(self, provider: ZoneProvider) -> str | None:  # noqa: ARG002 - for authors
        """Return the zone's text as the host has it."""
        return None

    def with_wrong_key(self, provider: ZoneProvider) -> ZoneProvider | None:  # noqa: ARG002
        """Return a provider of the same zone whose credentials are wrong."""
        return None

    def unreachable(self, provider: ZoneProvider) -> ZoneProvider | None:  # noqa: ARG002
        """Return a provider of the same zone whose host does not answer."""
        return None

    def lines(self, provider: ZoneProvider) -> list[str]:
        """The lines of the raw text, less that with the serial."""
        text = self.raw(provider)
        return [] if text is None else [line for line in text.splitlines() if "SOA" not in line.split()]

    def ttl(self, provider: ZoneProvider, seconds: int = 600) -> int:
        """A TTL that the provider takes."""
        return max(seconds, provider.capabilities.zones.min_ttl)


def skip(why: str) -> NoReturn:
    """Leave a check out."""
    pytest.skip(why)


def read(provider: ZoneProvider, zone: str = ZONE, keys: Sequence[RRsetKey] = ()) -> ZoneContent:
    """Read a zone; of one that can not be listed, what the kit works with and the given rrsets."""
    reader = provider.zone_reader()
    if isinstance(reader, NamedZoneReader):
        return asyncio.run(reader.read_names(zone, [*KEYS, *keys] if zone == ZONE else keys or [(zone, "A")]))
    return asyncio.run(_read(provider, zone))


async def _read(provider: ZoneProvider, zone: str) -> ZoneContent:
    return await provider.zone_reader().read(zone)


def change(provider: ZoneProvider, changes: Sequence[RRsetChange], zone: str = ZONE) -> Outcome:
    """Change a zone."""
    return asyncio.run(_change(provider, changes, zone))


async def _change(provider: ZoneProvider, changes: Sequence[RRsetChange], zone: str) -> Outcome:
    return await provider.zone_writer().change(zone, changes)


def put(provider: ZoneProvider, name: str, rtype: str, ttl: int, values: Iterable[str]) -> Outcome:
    """Set an rrset to values, over whatever it is now; no values delete it."""
    key = name, rtype
    before = read(provider, keys=[key]).rrsets.get(key)
    given = tuple(sorted(values))
    return change(provider, [RRsetChange(before, RRset(name, rtype, ttl, given) if given else None)])


def told(provider: ZoneProvider, rrsets: Iterable[RRset]) -> dict[RRsetKey, RRset]:
    """Rrsets as the provider would tell them: with no TTL of their own where the zone has one for all."""
    limits = provider.capabilities.zones
    return {
        each.id: replace(each, ttl=0 if limits.zone_ttl else max(each.ttl, limits.min_ttl))
        for each in rrsets
        if each.type != "SOA"
    }


def shown(provider: ZoneProvider, content: ZoneContent, *touched: RRsetKey) -> dict[RRsetKey, RRset]:
    """The rrsets of a zone, less its SOA and those touched, in a form to be compared."""
    return told(provider, (rrset for key, rrset in content.rrsets.items() if key not in touched))


def same(provider: ZoneProvider, before: ZoneContent, *touched: RRsetKey, keys: Sequence[RRsetKey] = ()) -> bool:
    """Whether nothing has moved in the zone but what was touched."""
    after = read(provider, keys=keys)
    return after.ttl == before.ttl and shown(provider, after, *touched) == shown(provider, before, *touched)


def refused(outcome: Outcome, code: str | None = None) -> Failed:
    """Assert that a change was surely not made, and that to repeat it makes no sense."""
    assert isinstance(outcome, Failed), "the change was made"
    assert outcome.certain, f"a refusal is certain: {outcome}"
    assert not outcome.retryable, f"the same again is refused again: {outcome}"
    assert code is None or outcome.code == code, f"the code is {code}: {outcome}"
    return outcome
