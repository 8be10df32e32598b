"""No access to the zone (`type: dnsonly`): a person enters the records, and the name servers tell whether they did."""

from reconciler.providers.dnsonly.provider import DnsOnlyProvider, DnsOnlySettings

__all__ = ["DnsOnlyProvider", "DnsOnlySettings"]
