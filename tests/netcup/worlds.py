"""The twin with records in it, and our provider aimed at it."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.presentation import relative, strings, text_of
from reconciler.model.rrsets import RRset, RRsetChange, ZoneContent
from reconciler.providers.netcup import NetcupProvider, NetcupSettings
from reconciler.providers.writer import Outcome
from tests.twins.netcup import Account, Addresses, CloudRecord, Domain, serving

ZONE = "example.org"
CCP = ("customer", "api_key", "api_password")
REST = ("token",)


@dataclass
class World:
    """An account, where it is served, and a provider of it."""

    account: Account
    at: Addresses
    folder: Path
    providers: list[NetcupProvider] = field(default_factory=list)

    def make_provider(self, *fields: str, **settings: object) -> NetcupProvider:
        """A provider with the right credentials for these settings, over the twin's clock."""
        known = {"api_key": self.account.key, "api_password": self.account.password, "token": self.account.token}
        given: dict[str, object] = {"endpoint": self.at.ccp, "rest_endpoint": self.at.rest, "zones": [ZONE]}
        for name in fields:
            given[name] = self.account.customer if name == "customer" else self.secret(name, known[name])
        clock = self.account.clock
        block = NetcupSettings.model_validate({**given, **settings})
        provider = NetcupProvider("dns", block, self.folder, clock=clock, sleep=clock.sleep)
        self.providers.append(provider)
        return provider

    def secret(self, name: str, text: str) -> dict[str, str]:
        """A secret in a file."""
        (self.folder / name).write_text(f"{text}\n")
        return {"file": name}

    @property
    def provider(self) -> NetcupProvider:
        """The first provider; over CCP unless another was made before."""
        return self.providers[0] if self.providers else self.make_provider(*CCP)

    def read(self, zone: str = ZONE) -> ZoneContent:
        return asyncio.run(_read(self.provider, zone))

    def change(self, *changes: RRsetChange, zone: str = ZONE) -> Outcome:
        return asyncio.run(_change(self.provider, changes, zone))

    def put(self, name: str, rtype: str, *values: str) -> Outcome:
        """Set an rrset, over whatever it is."""
        full = ZONE if name == "@" else f"{name}.{ZONE}"
        before = self.read().rrsets.get((full, rtype))
        after = RRset(full, rtype, 86400, tuple(sorted(values))) if values else None
        return self.change(RRsetChange(before, after))


async def _read(provider: NetcupProvider, zone: str) -> ZoneContent:
    return await provider.zone_reader().read(zone)


async def _change(provider: NetcupProvider, changes: tuple[RRsetChange, ...], zone: str) -> Outcome:
    return await provider.zone_writer().change(zone, changes)


@contextlib.contextmanager
def world_of(account: Account, folder: Path) -> Iterator[World]:
    """Serve an account, and close what was made for it."""
    with serving(account) as at:
        world = World(account, at, folder)
        try:
            yield world
        finally:
            for provider in world.providers:
                asyncio.run(provider.close())


def fill(account: Account, domain: Domain, rrsets: tuple[RRset, ...]) -> None:
    """Put rrsets into a zone as its interface holds them."""
    if domain.cloud:
        records = tuple(_cloud_record(account, each, value) for each in rrsets for value in each.values)
        servers = ("root-dns.netcup.net.", "second-dns.netcup.net.")
        apex = tuple(CloudRecord(str(account.number()), "@", "NS", each, 86400, immutable=True) for each in servers)
        account.commit(domain, apex + records)
        return
    for each in rrsets:
        for value in each.values:
            _add_record(account, domain, each, value)


def _cloud_record(account: Account, rrset: RRset, value: str) -> CloudRecord:
    rdata = strings(value) if rrset.type == "TXT" else value
    return CloudRecord(str(account.number()), relative(rrset.name, ZONE), rrset.type, rdata, rrset.ttl)


def _add_record(account: Account, domain: Domain, rrset: RRset, value: str) -> None:
    host, priority = relative(rrset.name, ZONE), "0"
    destination = text_of(value) if rrset.type == "TXT" else value.removesuffix(".")
    if rrset.type == "MX":
        priority, destination = destination.split()
    account.add_record(domain.fqdn, host, rrset.type, destination, priority)
