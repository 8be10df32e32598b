"""Sets of IP addresses, exact: what is left of one when others have been taken out."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from typing import TypeAlias

from reconciler.dns.spf.syntax import IPV4_BITS, IPV6_BITS, Network

#: First and last address of each range, ascending; no two overlap or touch.
Ranges: TypeAlias = tuple[tuple[int, int], ...]

IPV4 = 4
IPV6 = 6


@dataclass(frozen=True, slots=True)
class Addresses:
    """IPv4 and IPv6 addresses."""

    ipv4: Ranges = ()
    ipv6: Ranges = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.ipv4 or self.ipv6)

    def __or__(self, other: "Addresses") -> "Addresses":
        """Return the addresses of both."""
        return Addresses(_union(self.ipv4, other.ipv4), _union(self.ipv6, other.ipv6))

    def __and__(self, other: "Addresses") -> "Addresses":
        """Return the addresses that both have."""
        return Addresses(_common(self.ipv4, other.ipv4), _common(self.ipv6, other.ipv6))

    def __sub__(self, other: "Addresses") -> "Addresses":
        """Return the addresses that the other has not."""
        return Addresses(_less(self.ipv4, other.ipv4), _less(self.ipv6, other.ipv6))

    def of(self, version: int) -> Ranges:
        """Return the ranges of IP version 4 or 6."""
        return self.ipv4 if version == IPV4 else self.ipv6

    @property
    def networks(self) -> tuple[Network, ...]:
        """The fewest networks that hold these addresses and no others, ascending, IPv4 first."""
        ipv4 = (_networks4(*each) for each in self.ipv4)
        ipv6 = (_networks6(*each) for each in self.ipv6)
        return tuple(network for group in (*ipv4, *ipv6) for network in group)


NONE = Addresses()
EVERY = Addresses(((0, 2**IPV4_BITS - 1),), ((0, 2**IPV6_BITS - 1),))


@lru_cache(maxsize=4096)
def _networks4(first: int, last: int) -> tuple[Network, ...]:
    return tuple(summarize_address_range(IPv4Address(first), IPv4Address(last)))


@lru_cache(maxsize=4096)
def _networks6(first: int, last: int) -> tuple[Network, ...]:
    return tuple(summarize_address_range(IPv6Address(first), IPv6Address(last)))


@lru_cache(maxsize=16384)
def network_addresses(network: Network) -> Addresses:
    """Return the addresses of a network."""
    ranges = (span(network),)
    return Addresses(ipv4=ranges) if network.version == IPV4 else Addresses(ipv6=ranges)


def ranges_of(spans: Iterable[tuple[int, int]]) -> Ranges:
    """Return spans of first and last address in the form of `Ranges`."""
    return _merged(list(spans))


def span(network: Network) -> tuple[int, int]:
    """Return a network's first and last address."""
    first = int(network.network_address)
    return first, first | (1 << network.max_prefixlen - network.prefixlen) - 1


def around(address: int, prefix: int, bits: int) -> tuple[int, int]:
    """Return first and last address of the network of a prefix length that an address is in."""
    size = 1 << bits - prefix
    first = address & -size
    return first, first + size - 1


def _merged(spans: list[tuple[int, int]]) -> Ranges:
    if len(spans) < 2:  # noqa: PLR2004 - one alone is in order
        return tuple(spans)
    result: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(last, result[-1][1])
        else:
            result.append((first, last))
    return tuple(result)


def _union(one: Ranges, other: Ranges) -> Ranges:
    if not one or not other:
        return one or other
    return _merged([*one, *other])


def _common(one: Ranges, other: Ranges) -> Ranges:
    result = []
    left = right = 0
    while left < len(one) and right < len(other):
        first = max(one[left][0], other[right][0])
        last = min(one[left][1], other[right][1])
        if first <= last:
            result.append((first, last))
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return tuple(result)


def _less(one: Ranges, other: Ranges) -> Ranges:
    if not one or not other:
        return one
    result = []
    at = 0
    for first, last in one:
        while at < len(other) and other[at][1] < first:
            at += 1
        begin = first
        index = at
        while index < len(other) and other[index][0] <= last:
            if other[index][0] > begin:
                result.append((begin, other[index][0] - 1))
            begin = max(begin, other[index][1] + 1)
            index += 1
        if begin <= last:
            result.append((begin, last))
    return tuple(result)
