"""Both interfaces of netcup do what every DNS provider must."""

from pathlib import Path

import pytest

from reconciler.dns.conformance import RecordConformance
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone import FOREIGN, ZoneProviderConformance
from tests.netcup.worlds import CCP, REST, ZONE, World, fill, world_of
from tests.twins.netcup import Account


class _OnTwin(RecordConformance, ZoneProviderConformance):
    """The kit over one zone of the twin."""

    cloud = False
    plain = False
    fields = CCP
    many = 3000
    secrets = ("K" * 50, "P" * 46, "T" * 64, "wrong-key-that-nobody-may-read")
    world: World

    @pytest.fixture
    def provider(self, tmp_path: Path):
        """A provider of one zone."""
        account = Account()
        account.troubles.plain = self.plain
        fill(account, account.add_domain(ZONE, cloud=self.cloud, ttl=3600), FOREIGN)
        with world_of(account, tmp_path) as self.world:
            yield self.world.make_provider(*self.fields)

    def with_wrong_key(self, provider: ZoneProvider) -> ZoneProvider:
        """A provider whose last credential is wrong."""
        wrong = self.world.secret("wrong", "wrong-key-that-nobody-may-read")
        return self.world.make_provider(*self.fields, **{self.fields[-1]: wrong})

    def unreachable(self, provider: ZoneProvider) -> ZoneProvider:
        """A provider of a port nobody listens on."""
        nobody = "http://127.0.0.1:9"
        return self.world.make_provider(*self.fields, endpoint=nobody, rest_endpoint=nobody, timeout="1 s")

    def raw(self, provider: ZoneProvider) -> str:
        """The records as the twin holds them."""
        domain = self.world.account.domains[ZONE]
        rows = domain.records.values()
        lines = [f"{row.id} {row.hostname} {row.type} {row.priority} {row.destination}" for row in rows]
        cloud = domain.revisions[-1].records if self.cloud else ()
        lines += [f"{row.identifier} {row.name} {row.type} {row.ttl} {row.rdata}" for row in cloud]
        return "\n".join([f"SOA {domain.serial}", *lines])


class TestCcp(_OnTwin):
    """The CCP interface."""


class TestRest(_OnTwin):
    """CloudDNS, with data in the form of zone files."""

    cloud = True
    fields = REST


class TestRestInPlainWords(_OnTwin):
    """CloudDNS, if it tells data without quotes and closing dots."""

    cloud = True
    plain = True
    many = 300
    fields = REST


class TestBothOnCcp(_OnTwin):
    """A zone on CCP, of a provider that has credentials for both."""

    many = 300
    fields = (*CCP, *REST)
