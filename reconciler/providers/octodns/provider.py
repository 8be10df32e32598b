"""The provider: one class of octoDNS, read and written with our own hands on what it is given."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRsetChange, ZoneContent
from reconciler.model.secrets import SecretRef
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.octodns.errors import network, reason
from reconciler.providers.octodns.library import OctoClass, OctoProvider
from reconciler.providers.octodns.loading import arguments, provider_class, silence
from reconciler.providers.octodns.settings import OctoDnsSettings
from reconciler.providers.reader import ProviderError, ZoneReader
from reconciler.providers.refusals import conflict, refused
from reconciler.providers.writer import Done, Failed, Outcome, ZoneWriter
from reconciler.secrets import SecretError, look_up
from reconciler.secrets.settings import SecretSetting

if TYPE_CHECKING:
    from reconciler.providers.octodns.plans import Seen

_BATCH = 500  # what a provider of octoDNS hands its host in one request is not more, mostly


class OctoDnsProvider:
    """A DNS host that octoDNS has a provider for."""

    type_name: ClassVar[str] = "octodns"
    summary: ClassVar[str] = "any DNS host that octoDNS has a provider for (reconciler[octodns])"
    settings_model: ClassVar[type[BaseModel]] = OctoDnsSettings

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:
        """Take the configured name, the settings, and the folder relative paths start at.

        Raises:
            Problem: If octoDNS or the class is not installed.
        """
        assert isinstance(settings, OctoDnsSettings)
        cls = provider_class(settings.class_path)
        from reconciler.providers.octodns.rrsets import limits

        silence(cls, name)
        self._capabilities = Capabilities(
            kinds=frozenset({Kind.RECORD}),
            updatable={Kind.RECORD: frozenset({"ttl", "values"})},
            storage_limited=False,
            concurrency=1,
            batch=_BATCH,
            zones=limits(cls),
            public=True,
            servers=settings.servers,
        )
        self._host = _Host(name, cls, settings, base, self._capabilities)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    def zone_reader(self) -> ZoneReader:
        """The way in for planning."""
        return _Reader(self._host)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        return _Writer(self._host)

    async def close(self) -> None:
        """Nothing is held open: octoDNS's providers are made for one reading or writing."""


class _Reader:
    def __init__(self, host: "_Host") -> None:
        self._host = host

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self._host.capabilities

    async def zones(self) -> Sequence[str]:
        """The zones it is configured to host."""
        return sorted(self._host.zones)

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone of a type that octoDNS knows."""
        return (await asyncio.to_thread(self._host.read, zone)).content


class _Writer:
    def __init__(self, host: "_Host") -> None:
        self._host = host

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none, as far as the host can."""
        return await asyncio.to_thread(self._host.change, zone, changes)


class _Host:
    """The host behind reader and writer."""

    def __init__(
        self, name: str, cls: OctoClass, settings: OctoDnsSettings, base: Path, capabilities: Capabilities
    ) -> None:
        self._name, self._class, self._path = name, cls, settings.class_path
        self._options: Mapping[str, SecretRef | str | list[str]] = {
            key: value.ref(base) if isinstance(value, SecretSetting) else value if isinstance(value, str) else [*value]
            for key, value in settings.options.items()
        }
        self.zones, self.capabilities = frozenset(settings.zones), capabilities
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def read(self, zone: str) -> "Seen":
        """Read a zone.

        Raises:
            ProviderError: If it is not one of ours, or can not be read.
        """
        return self._populate(self._opened(zone), zone)

    def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes, or tell what became of them; of our own only one call at a time is at work in a zone."""
        with self._locks[zone]:
            try:
                provider = self._opened(zone)
                seen = self._populate(provider, zone)
            except ProviderError as error:
                return Failed(str(error), code="zone", retryable=error.transient)
            no = refused(seen.content, changes, self.capabilities.zones)
            wanted = [change for change in changes if change.before != change.after]
            return no or (self._apply(provider, seen, wanted) if wanted else Done())

    def _apply(self, provider: OctoProvider, seen: "Seen", changes: Sequence[RRsetChange]) -> Outcome:
        from reconciler.providers.octodns.plans import RewritesZone, plan
        from reconciler.providers.octodns.rrsets import CanNotCarry

        try:
            made = provider.apply(plan(provider, seen, changes))
        except CanNotCarry as error:
            return Failed(str(error), code="limit")
        except RewritesZone:
            said = f"{self._path} writes whole zones, and records that octoDNS does not know would be lost"
            return Failed(said, code="rewrites")
        except Exception as error:  # noqa: BLE001 - octoDNS's errors have no common class
            return self._afterwards(seen.content.zone, changes, error)
        if not made:
            return Failed(f"`options.apply_disabled` of the provider '{self._name}' forbids changes", code="disabled")
        return Done()

    def _afterwards(self, zone: str, changes: Sequence[RRsetChange], error: Exception) -> Outcome:
        """What is true after an error that may have come in the middle: only a look can tell."""
        said = f"{self._path} could not change {zone}: {reason(error, self._secrets())}"
        passing = network(error)
        try:
            now = self.read(zone).content
        except ProviderError:
            return Failed(said, code="octodns", retryable=True, certain=False)
        untouched = conflict(now.rrsets, changes) is None
        return Failed(said, code="octodns", retryable=passing, certain=untouched and not passing)

    def _populate(self, provider: OctoProvider, zone: str) -> "Seen":
        from reconciler.providers.octodns.plans import populate

        try:
            seen = populate(provider, zone)
        except Exception as error:  # noqa: BLE001 - octoDNS's errors have no common class
            raise ProviderError(
                f"{self._path} can not read {zone}: {reason(error, self._secrets())}",
                help=f"check `options` of the provider '{self._name}', and that its host has the zone {zone}",
                transient=network(error),
            ) from None
        if seen is None:
            raise ProviderError(
                f"{zone} is not hosted where {self._path} looks for it",
                help="make the zone there; zones are not made here",
            )
        return seen

    def _opened(self, zone: str) -> OctoProvider:
        """A provider of octoDNS, made afresh: they remember what they have read."""
        if zone not in self.zones:
            raise ProviderError(
                f"{zone} is not among the `zones` of the provider '{self._name}'", help=f"add {zone} there"
            )
        try:
            options = {
                key: look_up(each).reveal() if isinstance(each, SecretRef) else each
                for key, each in self._options.items()
            }
        except SecretError as error:
            raise ProviderError(
                f"an option of the provider '{self._name}' can not be had: {error}", help="see `options` there"
            ) from None
        try:
            made = self._class(self._name, **arguments(self._class, options))
        except Exception as error:  # noqa: BLE001 - octoDNS's errors have no common class
            raise ProviderError(
                f"{self._path} does not take its options: {reason(error, self._secrets())}",
                help=f"check `options` of the provider '{self._name}'",
                transient=network(error),
            ) from None
        made.log.disabled = True  # should it have a name that could not be foreseen
        return made

    def _secrets(self) -> Sequence[str]:
        """The secrets handed over, to keep them out of messages."""
        found = []
        for each in self._options.values():
            if isinstance(each, SecretRef):
                try:
                    found.append(look_up(each).reveal())
                except SecretError:
                    continue
        return found
