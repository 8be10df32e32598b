r"""RDATA in the one text form in which it is compared (RFC 1035 §5.1): absolute, lower-case names, TXT as one string.

`canonical` is what every zone provider and every declared record passes through, so that two spellings of the same data
are never a change. Common shapes are recognised by a pattern; everything else is read by dnspython, which also holds
the patterns to account in the tests.
"""

import re
import socket
from functools import lru_cache

MAX_STRING = 255  # octets of one character-string, RFC 1035 §3.3
MAX_TTL = 2**31 - 1  # seconds, RFC 2181 §8
MAX_NAME = 253  # octets of a name's text, RFC 1035 §2.3.4 less the root label

_PRINTABLE = re.compile(r"[ !#-\[\]-~]*\Z")
_OTHER = re.compile(rb'["\\]|[^ -~]')
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)
_ONE_STRING = re.compile(r'"[ !#-\[\]-~]{0,255}"\Z')
_NAME = re.compile(r"(?:[A-Za-z0-9_*-]{1,63}\.)*[A-Za-z0-9_*-]{1,63}\.?\Z")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}\Z")
_SHORT = r"(0|[1-9]\d{0,3})"  # a number that surely fits 16 bits
_MX = re.compile(rf"{_SHORT}[ \t]+([^ \t]+)\Z")
_SRV = re.compile(rf"{_SHORT}[ \t]+{_SHORT}[ \t]+{_SHORT}[ \t]+([^ \t]+)\Z")

#: Types of which an owner name has one record at most.
SINGLETONS = frozenset({"CNAME", "DNAME", "SOA"})
#: Types that may stand beside a CNAME (RFC 4034 §2.5, RFC 2181 §10.1).
BESIDE_CNAME = frozenset({"RRSIG", "NSEC", "NSEC3", "KEY"})
#: Types whose data is one text.
TEXT = frozenset({"TXT", "SPF"})
_ONE_NAME = frozenset({"CNAME", "NS", "PTR", "DNAME"})


class BadRdata(ValueError):
    """Record data that its type can not have; the message is one lower-case sentence."""


def quote(data: bytes | str) -> str:
    r"""Return a text between one pair of quotes: quote and backslash escaped, other octets as `\DDD`."""
    if isinstance(data, str):
        if _PRINTABLE.match(data):
            return f'"{data}"'
        data = data.encode()
    return '"' + _OTHER.sub(_escaped, data).decode("ascii") + '"'


def _escaped(match: re.Match[bytes]) -> bytes:
    octet = match[0]
    return b"\\" + octet if octet in b'"\\' else b"\\%03d" % octet[0]


def unquote(value: str) -> bytes:
    """Return the octets of a text in the form `quote` gives."""
    inner = value[1:-1]
    if "\\" not in inner:
        return inner.encode()
    return _ESCAPE.sub(lambda m: chr(int(m[1])) if len(m[1]) == 3 else m[1], inner).encode("latin-1")  # noqa: PLR2004


def text_of(value: str) -> str:
    """Return a quoted text for reading: octets that are not UTF-8 are replaced."""
    return unquote(value).decode("utf-8", "replace")


def strings(value: str) -> str:
    """Return a quoted text as a zone file needs it: cut into strings of 255 octets at most."""
    if len(value) <= MAX_STRING + 2:
        return value
    data = unquote(value)
    return " ".join(quote(data[at : at + MAX_STRING]) for at in range(0, max(len(data), 1), MAX_STRING))


def is_name(text: str) -> bool:
    """Whether a text is a plain name, relative or absolute, without escapes."""
    return _NAME.match(text) is not None and all(len(label) <= 63 for label in text.split("."))  # noqa: PLR2004


def absolute(name: str, origin: str) -> str:
    """Return a zone file's name fully qualified, in lower case and without the closing dot.

    Args:
        name: As written: relative, `@`, or absolute with a closing dot; escapes and U-labels are understood.
        origin: What a relative name is relative to, without the closing dot; empty for the root.

    Raises:
        BadRdata: If it is not a name.
    """
    if name == "@":
        return origin
    if _NAME.match(name):
        full = name[:-1] if name[-1] == "." else f"{name}.{origin}" if origin else name
        if len(full) <= MAX_NAME:
            return full.lower()
    return _odd_name(name, origin)


@lru_cache(maxsize=4096)
def _odd_name(name: str, origin: str) -> str:
    import dns.exception
    import dns.name

    try:
        parsed = dns.name.from_text(name, dns.name.from_text(f"{origin}."), idna_codec=dns.name.IDNA_2008_UTS_46)
        return parsed.canonicalize().to_text(omit_final_dot=True) if len(parsed) > 1 else ""
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise BadRdata(f"'{name}' is not a domain name: {_sentence(error)}") from None


def relative(name: str, origin: str) -> str:
    """Return a fully qualified name as a zone file writes it under an origin: `@`, relative, or with a closing dot."""
    if name == origin:
        return "@"
    if origin and name.endswith(f".{origin}") and "\\" not in name:
        return name[: -len(origin) - 1]
    return f"{name}."


def within(name: str, zone: str) -> bool:
    """Whether a fully qualified name is the zone's or stands below it."""
    if name == zone or not zone:
        return True
    return name.endswith(f".{zone}") and not name[: -len(zone) - 1].endswith("\\")


@lru_cache(maxsize=512)
def record_type(text: str) -> str:
    """Return the mnemonic of an RR type, upper case (`TYPE1` is `A`).

    Raises:
        BadRdata: If no such type is known, or it is a question and not data (`ANY`, `AXFR`).
    """
    import dns.exception
    import dns.rdatatype

    try:
        number = dns.rdatatype.from_text(text.strip().upper())
    except (dns.exception.DNSException, ValueError):
        raise BadRdata(f"'{text}' is not a record type") from None
    if dns.rdatatype.is_metatype(number) or number == 0:
        raise BadRdata(f"'{text}' is a question, not a record type")
    return dns.rdatatype.to_text(number)


def canonical(rtype: str, text: str, origin: str = "") -> str:
    """Return RDATA in the form in which it is compared.

    Args:
        rtype: RR type, upper case.
        text: RDATA as a zone file has it; TXT with its quotes, in one string or several.
        origin: What relative names are relative to, without the closing dot.

    Raises:
        BadRdata: If the type can not have such data.
    """
    return _quick(rtype, text, origin) or _careful(rtype, text, origin)


def _quick(rtype: str, text: str, origin: str) -> str | None:
    """The shapes of nearly every record, without dnspython."""
    if rtype == "TXT":
        return text if _ONE_STRING.match(text) else None
    if rtype == "A":
        return text if _IPV4.match(text) else None
    if rtype == "AAAA":
        return _ipv6(text)
    if rtype in _ONE_NAME:
        return _target(text, origin)
    if rtype in {"MX", "SRV"}:
        match = (_MX if rtype == "MX" else _SRV).match(text)
        if match:
            *numbers, name = match.groups()
            target = _target(name, origin)
            return target and f"{' '.join(numbers)} {target}"
    return None


def _target(name: str, origin: str) -> str | None:
    if name == ".":
        return name
    return f"{absolute(name, origin)}." if _NAME.match(name) else None


def _ipv6(text: str) -> str | None:
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))
    except (OSError, ValueError):
        return None


def _careful(rtype: str, text: str, origin: str) -> str:
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    from dns.rdtypes.txtbase import TXTBase

    known = record_type(rtype)
    try:
        data = dns.rdata.from_text(
            dns.rdataclass.IN,
            dns.rdatatype.from_text(known),
            text,
            dns.name.from_text(f"{origin}."),
            relativize=False,
            idna_codec=dns.name.IDNA_2008_UTS_46,
        )
        if isinstance(data, TXTBase) and known in TEXT:
            return quote(b"".join(data.strings))
        wire = data.to_digestable()
        lower = dns.rdata.from_wire(dns.rdataclass.IN, data.rdtype, wire, 0, len(wire))
        return lower.to_text(chunksize=0)
    except (dns.exception.DNSException, ValueError, UnicodeError) as error:
        raise BadRdata(f"{known} can not have the data {text}: {_sentence(error)}") from None


def _sentence(error: Exception) -> str:
    words = str(error).strip().rstrip(".") or type(error).__name__
    return words[:1].lower() + words[1:]
