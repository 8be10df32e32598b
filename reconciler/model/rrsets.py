"""DNS data as zone providers speak it: whole rrsets, in presentation form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RRset:
    r"""All records of one owner name and type (RFC 2181 §5).

    Attributes:
        name: Owner name, fully qualified, lower-case A-label form without the closing dot.
        type: RR type, upper case.
        ttl: Seconds.
        values: RDATA in presentation form (RFC 1035 §5.1), names absolute, sorted. TXT is the whole text between one
            pair of quotes, with quote and backslash escaped by a backslash and other bytes as `\DDD`; how it is cut
            into strings of 255 bytes is the provider's affair.
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]

    @property
    def id(self) -> tuple[str, str]:
        """Owner name and type."""
        return self.name, self.type


RRsetKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ZoneContent:
    """A zone as read: every rrset, ours or not.

    Attributes:
        zone: Its name.
        rrsets: By owner name and type.
        serial: Of its SOA, where the provider tells.
        ttl: Seconds; the one TTL of all its records, where the provider has but one for a zone.
        whole: Whether it holds every rrset; False where only names that were asked for can be seen.
    """

    zone: str
    rrsets: Mapping[RRsetKey, RRset]
    serial: int | None = None
    ttl: int | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class RRsetChange:
    """One rrset's change; `before` is what must stand there when it is made (compare-and-swap)."""

    before: RRset | None
    after: RRset | None

    @property
    def id(self) -> RRsetKey:
        """Owner name and type of what changes."""
        named = self.after or self.before
        assert named is not None, "a change has a before or an after"
        return named.id
