"""The provider: for each zone the interface that has it."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from reconciler.model.rrsets import RRsetChange, ZoneContent
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.netcup.ccp.client import CcpClient, Credentials
from reconciler.providers.netcup.ccp.zones import CcpZones
from reconciler.providers.netcup.http import Sender
from reconciler.providers.netcup.limits import capabilities
from reconciler.providers.netcup.pace import Pace
from reconciler.providers.netcup.rest.client import RestClient
from reconciler.providers.netcup.rest.zones import RestZones
from reconciler.providers.netcup.settings import CCP_FIELDS, NetcupSettings
from reconciler.providers.netcup.trouble import Trouble
from reconciler.providers.reader import ZoneReader
from reconciler.providers.writer import Done, Outcome, ZoneWriter
from reconciler.secrets import SecretError, look_up
from reconciler.secrets.settings import SecretSetting


class NetcupProvider:
    """DNS zones at netcup, over the CCP interface or CloudDNS's REST interface."""

    type_name: ClassVar[str] = "netcup"
    summary: ClassVar[str] = "DNS zones at netcup (CCP interface and CloudDNS)"
    settings_model: ClassVar[type[BaseModel]] = NetcupSettings

    def __init__(
        self,
        name: str,
        settings: BaseModel,
        base: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the configured name, the settings, the folder relative paths start at, and a clock for the pace."""
        assert isinstance(settings, NetcupSettings)
        self.name = name
        self._capabilities = capabilities(
            ccp=settings.ccp, rest=settings.token is not None, servers=tuple(settings.servers)
        )
        self._hosts = _Hosts(name, settings, base, lambda: Pace(clock, sleep))

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; with both interfaces, what holds for zones of either."""
        return self._capabilities

    def zone_reader(self) -> ZoneReader:
        """The way in for planning."""
        return _Reader(self._hosts, self._capabilities)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        return _Writer(self._hosts)

    async def close(self) -> None:
        """End the session and close the connections."""
        await asyncio.to_thread(self._hosts.close)


class _Reader:
    def __init__(self, hosts: "_Hosts", able: Capabilities) -> None:
        self._hosts = hosts
        self._able = able

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self._able

    async def zones(self) -> Sequence[str]:
        """The zones of the settings, or those the REST interface lists."""
        try:
            return await asyncio.to_thread(self._hosts.zones)
        except Trouble as error:
            raise error.error() from None

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone."""
        try:
            return await asyncio.to_thread(self._hosts.read, zone)
        except Trouble as error:
            raise error.error() from None


class _Writer:
    def __init__(self, hosts: "_Hosts") -> None:
        self._hosts = hosts

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none."""
        try:
            await asyncio.to_thread(self._hosts.change, zone, changes)
        except Trouble as error:
            return error.failed()
        return Done()


class _Hosts:
    """The interfaces behind reader and writer, and which of them has a zone."""

    def __init__(self, name: str, settings: NetcupSettings, base: Path, pace: Callable[[], Pace]) -> None:
        self._name, self._settings, self._base = name, settings, base
        self._ccp: CcpZones | None = None
        self._rest: RestZones | None = None
        if settings.ccp:
            sender = Sender(settings.endpoint, settings.timeout)
            self._ccp = CcpZones(CcpClient(sender, self._credentials, pace()))
        if settings.token is not None:
            sender = Sender(settings.rest_endpoint.rstrip("/"), settings.timeout)
            self._rest = RestZones(RestClient(sender, lambda: self._secret("token"), pace()))
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def zones(self) -> Sequence[str]:
        """The zones there are, as domain keys."""
        if self._settings.zones or self._rest is None:
            return sorted(self._settings.zones)
        return sorted(each.fqdn for each in self._rest.domains() if each.managed or self._ccp is not None)

    def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone."""
        return self._host(zone).read(zone)

    def change(self, zone: str, changes: Sequence[RRsetChange]) -> None:
        """Make all changes of a zone; two of one zone take turns, as each looks before it writes."""
        with self._guard:
            lock = self._locks.setdefault(zone, threading.Lock())
        with lock:
            self._host(zone).change(zone, changes)

    def close(self) -> None:
        """Give back what is held open."""
        for host in (self._ccp, self._rest):
            if host is not None:
                host.close()

    def _host(self, zone: str) -> CcpZones | RestZones:
        if self._settings.zones and zone not in self._settings.zones:
            raise Trouble(
                f"the provider {self._name} is not to look after {zone}",
                code="zone",
                help=f"add it to its zones, such as zones: [{zone}]",
            )
        if self._rest is None:
            assert self._ccp is not None, "the settings have one of the two"
            return self._ccp
        domain = self._rest.domain(zone)
        if domain is not None and domain.managed:
            return self._rest
        if self._ccp is not None:
            return self._ccp
        if domain is None:
            raise Trouble(
                f"netcup's REST interface knows no domain {zone}",
                code="zone",
                help="check that the domain is in this customer account, and not a name below one",
            )
        raise Trouble(
            f"the zone {zone} is not on CloudDNS yet, and the REST interface does not have it",
            code="zone",
            help=f"set {', '.join(CCP_FIELDS)} as well",
        )

    def _credentials(self) -> Credentials:
        assert self._settings.customer is not None, "the settings have all three"
        return Credentials(self._settings.customer, self._secret("api_key"), self._secret("api_password"))

    def _secret(self, setting: str) -> str:
        source = getattr(self._settings, setting)
        assert isinstance(source, SecretSetting), "asked for only where it is set"
        try:
            return look_up(source.ref(self._base), seconds=float(self._settings.timeout)).reveal()
        except SecretError as error:
            raise Trouble(
                f"the {setting} of the provider {self._name} can not be had: {error}",
                code="secret",
                help=f"give it where the setting {setting} says",
            ) from None
