"""Records of a DNS message, walked over without making an object of each (RFC 1035 §4.1).

A zone comes as messages with thousands of records. A transfer of 100,000 rrsets of mail from BIND, signatures verified,
takes dnspython's `Zone` 10 s of one core, and this, to the last `RRset`, 0.9 s. The types that zones are full of are
read here, the rest by dnspython, which also holds this module to account in the tests.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.presentation import canonical, quote

if TYPE_CHECKING:
    from dns.rdata import Rdata

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, SPF, TSIG = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 99, 250
IN = 1
_HEADER = struct.Struct("!HHHHHH")
_RR = struct.Struct("!HHIH")
_MX = struct.Struct("!H")
_SRV = struct.Struct("!HHH")
_POINTER = 0xC0
_LONGEST = 255  # octets of a name, RFC 1035 §2.3.4
_LONGEST_LABEL = 63
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*/")
_UNDERSTOOD = 16  # the types of RFC 1035, in whose data names are compressed
_MAX_TTL = 0x7FFFFFFF  # seconds; a TTL with the highest bit set counts as zero, RFC 2181 §8


class BadMessage(Exception):
    """A message that is not what a DNS message has to be; the text is one lower-case sentence."""


class Header(NamedTuple):
    """The head of a message: its number, flags, and how many records each section has."""

    id: int
    flags: int
    questions: int
    answers: int
    authorities: int
    additionals: int


class Row(NamedTuple):
    """One record: owner in the form of `model.presentation.absolute`, and where its data stands in the message."""

    start: int
    owner: str
    type: int
    rdclass: int
    ttl: int
    data: int
    end: int


@dataclass(slots=True)
class Walker:
    """One message.

    Attributes:
        wire: Its octets.
        names: Names found so far, by where they begin.
    """

    wire: bytes
    names: dict[int, str] = field(default_factory=dict)

    def header(self) -> Header:
        """Return the head."""
        try:
            return Header(*_HEADER.unpack_from(self.wire))
        except struct.error:
            raise BadMessage("the message is shorter than its head") from None

    def rows(self) -> Iterator[Row]:
        """Yield all records, the signature among them.

        Raises:
            BadMessage: If the message is cut off, or has something behind its end.
        """
        head, at, wire = self.header(), _HEADER.size, self.wire
        try:
            for _ in range(head.questions):
                at = self.skip(at) + 4
            for _ in range(head.answers + head.authorities + head.additionals):
                start = at
                owner, at = self._owner(at)
                rtype, rdclass, ttl, length = _RR.unpack_from(wire, at)
                data = at + _RR.size
                at = data + length
                yield Row(start, owner, rtype, rdclass, ttl if ttl <= _MAX_TTL else 0, data, at)
        except (IndexError, struct.error):
            raise BadMessage("the message is cut off") from None
        if at != len(wire):
            raise BadMessage("the message does not end where its records do")

    def _owner(self, at: int) -> tuple[str, int]:
        """An owner name and where it ends: mostly a pointer, or one label and a pointer, to what was read before."""
        wire = self.wire
        length = wire[at]
        behind = at if length >= _POINTER else at + 1 + length
        if (0 < length <= _LONGEST_LABEL or length >= _POINTER) and wire[behind] >= _POINTER:
            tail = self.names.get((wire[behind] & 0x3F) << 8 | wire[behind + 1])
            if tail is not None and len(tail) < _LONGEST:
                if behind == at:
                    return tail, at + 2
                text = self.names[at] = f"{_label(wire[at + 1 : behind])}.{tail}"
                return text, behind + 2
        return self.name(at), self.skip(at)

    def skip(self, at: int) -> int:
        """Return where a name ends."""
        wire = self.wire
        while True:
            length = wire[at]
            if length >= _POINTER:
                return at + 2
            if not length:
                return at + 1
            at += length + 1

    def name(self, at: int) -> str:
        """Return the name that begins somewhere, lower case, absolute, without the closing dot; empty for the root.

        Raises:
            BadMessage: If it points forward, or is too long.
        """
        known = self.names.get(at)
        return self._name(at) if known is None else known

    def _name(self, begin: int) -> str:
        wire, at, least = self.wire, begin, begin
        labels: list[bytes] = []
        starts: list[int] = []
        tail = ""
        while True:
            known = self.names.get(at)
            if known is not None:
                tail = known
                break
            length = wire[at]
            if length >= _POINTER:
                at = (length & 0x3F) << 8 | wire[at + 1]
                if at >= least:
                    raise BadMessage("a name points to what is not before it")
                least = at
                continue
            if not length:
                break
            label = wire[at + 1 : at + 1 + length]
            if length > _LONGEST_LABEL or len(label) < length:
                raise BadMessage("a label is longer than it can be")
            labels.append(label)
            starts.append(at)
            at += length + 1
            if sum(map(len, labels)) > _LONGEST:
                raise BadMessage("a name is longer than it can be")
        for label, start in zip(reversed(labels), reversed(starts), strict=True):
            text = _label(label)
            tail = self.names[start] = f"{text}.{tail}" if tail else text
        if len(tail) > _LONGEST * len(r"\DDD"):
            raise BadMessage("a name is longer than it can be")
        return tail

    def value(self, row: Row) -> str:
        """Return a record's data in the form of `model.presentation.canonical`.

        Raises:
            BadMessage: If the type can not have such data.
        """
        decoder = _DECODERS.get(row.type)
        try:
            if decoder is not None:
                return decoder(self, row.data, row.end)
            return _text_of(row.type, self.rdata(row))
        except (IndexError, struct.error, ValueError, OSError) as error:
            raise BadMessage(f"the {type_text(row.type)} data at {row.owner} can not be read: {error}") from None

    def rdata(self, row: Row) -> "Rdata":
        """Return a record's data as dnspython has it, in the very octets of the message but for compressed names.

        What breaks the rules of a type that servers need not understand is kept as octets (RFC 3597).

        Raises:
            BadMessage: If the type can not have such data.
        """
        import dns.exception
        import dns.rdata
        import dns.rdataclass
        import dns.rdatatype

        rdtype = dns.rdatatype.RdataType.make(row.type)
        try:
            return dns.rdata.from_wire(dns.rdataclass.IN, rdtype, self.wire, row.data, row.end - row.data)
        except dns.exception.DNSException as error:
            if row.type > _UNDERSTOOD and row.type not in _DECODERS and row.type != TSIG and row.end <= len(self.wire):
                return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, self.wire[row.data : row.end])
            raise BadMessage(f"the {type_text(row.type)} data at {row.owner} can not be read: {error}") from None

    def last(self, at: int, end: int) -> str:
        """Return the name that fills the rest of the data, with its closing dot."""
        if self.skip(at) != end:
            raise ValueError("it does not end with its name")
        return f"{self.name(at)}."


def _address(walker: Walker, at: int, end: int) -> str:
    return socket.inet_ntop(socket.AF_INET, walker.wire[at:end])


def _address6(walker: Walker, at: int, end: int) -> str:
    return socket.inet_ntop(socket.AF_INET6, walker.wire[at:end])


def _exchanger(walker: Walker, at: int, end: int) -> str:
    return f"{_MX.unpack_from(walker.wire, at)[0]} {walker.last(at + _MX.size, end)}"


def _service(walker: Walker, at: int, end: int) -> str:
    priority, weight, port = _SRV.unpack_from(walker.wire, at)
    return f"{priority} {weight} {port} {walker.last(at + _SRV.size, end)}"


def _text(walker: Walker, at: int, end: int) -> str:
    wire = walker.wire
    if at == end:
        raise ValueError("it has no string")
    parts: list[bytes] = []
    while at < end:
        after = at + 1 + wire[at]
        if after > end:
            raise ValueError("a string is longer than the data")
        parts.append(wire[at + 1 : after])
        at = after
    whole = b"".join(parts)
    return quote(whole.decode("ascii") if whole.isascii() else whole)


_DECODERS: dict[int, Callable[[Walker, int, int], str]] = {
    A: _address,
    AAAA: _address6,
    MX: _exchanger,
    SRV: _service,
    TXT: _text,
    SPF: _text,
    **dict.fromkeys((NS, CNAME, PTR, DNAME), Walker.last),
}


def _text_of(rtype: int, rdata: "Rdata") -> str:
    import dns.rdata

    if isinstance(rdata, dns.rdata.GenericRdata):
        return rdata.to_text(chunksize=0)
    return canonical(type_text(rtype), rdata.to_text())


@lru_cache(maxsize=1024)
def type_text(number: int) -> str:
    """Return a type's mnemonic."""
    import dns.rdatatype

    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


@lru_cache(maxsize=16384)
def _label(octets: bytes) -> str:
    """A label as text: lower case, and what would be mistaken for something else escaped."""
    if _PLAIN.issuperset(octets):
        return octets.decode("ascii").lower()
    import dns.name

    return dns.name.Name((octets,)).canonicalize().to_text()
