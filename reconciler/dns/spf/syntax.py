"""An SPF record by the grammar of RFC 7208 §12: what a receiver reads, or refuses with a permerror.

Beside it `terms` cuts a record into words and refuses nothing: that is for taking part in a record that others write.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NoReturn, TypeAlias

from reconciler.dns.spf.macros import BadMacro, MacroString, domain_spec, macro_string
from reconciler.dns.spf.terms import VERSION

Network: TypeAlias = IPv4Network | IPv6Network

IPV4_BITS = 32
IPV6_BITS = 128

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)\Z", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9]*)(?:([:/])(.*))?\Z", re.DOTALL)
_DUAL = re.compile(r"(.*?)(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z", re.DOTALL)
_CIDR = re.compile(r"([^/]*)(?:/(0|[1-9][0-9]{0,2}))?\Z", re.DOTALL)
_LIKE_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}\Z")
_KNOWN = ("all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists")
_MISTAKEN = {"ip": "ip4 or ip6", "ipv4": "ip4", "ipv6": "ip6", "includes": "include", "exist": "exists"}


class BadSpf(ValueError):
    """A record that every receiver refuses; the message is one lower-case sentence that names the term and its column.

    Attributes:
        term: As written.
        column: Where the fault is, counted from 1 in the whole text.
    """

    def __init__(self, term: str, column: int, why: str) -> None:
        """Compose the message."""
        super().__init__(f"{term!r} in column {column}: {why}")
        self.term = term
        self.column = column


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism with its qualifier.

    Attributes:
        text: As written.
        qualifier: One of `+ - ~ ?`.
        name: Of the mechanism, lower case.
        domain: What it asks about; None for the domain of the record.
        network: Of `ip4` and `ip6`; bits behind the prefix are cleared.
        prefixes: Lengths that `a` and `mx` compare, IPv4 and IPv6.
    """

    text: str
    qualifier: str
    name: str
    domain: MacroString | None = None
    network: Network | None = None
    prefixes: tuple[int, int] = (IPV4_BITS, IPV6_BITS)


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """A record, read.

    Attributes:
        directives: In order, those behind `all` too.
        redirect: Where the record goes on; None where it does not, or where `all` keeps it from being read (§6.1).
        explanation: Of `exp=`.
        unknown: Names of other modifiers, lower case; they mean nothing (§6).
    """

    directives: tuple[Directive, ...]
    redirect: MacroString | None = None
    explanation: MacroString | None = None
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def read(text: str) -> SpfRecord:
    """Read a record that begins with its version.

    Args:
        text: Characters of code points below 256 stand for octets.

    Raises:
        BadSpf: If the grammar does not have it.
    """
    directives = []
    modifiers: dict[str, MacroString] = {}
    unknown = []
    for word, column in _words(text):
        modifier = _MODIFIER.match(word)
        if modifier is None:
            directives.append(_directive(word, column))
            continue
        name, value = modifier[1].lower(), modifier[2]
        known = name in ("redirect", "exp")
        if name in modifiers and known:
            raise BadSpf(word, column, f"{name}= may stand in a record once")
        parsed = _placed(domain_spec if known else macro_string, value, word, column + len(name) + 1)
        modifiers[name] = parsed
        if not known:
            unknown.append(name)
    stops = any(directive.name == "all" for directive in directives)
    redirect = None if stops else modifiers.get("redirect")
    return SpfRecord(tuple(directives), redirect, modifiers.get("exp"), tuple(unknown))


def _words(text: str) -> Iterable[tuple[str, int]]:
    """The terms of a record and their columns."""
    column = len(VERSION) + 1
    for word in text[len(VERSION) :].split(" "):
        if word:
            yield word, column
        column += len(word) + 1


def _placed(reader: Callable[[str], MacroString], value: str, word: str, column: int) -> MacroString:
    try:
        return reader(value)
    except BadMacro as error:
        raise BadSpf(word, column + error.at, str(error)) from None


def _directive(word: str, column: int) -> Directive:
    match = _DIRECTIVE.match(word)
    name = match[2].lower() if match else ""
    if match is None or name not in _KNOWN:
        _refuse_name(word, column, name)
    sign, _, separator, rest = match.groups()
    qualifier = sign or "+"
    start = column + match.start(4) if separator else column
    argument = rest if separator == ":" else None
    if name in ("ip4", "ip6"):
        if not argument:
            raise BadSpf(word, column, f"{name} needs an address behind a colon")
        return Directive(word, qualifier, name, network=_network(name, argument, word, start))
    if name in ("a", "mx"):
        spec, prefixes = _dual(word, start, argument, "" if separator != "/" else f"/{rest}")
        return Directive(word, qualifier, name, spec, prefixes=prefixes)
    if separator and (name == "all" or separator == "/"):
        raise BadSpf(word, start - 1, f"nothing may stand behind {match[2]}")
    if argument is None:
        if name in ("include", "exists"):
            raise BadSpf(word, column, f"{name} needs a domain name behind a colon")
        return Directive(word, qualifier, name)
    return Directive(word, qualifier, name, _placed(domain_spec, argument, word, start))


def _refuse_name(word: str, column: int, name: str) -> NoReturn:
    if name in ("redirect", "exp"):
        raise BadSpf(word, column, f"{name} is written with an equals sign")
    meant = _MISTAKEN.get(name)
    raise BadSpf(word, column, "there is no such mechanism" + (f"; {meant} may be meant" if meant else ""))


def _dual(word: str, start: int, argument: str | None, lengths: str) -> tuple[MacroString | None, tuple[int, int]]:
    """The domain and the two prefix lengths of `a` and `mx` (§5.3, §5.4)."""
    match = _DUAL.match(lengths if argument is None else argument)
    assert match is not None, "every text matches: its first group takes what is left"
    name, ipv4, ipv6 = match.groups()
    if argument is None and name:
        raise BadSpf(word, start - 1, f"{lengths!r} is not a prefix length such as /24, //64 or /24//64")
    if _LIKE_IPV4.match(name):
        raise BadSpf(word, start, f"{name!r} is an address and no name: that is written ip4:{name}")
    prefixes = _prefix(ipv4, IPV4_BITS, word, start), _prefix(ipv6, IPV6_BITS, word, start)
    return None if argument is None else _placed(domain_spec, name, word, start), prefixes


def _prefix(digits: str | None, bits: int, word: str, column: int) -> int:
    if digits is None:
        return bits
    if int(digits) > bits:
        raise BadSpf(word, column, f"a prefix of {digits} bits is longer than the address, which has {bits}")
    return int(digits)


def _network(name: str, argument: str, word: str, start: int) -> Network:
    match = _CIDR.match(argument)
    if match is None:
        raise BadSpf(word, start, f"{argument!r} is not an address with at most one prefix length")
    address, digits = match.groups()
    try:
        if name == "ip4":
            return IPv4Network((IPv4Address(address), _prefix(digits, IPV4_BITS, word, start)), strict=False)
        unscoped = address.replace("%", " ")  # Python knows zones of link-local addresses, RFC 4291 does not
        return IPv6Network((IPv6Address(unscoped), _prefix(digits, IPV6_BITS, word, start)), strict=False)
    except AddressValueError:
        family = "IPv4" if name == "ip4" else "IPv6"
        raise BadSpf(word, start, f"{address!r} is not an {family} address") from None
