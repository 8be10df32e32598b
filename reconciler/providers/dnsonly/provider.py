"""The provider: zones that are read from their name servers, and written by people."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, Field

from reconciler.model.desired import ResolverSettings
from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRsetChange, RRsetKey, ZoneContent
from reconciler.model.scalars import DomainName, Duration, Strict, Text
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.dnsonly.reading import COMMON, read_zone
from reconciler.providers.reader import NamedZoneReader, ProviderError
from reconciler.providers.writer import Failed, Outcome, ZoneWriter
from reconciler.resolution.authorities import Authorities
from reconciler.resolution.names import split_server


def _server(value: Any) -> Any:
    if isinstance(value, str):
        split_server(value)
    return value


Address = Annotated[Text, BeforeValidator(_server)]


class DnsOnlySettings(Strict):
    """The block of a provider of type `dnsonly`."""

    zones: tuple[DomainName, ...] = Field(min_length=1, description="The zones whose records are entered by hand.")
    servers: tuple[Address, ...] = Field(
        default=(),
        description="Authoritative servers of these zones, host or host:port; without it they are found by delegation.",
    )
    resolvers: tuple[Address, ...] = Field(
        default=(),
        description="Recursive resolvers that find name servers, by their addresses; without it the machine's own.",
    )
    timeout: Duration = Field(default=3.0, gt=0, description="Seconds to wait for the answer to a question; `3 s`.")


class DnsOnlyProvider:
    """Zones that reconciler can not write to: it shows what to enter, and looks whether all servers answer it."""

    type_name: ClassVar[str] = "dnsonly"
    summary: ClassVar[str] = "no access to the zone: records are entered by hand, and verified by asking its servers"
    settings_model: ClassVar[type[BaseModel]] = DnsOnlySettings

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:  # noqa: ARG002 - it names no files
        """Take the configured name, the settings, and the folder relative paths start at."""
        assert isinstance(settings, DnsOnlySettings)
        self.name = name
        self._settings = settings
        self._capabilities = Capabilities(
            kinds=frozenset({Kind.RECORD}),
            updatable={Kind.RECORD: frozenset({"ttl", "values"})},
            storage_limited=False,
            batch=100_000,
            public=True,
            servers=settings.servers,
            proposes=True,
        )
        found = ResolverSettings(
            servers=settings.resolvers,
            authoritative={zone: settings.servers for zone in settings.zones if settings.servers},
            timeout=settings.timeout,
        )
        self._authorities = Authorities(found)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    def zone_reader(self) -> NamedZoneReader:
        """The way in for planning."""
        return _Reader(self.name, self._capabilities, self._settings.zones, self._authorities)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply, which is none."""
        return _Writer(self.name)

    async def close(self) -> None:
        """Nothing is held open."""


class _Reader:
    def __init__(self, name: str, capabilities: Capabilities, zones: Sequence[str], authorities: Authorities) -> None:
        self._name, self._capabilities, self._zones, self._authorities = name, capabilities, zones, authorities

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self._capabilities

    async def zones(self) -> Sequence[str]:
        """The zones it is told of."""
        return sorted(set(self._zones))

    async def read(self, zone: str) -> ZoneContent:
        """What stands at the zone's own name: a zone can not be listed by questions."""
        return await self.read_names(zone, [(zone, rtype) for rtype in COMMON])

    async def read_names(self, zone: str, keys: Sequence[RRsetKey]) -> ZoneContent:
        """The rrsets asked for, and what would be in their way."""
        if zone not in self._zones:
            raise ProviderError(
                f"the provider {self._name} is not told of the zone {zone}",
                help=f"name it under `providers.{self._name}.zones`",
            )
        return await read_zone(self._authorities, zone, keys)


class _Writer:
    def __init__(self, name: str) -> None:
        self._name = name

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:  # noqa: ARG002 - it makes none
        """Refuse: a person enters the records."""
        return Failed(f"{self._name} has no access to the zone {zone}: a person enters its records", code="by-hand")
