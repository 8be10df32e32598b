"""dnspython's reading of a zone file: the second opinion that an edit is held to."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from reconciler.model.presentation import quote, strings
from reconciler.model.rrsets import RRsetChange
from reconciler.providers.zonefile.scan import Directive, Item, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    import dns.name
    import dns.rdata

    #: A record as dnspython has it: owner, type, seconds, data.
    Record: TypeAlias = tuple[dns.name.Name, int, int, dns.rdata.Rdata]
    Records: TypeAlias = dict[tuple[dns.name.Name, int], tuple[int, set[dns.rdata.Rdata]]]


class _Ear:
    """A dnspython transaction that only listens: building its Zone would take twice the time."""

    def __init__(self, zone: str) -> None:
        import dns.name

        self.heard: list[Record] = []
        self.manager = self
        self._origin = dns.name.from_text(f"{zone}.")

    def origin_information(self) -> "tuple[dns.name.Name, bool, dns.name.Name]":
        return self._origin, False, self._origin

    def check_put_rdataset(self, check: "Callable[..., None]") -> None:
        """What a zone may not hold is checked before it is edited."""

    def add(self, name: "dns.name.Name", ttl: int, data: "dns.rdata.Rdata") -> None:
        self.heard.append((name, int(data.rdtype), ttl, data))

    def _set_origin(self, origin: "dns.name.Name") -> None:
        """The zone's origin is known beforehand."""


def witness(text: str, zone: str) -> "Iterator[Record]":
    """Yield the records of a zone file's text as dnspython reads it; `$INCLUDE` is not allowed in it.

    Raises:
        dns.exception.DNSException: If dnspython can not read it.
    """
    import dns.rdataclass
    import dns.tokenizer
    import dns.zonefile

    ear = _Ear(zone)
    tokens = dns.tokenizer.Tokenizer(text, "zone")
    dns.zonefile.Reader(tokens, dns.rdataclass.IN, ear).read()  # type: ignore[arg-type]
    yield from ear.heard


def without_includes(text: str, items: Sequence[Item]) -> str:
    """Return the text with its `$INCLUDE` lines taken out: what they bring in is not edited, and does not leak out."""
    parts, at = [], 0
    for item in items:
        if isinstance(item, Directive) and item.word == "$INCLUDE":
            parts.append(text[at : item.start])
            at = item.end
    parts.append(text[at:])
    return plain("".join(parts)).replace("\r\n", "\n")


def gather(text: str, zone: str) -> "Records":
    """Return dnspython's reading as rrsets: the lowest TTL and the data of each."""
    rrsets: Records = {}
    for name, rdtype, ttl, data in witness(text, zone):
        known = rrsets.get((name, rdtype))
        if known is None:
            rrsets[name, rdtype] = ttl, {data}
        else:
            known[1].add(data)
            rrsets[name, rdtype] = min(ttl, known[0]), known[1]
    return rrsets


def disagreement(old: "Records", new: "Records", changes: Sequence[RRsetChange], zone: str, serial: int) -> str | None:
    """Compare two readings with what was to be changed.

    Returns:
        None if they differ by exactly that and the SOA's serial, else one sentence about the first difference.
    """
    import dns.name
    import dns.rdatatype

    expected, new = dict(old), dict(new)
    for change in changes:
        key = dns.name.from_text(f"{change.id[0]}."), int(dns.rdatatype.from_text(change.id[1]))
        if change.after is None:
            expected.pop(key, None)
        else:
            expected[key] = change.after.ttl, {_data(change.id[1], value) for value in change.after.values}
            found = new.get(key)
            if found is not None and change.id[1] == "TXT":  # kept records may be cut into strings in another way
                new[key] = found[0], {_data("TXT", _joined(each)) for each in found[1]}
    soa = dns.name.from_text(f"{zone}."), int(dns.rdatatype.SOA)
    ttl, data = expected[soa]
    expected[soa] = ttl, {each.replace(serial=serial) for each in data}
    if expected == new:
        return None
    wrong = next(key for key in {**expected, **new} if expected.get(key) != new.get(key))
    return f"{wrong[0].to_text(True)} {dns.rdatatype.to_text(wrong[1])} would not be what was asked for"


def _data(rtype: str, value: str) -> "dns.rdata.Rdata":
    import dns.rdata
    import dns.rdataclass

    return dns.rdata.from_text(dns.rdataclass.IN, rtype, strings(value) if rtype == "TXT" else value)


def _joined(data: "dns.rdata.Rdata") -> str:
    return quote(b"".join(data.strings))
