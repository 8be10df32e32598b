"""Reading the world for a plan: all providers at once, through readers alone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reconciler.dns.adjust import adjust
from reconciler.dns.derive import derive
from reconciler.dns.records import RecordReader
from reconciler.model.desired import Declaration, Desired
from reconciler.model.diagnostic import Diagnostic, stop_on_errors
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState, Inventory
from reconciler.model.resources import Domain, Record
from reconciler.plan.inputs import PlanInputs
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import MailReader, MailSettings, ZoneReader


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
    """What was read: the providers' inventory, and the records each domain needs at them."""

    actual: Inventory
    records: Mapping[str, Declaration]
    warnings: tuple[Diagnostic, ...]


async def read_world(desired: Desired, applied: AppliedState, readers: Readers) -> World:
    """Read all providers that the files or the state speak of.

    Raises:
        Problem: If the records a domain needs can not be derived.
        ProviderError: If a provider can not be read.
    """
    lives, hosted = await asyncio.gather(
        asyncio.gather(*(reader.read() for reader in readers.mail.values())),
        asyncio.gather(*(reader.zones() for reader in readers.zones.values())),
    )
    derived = derive(
        desired,
        lambda domain: mail_settings(desired, readers, domain),
        dict(zip(readers.zones, hosted, strict=True)),
    )
    warnings = stop_on_errors(derived.diagnostics)
    wanted = _zones(derived.declarations, applied)
    records = await asyncio.gather(
        *(RecordReader(reader).read_zones(sorted(wanted.get(name, ()))) for name, reader in readers.zones.items())
    )
    return World(
        Inventory((*zip(readers.mail, lives, strict=True), *zip(readers.zones, records, strict=True))),
        derived.declarations,
        warnings,
    )


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


def inputs_of(desired: Desired, applied: AppliedState, world: World, readers: Readers, today: date) -> PlanInputs:
    """Put together what planning is given, with the records adjusted to what is there (never a phantom change)."""
    adjusted = adjust(world.records, world.actual, applied)
    warnings = stop_on_errors(adjusted.diagnostics)
    return PlanInputs(
        desired=desired,
        actual=world.actual,
        applied=applied,
        capabilities=readers.capabilities,
        today=today,
        records=adjusted.declarations,
        releases=adjusted.releases,
        backups=backups_there(desired),
        warnings=(*world.warnings, *warnings),
    )


def _zones(records: Mapping[str, Declaration], applied: AppliedState) -> dict[str, set[str]]:
    zones: dict[str, set[str]] = {}
    for declaration in records.values():
        if isinstance(declaration.resource, Record) and declaration.resource.zone:
            zones.setdefault(declaration.provider, set()).add(declaration.resource.zone)
    for (kind, _), past in applied.resources.items():
        if kind is Kind.RECORD and isinstance(past.resource, Record) and past.resource.zone:
            zones.setdefault(past.provider, set()).add(past.resource.zone)
    return zones
