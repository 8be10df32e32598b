"""What every DNS provider must do: a pytest class to derive from.

    class TestMyProvider(ZoneProviderConformance):
        @pytest.fixture
        def provider(self) -> Iterator[ZoneProvider]:
            yield a provider that hosts `ZONE`, with the rrsets of `FOREIGN` and its own SOA and NS in it

`reconciler.dns.conformance.RecordConformance` holds a provider to what planning makes of its zones.
"""

from reconciler.providers.conformance.zone_conflicts import ConflictChecks
from reconciler.providers.conformance.zone_data import FOREIGN, FOREIGN_TEXT, SHAPES, ZONE
from reconciler.providers.conformance.zone_harness import change, put, read
from reconciler.providers.conformance.zone_trouble import TroubleChecks
from reconciler.providers.conformance.zone_writes import WriteChecks

__all__ = ["FOREIGN", "FOREIGN_TEXT", "SHAPES", "ZONE", "ZoneProviderConformance", "change", "put", "read"]


class ZoneProviderConformance(WriteChecks, ConflictChecks, TroubleChecks):
    """The behaviour of a DNS provider. Derive, and give a fixture `provider`.

    A host that keeps the case of names is best given `FOREIGN_TEXT`, which says the same as `FOREIGN` as people write
    it. A shape that the provider's `ZoneLimits` exclude (`providers.limits.refusal`) must be refused by its writer, and
    with nothing changed; every other must be held. Where `ZoneLimits.zone_ttl` says that records have no TTL of their
    own, they are compared without, and the zone's TTL must be told and stay. A provider whose reader is a
    `NamedZoneReader` is asked for names.

    Attributes:
        raises_serial: Whether the provider tells the SOA's serial, and a change raises it.
        compares: Whether of two changes from one reading at the same moment surely one is refused. False for a host
            that can not compare and write in one step.
        many: Rrsets of the large zone; fewer for a host that is slow in a test.
        secrets: Texts that no message may have, such as keys and passwords.

    The hooks are given the fixture's provider:

    - `meddle(provider, change)` lets somebody else make a change behind the provider's back: with another client, or in
      the host's own data. Without it another writer of the same provider does it.
    - `raw(provider)` returns the zone's text as the host itself has it, one line a record, with the word `SOA` in the
      line that holds the serial; lines of records that are not changed must stay to the octet. None where it is not to
      be seen, and then only what the provider reads is compared.
    - `with_wrong_key(provider)` returns a provider of the same zone whose credentials are wrong; None where there are
      none.
    - `unreachable(provider)` returns a provider of the same zone whose host does not answer, with a short time limit;
      None where there is no host.
    """
