"""PowerDNS over its HTTP API (`type: powerdns`): rrsets are replaced, comments and disabled records stay."""

from reconciler.providers.powerdns.provider import PowerDnsProvider
from reconciler.providers.powerdns.settings import PowerDnsSettings

__all__ = ["PowerDnsProvider", "PowerDnsSettings"]
