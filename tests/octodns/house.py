"""Providers of octoDNS over real servers, as a configuration makes them."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from reconciler.model.rrsets import RRset, RRsetChange, ZoneContent
from reconciler.providers.octodns import OctoDnsProvider, OctoDnsSettings
from reconciler.providers.writer import Outcome
from tests.servers.bind import Bind
from tests.servers.pdns import Pdns

#: octodns-bind 1.1 uses what octoDNS 1.22 calls deprecated.
DEPRECATED = "ignore:.*DEPRECATED:DeprecationWarning"
_SECRET = "TEST_OCTODNS_SECRET"


@contextmanager
def over_bind(server: Bind, *zones: str, **options: object) -> Iterator[OctoDnsProvider]:
    """octodns-bind's provider, with the server's key; options given replace those that fit."""
    given = {
        "host": server.host,
        "port": str(server.port),
        "key_name": server.key_name,
        "key_algorithm": server.key_algorithm,
        "key_secret": {"env": _SECRET},
        "timeout": "5",
        **options,
    }
    with mock.patch.dict(os.environ, {_SECRET: server.key_secret}):
        yield provider_of("octodns_bind.Rfc2136Provider", given, *zones)


@contextmanager
def over_pdns(server: Pdns, *zones: str, **options: object) -> Iterator[OctoDnsProvider]:
    """octodns-powerdns's provider, with the server's key; options given replace those that fit."""
    given = {"host": server.host, "port": str(server.api_port), "api_key": {"env": _SECRET}, **options}
    with mock.patch.dict(os.environ, {_SECRET: server.api_key}):
        yield provider_of("octodns_powerdns.PowerDnsProvider", given, *zones)


def provider_of(path: str, options: Mapping[str, object], *zones: str) -> OctoDnsProvider:
    """The provider of a class of octoDNS."""
    settings = OctoDnsSettings.model_validate({"class": path, "options": options, "zones": zones})
    return OctoDnsProvider("tail", settings, Path())


def read(provider: OctoDnsProvider, zone: str) -> ZoneContent:
    """Read a zone."""
    return asyncio.run(provider.zone_reader().read(zone))


def change(provider: OctoDnsProvider, zone: str, *pairs: tuple[RRset | None, RRset | None]) -> Outcome:
    """Change a zone: what is there, and what is to be."""
    changes = [RRsetChange(before, after) for before, after in pairs]
    return asyncio.run(provider.zone_writer().change(zone, changes))
