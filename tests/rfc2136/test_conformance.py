"""A provider over BIND and over Knot does what every DNS provider must, by transfer and by questions."""

import asyncio
import socket

import pytest

from reconciler.dns.conformance import RecordConformance
from reconciler.model.presentation import TEXT, strings
from reconciler.model.rrsets import RRset
from reconciler.providers.conformance.zone import FOREIGN_TEXT, ZoneProviderConformance
from reconciler.providers.conformance.zone_conflicts import ConflictChecks
from tests.rfc2136.hosts import HEAD, ZONE, provider_of, stranger
from tests.servers.nameserver import ALGORITHM


class _Kit(RecordConformance, ZoneProviderConformance):
    """The kit over one server."""

    transfer = "auto"
    allowed = True

    @pytest.fixture
    def provider(self, server, tmp_path):
        """A provider of one fresh zone."""
        self.server, self.folder = server, tmp_path
        server.add_zone_text(ZONE, HEAD + FOREIGN_TEXT, transfer=self.allowed)
        self.secrets = [key.secret for key in (server.keys[ALGORITHM], stranger(server.keys[ALGORITHM]))]
        made = provider_of(server, tmp_path, transfer=self.transfer)
        with socket.create_server(("127.0.0.1", 0)) as self.mute:
            yield made
        asyncio.run(made.close())

    def meddle(self, provider, change):
        """Change the zone with nsupdate."""
        lines = [f"zone {ZONE}."]
        if change.before is not None:
            lines.append(f"del {change.before.name}. {change.before.type}")
        lines.extend(map("add {}".format, _records(change.after) if change.after else ()))
        self.server.nsupdate(*lines)

    def raw(self, provider):
        """The zone as dig transfers it."""
        return self.server.zone_text(ZONE)

    def with_wrong_key(self, provider):
        """Another secret under the same name."""
        folder = self.folder / "stranger"
        folder.mkdir()
        return provider_of(self.server, folder, key=stranger(self.server.keys[ALGORITHM]), transfer=self.transfer)

    def unreachable(self, provider):
        """A port that takes connections and says nothing."""
        folder = self.folder / "silent"
        folder.mkdir()
        address = f"127.0.0.1:{self.mute.getsockname()[1]}"
        return provider_of(self.server, folder, server=address, timeout=0.1, transfer=self.transfer)


def _records(rrset: RRset) -> list[str]:
    data = (strings(value) if rrset.type in TEXT else value for value in rrset.values)
    return [f"{rrset.name}. {rrset.ttl} {rrset.type} {each}" for each in data]


class TestBind(_Kit):
    """BIND, by transfer."""

    @pytest.fixture
    def server(self, bind_server):
        """The server."""
        return bind_server


class TestKnot(_Kit):
    """Knot, by transfer."""

    many = 1500

    @pytest.fixture
    def server(self, knot_server):
        """The server."""
        return knot_server


class TestBindByQuestions(TestBind):
    """BIND that refuses transfers."""

    allowed = False
    many = 200

    @pytest.mark.parametrize("shape", ["quotes", "long-text", "wildcard", "idn-target", "below-an-owner"])
    def test_writes_and_reads_back(self, provider, shape):
        """The shapes that questions might miss."""
        super().test_writes_and_reads_back(provider, shape)


class TestKnotByQuestions(ConflictChecks):
    """Knot, with transfers switched off in the settings."""

    @pytest.fixture
    def provider(self, knot_server, tmp_path):
        """A provider of one fresh zone."""
        knot_server.add_zone_text(ZONE, HEAD + FOREIGN_TEXT)
        return provider_of(knot_server, tmp_path, transfer="false")
