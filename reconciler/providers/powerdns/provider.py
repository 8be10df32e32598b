"""The provider: reading and changing zones of one PowerDNS server.

PowerDNS makes a PATCH as one transaction, and has none that asks what stood there before. So the zone is read, judged,
and looked at once more by its serial alone, which takes a millisecond or two; then it is patched, and the serial
tells whether somebody else came in between.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, cast

from pydantic import BaseModel

from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRsetChange, ZoneContent
from reconciler.providers.capabilities import Capabilities, ZoneLimits
from reconciler.providers.powerdns.client import ApiError, Client, Method
from reconciler.providers.powerdns.content import SECONDARY, ApiRRset, Head, Zone, head, zone
from reconciler.providers.powerdns.patch import patch
from reconciler.providers.powerdns.serial import one_step
from reconciler.providers.powerdns.settings import PowerDnsSettings
from reconciler.providers.reader import ProviderError, ZoneReader
from reconciler.providers.refusals import refused
from reconciler.providers.writer import Done, Failed, Outcome, ZoneWriter
from reconciler.secrets import SecretError, look_up

_LIMITS = ZoneLimits()
_LOOKS = 3  # times a zone is read again because it moved before it was patched


class PowerDnsProvider:
    """Zones of a PowerDNS Authoritative Server, over its HTTP API."""

    type_name: ClassVar[str] = "powerdns"
    summary: ClassVar[str] = "PowerDNS Authoritative Server, over its HTTP API"
    settings_model: ClassVar[type[BaseModel]] = PowerDnsSettings

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:
        """Take the configured name, the settings, and the folder relative paths start at."""
        assert isinstance(settings, PowerDnsSettings)
        self._server = _Server(name, settings, base)
        self._capabilities = Capabilities(
            kinds=frozenset({Kind.RECORD}),
            updatable={Kind.RECORD: frozenset({"ttl", "values"})},
            storage_limited=False,
            concurrency=4,
            batch=100_000,
            zones=_LIMITS,
            public=True,
            servers=settings.servers,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    def zone_reader(self) -> ZoneReader:
        """The way in for planning."""
        return _Reader(self._server, self._capabilities)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        return _Writer(self._server)

    async def close(self) -> None:
        """Close the connections."""
        self._server.close()


class _Reader:
    def __init__(self, server: "_Server", capabilities: Capabilities) -> None:
        self._server, self._capabilities = server, capabilities

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self._capabilities

    async def zones(self) -> Sequence[str]:
        """The zones it hosts as their primary."""
        return await asyncio.to_thread(self._server.zones)

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone."""
        return (await asyncio.to_thread(self._server.read, zone)).content


class _Writer:
    def __init__(self, server: "_Server") -> None:
        self._server = server

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none."""
        return await asyncio.to_thread(self._server.change, zone, changes)


class _Server:
    """The server behind reader and writer."""

    def __init__(self, name: str, settings: PowerDnsSettings, base: Path) -> None:
        self._name, self._url, self._limited_to = name, settings.url, frozenset(settings.zones)
        ref = settings.api_key.ref(base)

        def api_key() -> str:
            try:
                return look_up(ref).reveal()
            except SecretError as error:
                raise ProviderError(f"`api_key` of the provider '{name}' can not be had: {error}") from None

        self._client = Client(name, settings.url, settings.server_id, api_key, settings.timeout)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def zones(self) -> Sequence[str]:
        """The zones it is the primary of, as keys."""
        told = cast("Sequence[Mapping[str, str]]", self._understood("GET", "/zones", list))
        names = {each["name"].rstrip(".").lower() for each in told if each["kind"].lower() not in SECONDARY}
        return sorted(names & self._limited_to if self._limited_to else names - {""})

    def read(self, name: str) -> Zone:
        """Read a zone.

        Raises:
            ProviderError: If it is not one of ours, or can not be read.
        """
        told = self._zone(name, "")
        try:
            found = zone(name, told, cast("Sequence[ApiRRset]", told["rrsets"]))
        except (KeyError, TypeError, ValueError, AssertionError):
            raise self._client.not_understood() from None
        if found.head.kind in SECONDARY:
            raise ProviderError(
                f"{name} is a {found.head.kind} zone at {self._url}: its records come from another server",
                help="name the provider of its primary server under `dns: {provider: …}`",
            )
        return found

    def change(self, name: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes or none; of our own only one call at a time is at work in a zone."""
        with self._locks[name]:
            return self._change(name, changes)

    def _change(self, name: str, changes: Sequence[RRsetChange]) -> Outcome:
        try:
            before = self._settled(name, changes)
            if not isinstance(before, Zone):
                return before
            self._client.send("PATCH", _path(name), patch(before, changes))
        except ApiError as error:
            return error.failed
        except ProviderError as error:
            return Failed(str(error), code="zone")
        try:
            return self._judged(before, changes)
        except ProviderError:
            return Done()  # what it answered to the PATCH stands, whoever answers no longer now

    def _settled(self, name: str, changes: Sequence[RRsetChange]) -> Zone | Outcome:
        """The zone as it is right before it is changed, or why it is not to be."""
        for _ in range(_LOOKS):
            found = self.read(name)
            no = refused(found.content, changes, _LIMITS)
            if no is not None:
                return no
            if all(change.before == change.after for change in changes):
                return Done()
            if self._head(name).serial == found.head.serial:
                return found
        return Failed(f"{name} is changed by somebody else all the time", code="busy", retryable=True)

    def _judged(self, before: Zone, changes: Sequence[RRsetChange]) -> Outcome:
        """Whether nobody else changed the zone between the last look and our change."""
        name = before.content.zone
        serial = self._head(name).serial
        if not before.head.counts or serial == before.head.serial or one_step(before.head.serial, serial):
            return Done()
        now = self.read(name)
        ours = {change.id for change in changes}
        stands = all(now.content.rrsets.get(change.id) == change.after for change in changes)
        if stands and _others(before, ours) != _others(now, ours):
            return Done()  # somebody changed something else, and that is where the other step comes from
        return Failed(
            f"{name} was changed by somebody else in the same moment: "
            f"look whether {', '.join(' '.join(each) for each in sorted(ours)[:3])} is as it should be",
            code="conflict",
            certain=False,
        )

    def _head(self, name: str) -> Head:
        try:
            return head(self._zone(name, "?rrsets=false"))
        except (KeyError, TypeError, ValueError, AssertionError):
            raise self._client.not_understood() from None

    def _zone(self, name: str, query: str) -> Mapping[str, object]:
        if self._limited_to and name not in self._limited_to:
            raise ProviderError(
                f"{name} is not among the `zones` of the provider '{self._name}'", help=f"add {name} there"
            )
        try:
            return cast("Mapping[str, object]", self._understood("GET", _path(name) + query, dict))
        except ApiError as error:
            if error.code != "404":
                raise
        raise ProviderError(
            f"PowerDNS at {self._url} has no zone {name}",
            help=f"make it there: `pdnsutil create-zone {name}`; zones are not made here",
        )

    def _understood(self, method: Method, path: str, shape: type) -> object:
        told = self._client.send(method, path)
        if not isinstance(told, shape):
            raise self._client.not_understood()
        return told


def _path(name: str) -> str:
    """A zone's path; PowerDNS writes what is neither letter, digit, dot nor hyphen as `=XX` (zone ids of its API)."""
    plain = (each if each.isalnum() or each in ".-" else f"={ord(each):02X}" for each in name)
    return f"/zones/{''.join(plain)}."


def _others(zone: Zone, ours: set[tuple[str, str]]) -> Mapping[tuple[str, str], ApiRRset]:
    return {key: rrset for key, rrset in zone.raw.items() if key not in ours and key[1] != "SOA"}
