"""Rrsets while they are read: in the form in which they are compared, and in the very octets of the host."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent

if TYPE_CHECKING:
    from dns.rdata import Rdata

#: The host's own data by the form in which it is compared: a TXT may be cut into strings in more ways than one.
Raw: TypeAlias = Mapping[RRsetKey, Mapping[str, tuple["Rdata", ...]]]

_SERIAL = 2  # index of the field among the SOA's seven


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of a zone.

    Attributes:
        content: The rrsets.
        raw: The host's own data of those that were asked for in that form.
    """

    content: ZoneContent
    raw: Raw


@dataclass(slots=True)
class Gathering:
    """Records that come one by one."""

    ttls: dict[RRsetKey, int] = field(default_factory=dict)
    values: dict[RRsetKey, dict[str, None]] = field(default_factory=dict)
    raw: dict[RRsetKey, dict[str, list["Rdata"]]] = field(default_factory=dict)

    def add(self, key: RRsetKey, ttl: int, value: str) -> None:
        """Add a record; of an rrset with several TTLs the least is the safe reading (RFC 2181 §5.2)."""
        known = self.values.get(key)
        if known is None:
            self.values[key] = {value: None}
            self.ttls[key] = ttl
            return
        known[value] = None
        self.ttls[key] = min(ttl, self.ttls[key])

    def keep(self, key: RRsetKey, value: str, rdata: "Rdata") -> None:
        """Keep the host's own form of a record's data."""
        self.raw.setdefault(key, {}).setdefault(value, []).append(rdata)

    def seen(self, zone: str, *, whole: bool, keys: Iterable[RRsetKey] | None = None) -> Seen:
        """Return what was gathered.

        Args:
            zone: The zone's key.
            whole: Whether it is all there is.
            keys: What to leave out everything else but; None for all.
        """
        wanted = self.values if keys is None else [key for key in dict.fromkeys(keys) if key in self.values]
        rrsets = {
            key: RRset(*key, self.ttls[key], tuple(sorted(values) if len(values := self.values[key]) > 1 else values))
            for key in wanted
        }
        soa = rrsets.get((zone, "SOA"))
        serial = int(soa.values[0].split()[_SERIAL]) if soa else None
        raw = {key: {value: tuple(data) for value, data in by.items()} for key, by in self.raw.items()}
        return Seen(ZoneContent(zone, rrsets, serial, whole=whole), raw)
