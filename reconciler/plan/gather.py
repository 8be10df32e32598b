"""Reading the world for a plan: all providers at once, through readers alone."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from reconciler.dns.adjust import adjust
from reconciler.dns.derive import derive
from reconciler.dns.fitting import fit
from reconciler.dns.phases import Scene, Times, hold, negative_ttl, widen
from reconciler.dns.records import read_zone, records_of
from reconciler.model.desired import Declaration, Desired, Tombstone
from reconciler.model.diagnostic import Diagnostic, stop_on_errors
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState, Inventory, Live
from reconciler.model.resources import Domain, Record
from reconciler.model.rrsets import RRsetKey, ZoneContent
from reconciler.plan.inputs import PlanInputs
from reconciler.plan.oddities import judged, read_candidly
from reconciler.providers.archive.manifest import ArchiveError, Manifest, verify
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import MailReader, MailSettings, Oddity, ZoneReader


@dataclass(frozen=True, slots=True)
class Readers:
    """Every configured provider, for reading, by its configured name."""

    mail: Mapping[str, MailReader]
    zones: Mapping[str, ZoneReader]

    @property
    def capabilities(self) -> dict[str, Capabilities]:
        """What each provider can do."""
        return {
            **{name: reader.capabilities for name, reader in self.mail.items()},
            **{name: reader.capabilities for name, reader in self.zones.items()},
        }


@dataclass(frozen=True, slots=True)
class World:
    """What was read: the providers' inventory, and the records each domain needs at them.

    Attributes:
        actual: What the providers have.
        records: What each domain needs, by record key.
        zones: The zones that were read, by provider and zone.
        warnings: What was found on the way that stops nothing.
        oddities: What the providers have and no declaration can express, by provider.
    """

    actual: Inventory
    records: Mapping[str, Declaration]
    zones: Mapping[tuple[str, str], ZoneContent]
    warnings: tuple[Diagnostic, ...]
    oddities: Mapping[str, Sequence[Oddity]] = field(default_factory=dict)


async def read_world(desired: Desired, applied: AppliedState, readers: Readers) -> World:
    """Read all providers that the files or the state speak of.

    Raises:
        Problem: If the records a domain needs can not be derived, or something under management is not expressible.
        ProviderError: If a provider can not be read.
    """
    read, hosted = await asyncio.gather(
        asyncio.gather(*map(read_candidly, readers.mail.values())),
        asyncio.gather(*(reader.zones() for reader in readers.zones.values())),
    )
    derived = derive(
        desired,
        lambda domain: mail_settings(desired, readers, domain),
        dict(zip(readers.zones, hosted, strict=True)),
    )
    oddities = {name: odd for name, (_, odd) in zip(readers.mail, read, strict=True) if odd}
    warnings = stop_on_errors((*derived.diagnostics, *judged(oddities, desired, applied)))
    zones = await _read_zones(_wanted(derived.declarations, applied), readers)
    records: dict[str, list[Live]] = {}
    for (provider, _), content in zones.items():
        records.setdefault(provider, []).extend(map(Live, records_of(content)))
    lives = ((name, found) for name, (found, _) in zip(readers.mail, read, strict=True))
    return World(Inventory((*lives, *records.items())), derived.declarations, zones, warnings, oddities)


async def _read_zones(
    wanted: Mapping[tuple[str, str], set[RRsetKey]], readers: Readers
) -> dict[tuple[str, str], ZoneContent]:
    """Read zones, as many at once as each provider takes."""
    gates = {name: asyncio.Semaphore(max(1, reader.capabilities.concurrency)) for name, reader in readers.zones.items()}

    async def read(provider: str, zone: str) -> ZoneContent:
        async with gates[provider]:
            return await read_zone(readers.zones[provider], zone, sorted(wanted[provider, zone]))

    places = sorted(place for place in wanted if place[0] in readers.zones)
    return dict(zip(places, await asyncio.gather(*(read(*place) for place in places)), strict=True))


def mail_settings(desired: Desired, readers: Readers, domain: str) -> MailSettings | None:
    """What the provider of a domain's instance publishes for it; None where nobody hosts its mail here."""
    declaration = desired.of(Kind.DOMAIN).get(domain)
    if declaration is None or not isinstance(declaration.resource, Domain):
        return None
    reader = readers.mail.get(declaration.provider)
    return None if reader is None else reader.mail_settings(domain)


def backups_there(desired: Desired) -> frozenset[str]:
    """The backups that tombstones name and that exist at this moment."""
    named = {tombstone.backup for tombstone in desired.tombstones.values() if tombstone.backup is not None}
    return frozenset(path for path in named if Path(path).exists())


def archives_there(tombstones: Iterable[Tombstone]) -> dict[str, Manifest | str]:
    """The archives that are there already of those that tombstones have made; what is wrong with one in a sentence."""
    found: dict[str, Manifest | str] = {}
    for tombstone in tombstones:
        if tombstone.backup_to is not None and os.path.lexists(tombstone.backup_to):
            try:
                found[tombstone.backup_to] = verify(Path(tombstone.backup_to), tombstone.key)
            except ArchiveError as error:
                found[tombstone.backup_to] = str(error)
    return found


def inputs_of(
    desired: Desired,
    applied: AppliedState,
    world: World,
    readers: Readers,
    now: float,
    *,
    unseen: Mapping[str, str] | None = None,
) -> PlanInputs:
    """Put together what planning is given, with the records adjusted to what is there (never a phantom change).

    Args:
        desired: What the files say.
        applied: What the last run left.
        world: What was read.
        readers: For what the providers can do.
        now: Seconds since the epoch, by the operator's clock.
        unseen: See `dns.phases.hold`.

    Raises:
        Problem: If a record can not stand where it is to stand.
    """
    capabilities = readers.capabilities
    scene = Scene(desired.dns, world.actual, applied, times_of(world, readers, now))
    widened, later = widen(world.records, scene)
    fitted = fit(widened, capabilities, world.zones)
    adjusted = adjust(fitted.declarations, world.actual, applied)
    warnings = stop_on_errors((*fitted.diagnostics, *adjusted.diagnostics))
    staged = hold(adjusted.declarations, scene, unseen)
    return PlanInputs(
        desired=desired,
        actual=world.actual,
        applied=applied,
        capabilities=capabilities,
        today=date.fromtimestamp(now),  # noqa: DTZ012 - the operator's own day
        records=staged.declarations,
        releases=adjusted.releases,
        backups=backups_there(desired),
        archives=archives_there(_at_stake(desired, world.actual)),
        warnings=(*world.warnings, *warnings),
        held=(*staged.held, *later),
        keeps=staged.keeps,
        verify=staged.verify,
        now=now,
    )


def _at_stake(desired: Desired, actual: Inventory) -> Iterator[Tombstone]:
    """The tombstones of what some provider has: the archives of what is gone are not read again and again."""
    for (kind, key), tombstone in desired.tombstones.items():
        if any(of is kind and key in lives for _, of, lives in actual.groups()):
            yield tombstone


def times_of(world: World, readers: Readers, now: float) -> Times:
    """Return what the phases of a switch know of time; `now` is in seconds since the epoch."""
    fixed = frozenset(name for name, able in readers.capabilities.items() if able.zones.zone_ttl)
    return Times(now, {place: negative_ttl(content) for place, content in world.zones.items()}, fixed)


def _wanted(records: Mapping[str, Declaration], applied: AppliedState) -> dict[tuple[str, str], set[RRsetKey]]:
    """The zones to read, by provider and zone, each with the rrsets that matter in it."""
    wanted: dict[tuple[str, str], set[RRsetKey]] = {}
    resources = [(each.provider, each.resource) for each in records.values()]
    resources += [
        (past.provider, past.resource) for (kind, _), past in applied.resources.items() if kind is Kind.RECORD
    ]
    for provider, record in resources:
        if isinstance(record, Record) and record.zone:
            wanted.setdefault((provider, record.zone), set()).add((record.name, record.type))
    return wanted
