"""Questions and replies as they go over the wire (RFC 1035 §4), as far as asking authoritative servers needs it.

dnspython reads the data of each type; the message around it is read here, as that is what takes the time where ten
thousand names are asked for (docs/decisions/0024).
"""

import socket
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from reconciler.model.answers import Question
from reconciler.model.presentation import TEXT, BadRdata, canonical, quote

PAYLOAD = 1232  # octets of a UDP reply that pass everywhere without fragments

FORMERR, NXDOMAIN, NOTIMP = 1, 3, 4
_RCODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH"}

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_TAIL = struct.Struct("!HH")
_RESPONSE, _AUTHORITATIVE, _TRUNCATED, _RECURSION, _OPCODE, _RCODE = 0x8000, 0x0400, 0x0200, 0x0100, 0x7800, 0xF
_POINTER, _LONGEST_LABEL, _MAX_JUMPS = 0xC0, 63, 64
_IN, _OPT, _DNSSEC_OK = 1, 41, 0x8000
_A, _NS, _CNAME, _SOA, _MX, _TXT, _AAAA = 1, 2, 5, 6, 15, 16, 28
_NUMBERS = struct.Struct("!IIIII")  # of an SOA, behind its two names
#: How addresses are kept, and how long they are in octets.
_ADDRESS = {_A: (socket.AF_INET, 4), _AAAA: (socket.AF_INET6, 16)}


class Malformed(ValueError):
    """A reply that is not a DNS message, or not the reply to the question."""


class Row(NamedTuple):
    """One record of a reply: its value is in the form of `model.presentation.canonical`, empty where not needed."""

    name: str
    type: str
    ttl: int
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as far as it matters.

    Attributes:
        rcode: Response code (RFC 6895 §2.3).
        authoritative: Whether the server answers as one of the zone (AA).
        truncated: Whether there is more (TC).
        answer: The records of the answer section.
        authority: NS records of the authority section, where the server is none of the zone.
        additional: Addresses of the additional section, likewise.
        wire: The whole message.
    """

    rcode: int
    authoritative: bool
    truncated: bool
    answer: tuple[Row, ...]
    authority: tuple[Row, ...]
    additional: tuple[Row, ...]
    wire: bytes

    @property
    def refusal(self) -> str:
        """What the response code says, in its usual word."""
        return _RCODES.get(self.rcode, f"response code {self.rcode}")


def query(
    number: int, question: Question, *, recursion: bool = False, edns: bool = True, dnssec: bool = False
) -> bytes:
    """Return a query message.

    Args:
        number: The message's id.
        question: What is asked.
        recursion: Whether the server is to find the answer out (RD); never of an authoritative one.
        edns: Whether to offer longer UDP replies (RFC 6891).
        dnssec: Whether signatures are wanted (DO, RFC 3225); needs `edns`.
    """
    flags = _RECURSION if recursion else 0
    head = _HEADER.pack(number, flags, 1, 0, 0, int(edns))
    option = b"\0" + _RECORD.pack(_OPT, PAYLOAD, _DNSSEC_OK if dnssec else 0, 0) if edns else b""
    return head + question_wire(question) + option


@lru_cache(maxsize=65536)
def question_wire(question: Question) -> bytes:
    """Return a question as it stands in a message.

    Raises:
        BadRdata: If it can not be asked.
    """
    return _name_wire(question.name) + _TAIL.pack(_number_of(question.type), _IN)


def read(wire: bytes, question: Question) -> Reply:
    """Return a reply message as a value.

    Raises:
        Malformed: If it is not the reply to that question.
    """
    try:
        return _read(wire, question)
    except (struct.error, IndexError, UnicodeError) as error:
        raise Malformed("the reply is cut off or broken") from error


def _read(wire: bytes, question: Question) -> Reply:
    _, flags, questions, *counts = _HEADER.unpack_from(wire)
    if not flags & _RESPONSE or flags & _OPCODE:
        raise Malformed("the reply is not a reply")
    at = _HEADER.size
    if questions:
        name, at = _name(wire, at)
        if questions != 1 or (name, *_TAIL.unpack_from(wire, at)) != (question.name, _number_of(question.type), _IN):
            raise Malformed("the reply is to another question")
        at += _TAIL.size
    elif not flags & _RCODE and not flags & _TRUNCATED:
        raise Malformed("the reply does not say to what")
    if flags & _TRUNCATED:
        return Reply(flags & _RCODE, bool(flags & _AUTHORITATIVE), True, (), (), (), wire)
    answer, at = _section(wire, at, counts[0], None)
    authority: tuple[Row, ...] = ()
    additional: tuple[Row, ...] = ()
    if not flags & _AUTHORITATIVE:
        authority, at = _section(wire, at, counts[1], {"NS"})
        additional, _ = _section(wire, at, counts[2], {"A", "AAAA"})
    return Reply(flags & _RCODE, bool(flags & _AUTHORITATIVE), False, answer, authority, additional, wire)


def _section(wire: bytes, at: int, count: int, wanted: Collection[str] | None) -> tuple[tuple[Row, ...], int]:
    """Records of a section, of all types where `wanted` is None, and where the section ends."""
    rows = []
    for _ in range(count):
        name, at = _name(wire, at)
        number, cls, ttl, length = _RECORD.unpack_from(wire, at)
        at += _RECORD.size
        if at + length > len(wire):
            raise Malformed("the reply is cut off or broken")
        if number != _OPT and cls == _IN:
            rtype = _mnemonic(number)
            if wanted is None or rtype in wanted:
                rows.append(Row(name, rtype, _seconds(ttl), _value(wire, at, length, number)))
        at += length
    return tuple(rows), at


def _seconds(ttl: int) -> int:
    """A TTL; one with the highest bit set counts as zero (RFC 2181 §8)."""
    return ttl if ttl < 2**31 else 0


def _name(wire: bytes, at: int) -> tuple[str, int]:
    """A name in the form in which it is compared, and where it ends."""
    labels: list[bytes] = []
    end = -1
    for _ in range(_MAX_JUMPS * 4):
        length = wire[at]
        if length >= _POINTER:
            end = at + 2 if end < 0 else end
            at = (length - _POINTER) * 256 + wire[at + 1]
        elif length > _LONGEST_LABEL:
            break
        elif not length:
            return _text(tuple(labels)), (at + 1 if end < 0 else end)
        else:
            labels.append(wire[at + 1 : at + 1 + length])
            at += 1 + length
    raise Malformed("the reply has a name that does not end")


@lru_cache(maxsize=65536)
def _text(labels: tuple[bytes, ...]) -> str:
    if all(label.replace(b"-", b"").replace(b"_", b"").isalnum() for label in labels):
        return b".".join(labels).decode("ascii").lower()
    import dns.exception
    import dns.name

    try:
        return dns.name.Name([*labels, b""]).canonicalize().to_text(omit_final_dot=True)
    except dns.exception.DNSException as error:
        raise Malformed("the reply has a name that is none") from error


def _name_wire(name: str) -> bytes:
    if "\\" not in name and name.isascii():
        labels = name.encode("ascii").split(b".") if name else []
        if all(0 < len(label) <= _LONGEST_LABEL for label in labels):
            return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    import dns.exception
    import dns.name

    try:
        return dns.name.from_text(f"{name}.").to_wire() or b"\0"
    except (dns.exception.DNSException, UnicodeError) as error:
        raise BadRdata(f"'{name}' is not a domain name") from error


def _value(wire: bytes, at: int, length: int, number: int) -> str:
    """Record data in the form in which it is compared; the types that come by the thousand are read here."""
    if number in (_A, _AAAA):
        if length != _ADDRESS[number][1]:
            raise Malformed("the reply has a broken address")
        return socket.inet_ntop(_ADDRESS[number][0], wire[at : at + length])
    if number in (_NS, _CNAME):
        return _name(wire, at)[0] + "."
    if number == _TXT:
        return quote(b"".join(_strings(wire, at, at + length)))
    if number == _MX:
        host, end = _name(wire, at + 2)
        _ends(at + length, end, "MX")
        return f"{int.from_bytes(wire[at : at + 2])} {host}."
    if number == _SOA:
        server, end = _name(wire, at)
        person, end = _name(wire, end)
        _ends(at + length, end + _NUMBERS.size, "SOA")
        return " ".join((f"{server}.", f"{person}.", *map(str, _NUMBERS.unpack_from(wire, end))))
    return _rare_value(wire, at, length, number)


def _ends(end: int, found: int, rtype: str) -> None:
    if end != found:
        raise Malformed(f"the reply has a broken {rtype} record")


def _strings(wire: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        length = wire[at]
        if at + 1 + length > end:
            raise Malformed("the reply has a broken TXT record")
        yield wire[at + 1 : at + 1 + length]
        at += 1 + length


def _rare_value(wire: bytes, at: int, length: int, number: int) -> str:
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    from dns.rdtypes.txtbase import TXTBase

    rtype = _mnemonic(number)
    try:
        data = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.RdataType.make(number), wire, at, length)
        if isinstance(data, TXTBase) and rtype in TEXT:
            return quote(b"".join(data.strings))
        return canonical(rtype, data.to_text())
    except (dns.exception.DNSException, ValueError, IndexError) as error:
        raise Malformed(f"the reply has a broken {rtype} record") from error


@lru_cache(maxsize=256)
def _mnemonic(number: int) -> str:
    import dns.rdatatype

    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(number))


@lru_cache(maxsize=256)
def _number_of(rtype: str) -> int:
    import dns.exception
    import dns.rdatatype

    try:
        return int(dns.rdatatype.from_text(rtype))
    except (dns.exception.DNSException, ValueError) as error:
        raise BadRdata(f"'{rtype}' is not a record type") from error
