"""The provider: reading and changing zone files."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, Field

from reconciler.model.collector import paused
from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRsetChange, ZoneContent
from reconciler.model.scalars import DomainName, Strict, Text
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import ProviderError, ZoneReader
from reconciler.providers.writer import Done, Failed, Outcome, ZoneWriter
from reconciler.providers.zonefile.checks import refusal
from reconciler.providers.zonefile.content import ZoneFile, parse, read_text
from reconciler.providers.zonefile.edit import CanNotEdit, edited
from reconciler.providers.zonefile.files import found, listed, locked, replace_file
from reconciler.providers.zonefile.scan import BrokenZone, Context, scan
from reconciler.providers.zonefile.serial import raised
from reconciler.providers.zonefile.witness import disagreement, gather, without_includes

_CAPABILITIES = Capabilities(
    kinds=frozenset({Kind.RECORD}),
    updatable={Kind.RECORD: frozenset({"ttl", "values"})},
    storage_limited=False,
    concurrency=1,
    batch=100_000,
)


class ZonefileSettings(Strict):
    """The block of a provider of type `zonefile`."""

    directory: Text = Field(description="Folder of the zone files; included files must stand in it too.")
    zones: dict[DomainName, Text] = Field(
        default_factory=dict,
        description="File names of zones; without it, every file named ZONE.zone, ZONE or db.ZONE is one.",
    )


class ZonefileProvider:
    """Zone files in a folder, such as those of BIND, NSD or Knot, edited in place."""

    type_name: ClassVar[str] = "zonefile"
    summary: ClassVar[str] = "zone files in a folder (RFC 1035), edited line by line"
    settings_model: ClassVar[type[BaseModel]] = ZonefileSettings

    def __init__(self, name: str, settings: BaseModel, base: Path, *, today: Callable[[], date] = date.today) -> None:
        """Take the configured name, the settings, the folder relative paths start at, and a clock for serials."""
        assert isinstance(settings, ZonefileSettings)
        self.name = name
        self._store = _Store(name, base / settings.directory, dict(settings.zones), today)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return _CAPABILITIES

    def zone_reader(self) -> ZoneReader:
        """The way in for planning."""
        return _Reader(self._store)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        return _Writer(self._store)

    async def close(self) -> None:
        """Nothing is held open."""


class _Reader:
    def __init__(self, store: "_Store") -> None:
        self._store = store

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return _CAPABILITIES

    async def zones(self) -> Sequence[str]:
        """The zones that have a file."""
        return sorted(self._store.files())

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone."""
        return (await asyncio.to_thread(self._store.load, zone)).content


class _Writer:
    def __init__(self, store: "_Store") -> None:
        self._store = store

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none."""
        return await asyncio.to_thread(self._store.change, zone, changes)


class _Store:
    """The files behind reader and writer."""

    def __init__(self, name: str, directory: Path, named: dict[str, str], today: Callable[[], date]) -> None:
        self._name, self._directory, self._named, self._today = name, directory, named, today

    def files(self) -> dict[str, Path]:
        """The zones and their files."""
        return listed(self._directory, self._named)

    def _path(self, zone: str) -> Path:
        path = found(self._directory, self._named, zone)
        if path is None:
            raise ProviderError(
                f"the provider {self._name} has no zone file for {zone}",
                help=f"put one at {self._directory / (zone + '.zone')}; zones are not made here",
            )
        return path.resolve()

    def load(self, zone: str) -> ZoneFile:
        """Read a zone's file.

        Raises:
            ProviderError: If there is none, or it can not be read.
        """
        path = self._path(zone)
        try:
            with paused():
                return parse(path, zone, read_text(path), self._directory)
        except BrokenZone as error:
            raise ProviderError(
                f"the zone file of {zone} can not be read: {error.where}: {error}",
                help=f"see what `named-checkzone {zone} {path}` says",
            ) from None
        except OSError as error:
            raise ProviderError(
                f"the zone file {path} can not be read: {(error.strerror or '').lower()}",
                help=f"check that {path} exists and may be read",
            ) from None

    def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes or none."""
        try:
            path = self._path(zone)
            with locked(path.parent):
                return self._change(self.load(zone), changes)
        except ProviderError as error:
            return Failed(str(error), code="zone")
        except OSError as error:
            return Failed(f"the zone file of {zone} can not be written: {(error.strerror or '').lower()}", code="file")

    def _change(self, file: ZoneFile, changes: Sequence[RRsetChange]) -> Outcome:
        refused = refusal(file, changes)
        if refused is not None:
            return refused
        changes = [change for change in changes if change.before != change.after]
        if not changes:
            return Done()
        assert file.content.serial is not None, "parse gives one"
        serial = raised(file.content.serial, self._today())
        try:
            text = edited(file, changes, serial)
        except CanNotEdit as error:
            return Failed(str(error), code="not-editable")
        doubt = _doubt(file, text, changes, serial)
        if doubt is not None:
            return Failed(f"the zone file {file.path} can not be edited safely: {doubt}", code="not-editable")
        replace_file(file.path, text.encode("latin-1"))
        return Done()


def _doubt(file: ZoneFile, text: str, changes: Sequence[RRsetChange], serial: int) -> str | None:
    """What dnspython finds wrong in the new text; None where it differs from the old by the changes alone."""
    import dns.exception

    try:
        items = list(scan(text, Context(str(file.path), file.zone, file.zone, file.zone)))
        with paused():
            old = gather(without_includes(file.text, file.items), file.zone)
            new = gather(without_includes(text, items), file.zone)
            return disagreement(old, new, changes, file.zone, serial)
    except (dns.exception.DNSException, BrokenZone) as error:
        return str(error)
