"""What name servers are asked for a plan: whether all show what has to be seen before an MX moves, and what is wrong.

Only authoritative servers are asked, so that no cache learns that a name is not there which soon will be.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from reconciler.dns.classes import value_class
from reconciler.dns.derive import zone_of
from reconciler.model.answers import Answer, Question, Status
from reconciler.model.desired import Desired
from reconciler.model.resources import Record
from reconciler.plan.gather import Readers, World
from reconciler.providers.capabilities import Capabilities

if TYPE_CHECKING:
    from reconciler.resolution.agreement import Agreement
    from reconciler.resolution.authorities import Authorities

_AT_ONCE = 20  # zones that are looked at together


def authorities(
    desired: Desired,
    readers: Readers,
    zones: Collection[tuple[str, str]],
    clock: Callable[[], float],
) -> "Authorities | None":
    """Return who can be asked, or None where nobody is to be.

    Without a `resolver` block the world is asked only where a zone stands that the world is answered from.

    Args:
        desired: What the files say.
        readers: For where a provider's servers are.
        zones: By provider and zone, those that matter.
        clock: Seconds since the epoch.
    """
    settings = desired.resolver
    able = readers.capabilities
    if settings is not None and settings.off:
        return None
    if settings is None and not any(able.get(provider, Capabilities()).public for provider, _ in zones):
        return None
    from reconciler.resolution.authorities import Authorities

    known = {zone: able[provider].servers for provider, zone in sorted(zones) if able[provider].servers}
    return Authorities(settings, known, clock=clock)


async def unseen(verify: Mapping[str, Sequence[Record]], asked: "Authorities") -> dict[str, str]:
    """Return by domain why its MX can not move yet: which server does not show what has to be seen first.

    Args:
        verify: Records by domain, as they are to be seen.
        asked: Whom to ask.
    """
    zones = {record.zone or "" for records in verify.values() for record in records}
    agreements = await _agreements({zone: _questions(verify, zone) for zone in sorted(zones)}, asked)
    found = {}
    for domain, records in verify.items():
        said = next((each for record in records if (each := _missing(record, agreements[record.zone or ""]))), None)
        if said is not None:
            found[domain] = said
    return found


async def zone_facts(zones: Mapping[str, Sequence[str]], asked: "Authorities") -> dict[str, Mapping[str, str]]:
    """Return what is wrong with the servers, the delegation and the signatures of zones, by zone.

    Args:
        zones: Zones, each with the servers that its provider uses, where they are known.
        asked: Whom to ask.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(zone: str) -> Mapping[str, str]:
        async with gate:
            return (await asked.zone_facts(zone, zones[zone])).facts

    names = sorted(zones)
    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


def zones_of(
    domains: Collection[str], desired: Desired, readers: Readers, world: World
) -> dict[str, tuple[str, Sequence[str]]]:
    """Return by domain the zone that the world is answered from, with the servers that its provider tells.

    A domain that stands in no such zone is left out.
    """
    able = readers.capabilities
    named = desired.resolver.authoritative if desired.resolver is not None else {}
    hosted: dict[str, set[str]] = {}
    for provider, name in world.zones:
        hosted.setdefault(provider, set()).add(name)
    found: dict[str, tuple[str, Sequence[str]]] = {}
    for domain in domains:
        settings = desired.dns.get(domain)
        if settings is None:
            continue
        zone = zone_of(domain, hosted.get(settings.provider, ()))
        if zone is not None and (able[settings.provider].public or zone in named):
            found[domain] = zone, able[settings.provider].servers or _name_servers(world, settings.provider, zone)
    return found


def _name_servers(world: World, provider: str, zone: str) -> tuple[str, ...]:
    """The servers that a zone names itself, where its provider shows them."""
    rrset = world.zones[provider, zone].rrsets.get((zone, "NS"))
    return () if rrset is None else tuple(value.rstrip(".") for value in rrset.values)


def _questions(verify: Mapping[str, Sequence[Record]], zone: str) -> list[Question]:
    asked = {Question(each.name, each.type) for records in verify.values() for each in records if each.zone == zone}
    return sorted(asked)


async def _agreements(questions: Mapping[str, Sequence[Question]], asked: "Authorities") -> dict[str, "Agreement"]:
    told = await asyncio.gather(*(asked.everywhere(zone, each) for zone, each in questions.items()))
    return dict(zip(questions, told, strict=True))


def _missing(record: Record, agreement: "Agreement") -> str | None:
    """Which server does not show a record, in words; None where all do."""
    question = Question(record.name, record.type)
    if not agreement.answers:
        return f"no name server of {agreement.zone} can be asked: {agreement.detail}"
    for server, answers in agreement.answers.items():
        answer = answers[question]
        if _values(answer, record) != set(record.values):
            detail = f": {answer.detail}" if answer.status is Status.FAILED else ""
            return f"{server} does not show {record.key} yet{detail}"
    return None


def _values(answer: Answer, record: Record) -> set[str]:
    """The values of the record's class in an answer."""
    return {
        value
        for value in answer.values
        if not record.value_class or value_class(record.name, record.type, value) == record.value_class
    }
