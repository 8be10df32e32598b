"""dnspython's reading of a zone file: the second opinion that an edit is held to."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from reconciler.model.presentation import TEXT, quote
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.zonefile.scan import Directive, Item, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    import dns.name
    import dns.rdata

    #: A record as dnspython has it: owner, type, seconds, data.
    Record: TypeAlias = tuple[dns.name.Name, int, int, dns.rdata.Rdata]
    Key: TypeAlias = tuple[tuple[bytes, ...], int]
    Records: TypeAlias = dict[Key, tuple[int, list[dns.rdata.Rdata]]]


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
    """Return dnspython's reading as rrsets: the lowest TTL and the data of each, by lower-case labels and type."""
    rrsets: Records = {}
    for name, rdtype, ttl, data in witness(text, zone):
        key = tuple(map(bytes.lower, name.labels)), rdtype
        known = rrsets.get(key)
        if known is None:
            rrsets[key] = ttl, [data]
        else:
            known[1].append(data)
            rrsets[key] = min(ttl, known[0]), known[1]
    return rrsets


def disagreement(old: "Records", new: "Records", changes: Sequence[RRsetChange], zone: str, serial: int) -> str | None:
    """Compare two readings with what was to be changed.

    Returns:
        None if they differ by exactly that and the SOA's serial, else one sentence about the first difference.
    """
    import dns.rdatatype

    changed = {_key(*change.id): change for change in changes}
    soa = _key(zone, "SOA")
    for key in {**old, **new, **dict.fromkeys(changed)}:
        if key in changed:
            right = _is(changed[key].after, new.get(key))
        elif key in old and key in new:
            right = old[key][0] == new[key][0] and _same(_expected(old[key][1], key == soa, serial), new[key][1])
        else:
            right = False
        if not right:
            name = b".".join(key[0]).decode("latin-1").rstrip(".")
            rtype = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(key[1]))
            return f"{name} {rtype} would not be what was asked for"
    return None


def _key(name: str, rtype: str) -> "Key":
    import dns.name
    import dns.rdatatype

    labels = dns.name.from_text(f"{name}.").labels
    return tuple(map(bytes.lower, labels)), int(dns.rdatatype.from_text(rtype))


def _expected(data: "Sequence[dns.rdata.Rdata]", bumped: bool, serial: int) -> "Sequence[dns.rdata.Rdata]":
    return [each.replace(serial=serial) for each in data] if bumped else data


def _same(left: "Sequence[dns.rdata.Rdata]", right: "Sequence[dns.rdata.Rdata]") -> bool:
    """Whether two lists of data are the same set; texts first, because they are the same in nearly every line."""
    if len(left) == len(right) and all(a.to_text() == b.to_text() for a, b in zip(left, right, strict=True)):
        return True
    return set(left) == set(right)


def _is(wanted: RRset | None, found: "tuple[int, list[dns.rdata.Rdata]] | None") -> bool:
    """Whether an rrset was read as it should be; a text that was kept may be cut into strings in another way."""
    if wanted is None or found is None:
        return wanted is None and found is None
    if wanted.type in TEXT:
        return wanted.ttl == found[0] and set(wanted.values) == {_joined(each) for each in found[1]}
    return wanted.ttl == found[0] and {_data(wanted.type, value) for value in wanted.values} == set(found[1])


def _data(rtype: str, value: str) -> "dns.rdata.Rdata":
    import dns.rdata
    import dns.rdataclass

    return dns.rdata.from_text(dns.rdataclass.IN, rtype, value)


def _joined(data: "dns.rdata.Rdata") -> str:
    from dns.rdtypes.txtbase import TXTBase

    assert isinstance(data, TXTBase)
    return quote(b"".join(data.strings))
