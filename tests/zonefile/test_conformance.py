"""Zone files do what every DNS provider must."""

import pytest

from reconciler.dns.conformance import RecordConformance
from reconciler.providers.conformance.zone import ZoneProviderConformance
from tests.zonefile.zones import HEAD, Zone

_FOREIGN = """\
@ IN MX 10 Mail
  IN TXT "v=spf1 mx -all" ; ours and theirs
  IN TXT "google-site-verification=abc"
mail 300 IN A 192.0.2.25
     300 IN AAAA 2001:DB8::25
WWW IN CNAME mail.Example.ORG.
"""


class TestZonefile(RecordConformance, ZoneProviderConformance):
    """The kit, over a file."""

    @pytest.fixture
    def provider(self, tmp_path):
        """A provider of one zone file."""
        self.zone = Zone(tmp_path, HEAD + _FOREIGN)
        return self.zone.provider

    def raw(self, provider):
        return self.zone.text
