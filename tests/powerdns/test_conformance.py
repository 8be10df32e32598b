"""PowerDNS does what every DNS provider must, on a real server."""

import pytest

from reconciler.dns.conformance import RecordConformance
from reconciler.providers.conformance.zone import FOREIGN_TEXT, ZONE, ZoneProviderConformance
from tests.powerdns.house import provider_of, replacing, silent
from tests.servers.nameserver import zone_file

_WRONG = "wrong-key-that-nobody-may-see"


class TestPowerDns(RecordConformance, ZoneProviderConformance):
    """The kit, over a server of Debian's packages."""

    @pytest.fixture
    def provider(self, pdns):
        """A provider of one zone."""
        pdns.add_zone_text(ZONE, zone_file(ZONE, (), 3600, 300, [f"ns1.{ZONE}."]) + FOREIGN_TEXT)
        self.server, self.secrets = pdns, (pdns.api_key, _WRONG)
        with provider_of(pdns) as provider:
            yield provider

    def meddle(self, provider, change):
        self.server.patch(ZONE, replacing(change))

    def raw(self, provider):
        return self.server.zone_text(ZONE)

    def with_wrong_key(self, provider):
        return self.another(api_key={"command": ["echo", _WRONG]})

    def unreachable(self, provider):
        return self.another(url=silent(), timeout=0.3)

    def another(self, **settings):
        """Another provider of the same server, with other settings."""
        with provider_of(self.server, **settings) as provider:
            return provider
