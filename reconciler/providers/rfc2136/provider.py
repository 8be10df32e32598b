"""The provider: zones on a name server that takes dynamic updates."""

import asyncio
import binascii
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from reconciler.model.kinds import Kind
from reconciler.model.rrsets import RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import NamedZoneReader, ProviderError
from reconciler.providers.rfc2136.settings import ALGORITHMS, KeySettings, Rfc2136Settings, split_address
from reconciler.providers.rfc2136.store import Store
from reconciler.providers.rfc2136.talk import Peer
from reconciler.providers.writer import Outcome, ZoneWriter
from reconciler.secrets.lookup import SecretError, look_up

if TYPE_CHECKING:
    import dns.tsig

_BATCH = 500  # rrsets a message; fewer or more are slower, and so many nearly always fit one, which is atomic


class Rfc2136Provider:
    """Zones on a name server that takes signed dynamic updates, such as BIND, Knot or PowerDNS."""

    type_name: ClassVar[str] = "rfc2136"
    summary: ClassVar[str] = "a name server that takes dynamic updates (RFC 2136), such as BIND or Knot"
    settings_model: ClassVar[type[BaseModel]] = Rfc2136Settings

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:
        """Take the configured name, the settings, and the folder relative paths start at."""
        assert isinstance(settings, Rfc2136Settings)
        self.name = name
        self._settings, self._base = settings, base
        self._capabilities = _capabilities(settings)
        self._store = Store(
            name, settings.zones, lambda: self._peer, transfer=settings.transfer, limits=self._capabilities.zones
        )

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    def zone_reader(self) -> NamedZoneReader:
        """The way in for planning."""
        return _Reader(self._capabilities, self._settings.zones, self._store)

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        return _Writer(self._store)

    async def close(self) -> None:
        """Nothing is held open: each call has a connection of its own."""

    @cached_property
    def _peer(self) -> Peer:
        host, port = split_address(self._settings.server)
        key = None if self._settings.key is None else _key(self.name, self._settings.key, self._base)
        return Peer(host, port, key, self._settings.timeout)


def _capabilities(settings: Rfc2136Settings) -> Capabilities:
    addresses = [split_address(each) for each in (settings.server, *settings.servers)]
    return Capabilities(
        kinds=frozenset({Kind.RECORD}),
        updatable={Kind.RECORD: frozenset({"ttl", "values"})},
        storage_limited=False,
        concurrency=8,
        batch=_BATCH,
        public=True,
        servers=tuple(
            dict.fromkeys(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses)
        ),
    )


def _key(provider: str, settings: KeySettings, base: Path) -> "dns.tsig.Key":
    """Make the key; its secret is looked up now.

    Raises:
        ProviderError: If the secret can not be had or is not base64, or the name is none.
    """
    import base64

    import dns.exception
    import dns.tsig

    where = f"`providers.{provider}.key"
    try:
        secret = base64.b64decode(look_up(settings.secret.ref(base)).reveal().strip(), validate=True)
    except SecretError as error:
        raise ProviderError(
            f"the secret of the key {settings.name} can not be had: {error}", help=f"see {where}.secret`"
        ) from None
    except (binascii.Error, ValueError):
        raise ProviderError(
            f"the secret of the key {settings.name} is not base64",
            help=f"give {where}.secret` as the server's key statement has it, such as `tsig-keygen` prints it",
        ) from None
    try:
        return dns.tsig.Key(settings.name, secret, ALGORITHMS[settings.algorithm])
    except dns.exception.DNSException:
        raise ProviderError(
            f"'{settings.name}' can not be the name of a key", help=f"give {where}.name` as the server has it"
        ) from None


class _Reader:
    def __init__(self, capabilities: Capabilities, zones: Sequence[str], store: Store) -> None:
        self._capabilities, self._zones, self._store = capabilities, zones, store

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        return self._capabilities

    async def zones(self) -> Sequence[str]:
        """The zones it is told of."""
        return sorted(set(self._zones))

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone; of one that can not be listed what stands at its own name."""
        return await asyncio.to_thread(self._store.read, zone, None)

    async def read_names(self, zone: str, keys: Sequence[RRsetKey]) -> ZoneContent:
        """Every rrset of a zone; of one that can not be listed those asked for."""
        return await asyncio.to_thread(self._store.read, zone, keys)


class _Writer:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes to a zone or none; more than one message holds are made in several."""
        return await asyncio.to_thread(self._store.change, zone, changes)
