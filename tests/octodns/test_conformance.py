"""octoDNS's providers, driven by hand-made plans, do what every DNS provider must, on real servers."""

import pytest

from reconciler.dns.conformance import RecordConformance
from reconciler.providers.conformance.zone import FOREIGN_TEXT, ZONE, ZoneProviderConformance
from tests.octodns.house import DEPRECATED, over_bind, over_pdns
from tests.servers import keeper
from tests.servers.nameserver import zone_file

_TEXT = zone_file(ZONE, (), 3600, 300, [f"ns1.{ZONE}."]) + FOREIGN_TEXT
_ZONES = (ZONE, "nowhere.example")  # the second is configured, and is not there
_WRONG = "d3JvbmcgYW5kIG5vYm9keSBtYXkgc2VlIGl0"


class _Kit(RecordConformance, ZoneProviderConformance):
    """What both have in common."""

    raises_serial = False
    many = 400

    @pytest.fixture
    def provider(self, server):
        """A provider of one zone."""
        server.add_zone_text(ZONE, _TEXT)
        self.server = server
        with self.over(server, *_ZONES) as provider:
            yield provider

    def raw(self, provider):
        return self.server.zone_text(ZONE)

    def another(self, **options):
        """Another provider of the same server, with other options."""
        with self.over(self.server, *_ZONES, **options) as provider:
            return provider


@pytest.mark.filterwarnings(DEPRECATED)
class TestOverBind(_Kit):
    """octodns-bind over BIND."""

    over = staticmethod(over_bind)

    @pytest.fixture
    def server(self, bind):
        """BIND."""
        self.secrets = (bind.key_secret, _WRONG)
        return bind

    def meddle(self, provider, change):
        lines = [f"zone {ZONE}", f"del {change.id[0]} {change.id[1]}"]
        if change.after is not None:
            lines += [f"add {change.id[0]} {change.after.ttl} {change.id[1]} {each}" for each in change.after.values]
        self.server.nsupdate(*lines)

    def with_wrong_key(self, provider):
        return self.another(key_secret={"command": ["echo", _WRONG]})

    def unreachable(self, provider):
        return self.another(port=str(keeper.free_port()), timeout="0.2")


@pytest.mark.filterwarnings(DEPRECATED)
class TestOverPowerDns(_Kit):
    """octodns-powerdns over PowerDNS."""

    over = staticmethod(over_pdns)

    @pytest.fixture
    def server(self, pdns):
        """PowerDNS."""
        self.secrets = (pdns.api_key, _WRONG)
        return pdns

    def with_wrong_key(self, provider):
        return self.another(api_key={"command": ["echo", _WRONG]})

    def unreachable(self, provider):
        return self.another(port=str(keeper.free_port()), timeout="0.2")
