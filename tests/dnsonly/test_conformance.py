"""A zone read by questions alone is read as well as any other: the kit's writes are entered by somebody else."""

import asyncio
import contextlib
import socket

import pytest

from reconciler.providers.conformance.zone import FOREIGN_TEXT, ZoneProviderConformance
from reconciler.providers.dnsonly import DnsOnlyProvider, DnsOnlySettings
from reconciler.providers.writer import Failed
from tests.rfc2136.hosts import HEAD, ZONE, provider_of


class Entered(DnsOnlyProvider):
    """The provider, with a person who enters records at once: through dynamic updates."""

    def entered_by(self, other):
        """Have another provider of the same zone write."""
        self.other = other
        return self

    def zone_writer(self):
        """The person."""
        return self.other.zone_writer()


class _Silent:
    async def change(self, zone, changes):
        """Say nothing."""
        return Failed("nobody answered", retryable=True, certain=False)


class TestDnsOnly(ZoneProviderConformance):
    """Reading from real BIND."""

    many = 300

    @pytest.fixture
    def provider(self, bind_server, tmp_path):
        """A provider of one fresh zone."""
        self.server = bind_server
        bind_server.add_zone_text(ZONE, HEAD + FOREIGN_TEXT)
        person = provider_of(bind_server, tmp_path)
        settings = DnsOnlySettings(zones=(ZONE,), servers=(bind_server.address,))
        yield Entered("dns", settings, tmp_path).entered_by(person)
        asyncio.run(person.close())

    def raw(self, provider):
        """The zone as dig transfers it."""
        return self.server.zone_text(ZONE)

    def unreachable(self, provider):
        """A port where questions are taken and never answered."""
        with contextlib.ExitStack() as stack:
            mute = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            mute.bind(("127.0.0.1", 0))
            settings = DnsOnlySettings(zones=(ZONE,), servers=(f"127.0.0.1:{mute.getsockname()[1]}",), timeout=0.3)
            silent = Entered("dns", settings, None)
            self.mute = stack.pop_all()
        silent.zone_writer = _Silent
        silent.close = self._hang_up
        return silent

    async def _hang_up(self):
        self.mute.close()
