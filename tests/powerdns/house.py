"""Providers of a PowerDNS server, as a configuration makes them."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from reconciler.model.rrsets import RRset, RRsetChange, ZoneContent
from reconciler.providers.powerdns import PowerDnsProvider, PowerDnsSettings
from reconciler.providers.writer import Outcome
from tests.servers import keeper
from tests.servers.pdns import Pdns, entry

_KEY = "TEST_PDNS_API_KEY"


@contextlib.contextmanager
def provider_of(server: Pdns, **settings: object) -> Iterator[PowerDnsProvider]:
    """A provider of the server, its key in the environment; settings given replace those that fit."""
    given = {"url": server.url, "api_key": {"env": _KEY}, **settings}
    provider = PowerDnsProvider("hosts", PowerDnsSettings.model_validate(given), Path())
    with mock.patch.dict(os.environ, {_KEY: server.api_key}):
        try:
            yield provider
        finally:
            asyncio.run(provider.close())


def silent() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{keeper.free_port()}"


def replacing(change: RRsetChange) -> dict[str, object]:
    """A change in the words of the API."""
    if change.after is not None:
        return entry(change.after)
    name, rtype = change.id
    return {"name": f"{name}.", "type": rtype, "changetype": "DELETE"}


def read(provider: PowerDnsProvider, zone: str) -> ZoneContent:
    """Read a zone."""
    return asyncio.run(provider.zone_reader().read(zone))


def change(provider: PowerDnsProvider, zone: str, *pairs: tuple[RRset | None, RRset | None]) -> Outcome:
    """Change a zone: what is there, and what is to be."""
    changes = [RRsetChange(before, after) for before, after in pairs]
    return asyncio.run(provider.zone_writer().change(zone, changes))
