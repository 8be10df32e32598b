"""Includes replaced by the addresses that they stand for: fewer lookups, for a price.

The price: whoever runs the included record may change its addresses at any time, and mail from the new ones fails
until the record is published anew. So nothing is flattened unless it is asked for, each run flattens again, and what
can not be told in addresses stays an include.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from reconciler.dns.spf.addresses import NONE
from reconciler.dns.spf.published import Result
from reconciler.dns.spf.survey import Survey, survey_of
from reconciler.dns.spf.syntax import BadSpf, Network, read
from reconciler.dns.spf.terms import Term, format, parse  # noqa: A004 - the inverse of parse
from reconciler.dns.view import View
from reconciler.model.presentation import MAX_STRING

#: What an administrator should know before flattening.
PRICE = (
    "the addresses of an include can change at any time: mail from new ones fails SPF until the next run publishes them"
)
UDP_ANSWER = 512  # octets that every resolver takes over UDP, RFC 7208 §3.4

_HEADER = 12  # octets, RFC 1035 §4.1.1
_FIXED = 2 + 2 + 2 + 10  # octets: type and class of the question; pointer, type, class, TTL and length of the answer


@dataclass(frozen=True, slots=True)
class Flattened:
    """A record with addresses in the place of includes.

    Attributes:
        text: The record.
        networks: What was put in, ascending.
        kept: Why an include was left as it is, one sentence each.
        octets: Of a DNS answer that holds this record and no other TXT record of the name.
    """

    text: str
    networks: tuple[Network, ...]
    kept: tuple[str, ...]
    octets: int

    @property
    def warning(self) -> str:
        """Why the record is too long for some receivers; empty where it is not."""
        if self.octets <= UDP_ANSWER:
            return ""
        return (
            f"with {len(self.networks)} networks an answer takes {self.octets} octets; above {UDP_ANSWER} it needs "
            "TCP, which some receivers are kept from"
        )


def flatten(text: str, domain: str, view: View) -> Flattened | None:
    """Return a record with its includes flattened; None while an answer that it takes is not had.

    Terms that are not includes stay as they are, and so does an include whose record has errors, macros, `exists` or
    `ptr`, which addresses can not tell. Includes that stand beside each other give one set of networks.

    Args:
        text: A record as we would publish it; only terms of ours should be in it.
        domain: Where it will stand.
        view: The DNS.
    """
    terms = parse(text)
    if terms is None:
        return Flattened(text, (), ("it is not an SPF record",), answer_octets(text, domain))
    words: list[str] = []
    networks: list[Network] = []
    kept: list[str] = []
    for sign, group in groupby(terms, key=_include_sign):
        if sign is None:
            words.extend(term.text for term in group)
            continue
        found = NONE
        for term in group:
            seen = _seen(term, domain, view)
            reason = _reason(term, seen)
            if reason is None:
                return None
            if reason:
                words.append(term.text)
                kept.append(reason)
            elif isinstance(seen, Survey):
                found |= seen.passing
        words.extend(_mechanisms(sign, found.networks))
        networks.extend(found.networks)
    flat = format(words)
    return Flattened(flat, tuple(networks), tuple(kept), answer_octets(flat, domain))


def answer_octets(text: str, domain: str) -> int:
    """Return the size of a DNS answer with one TXT record of this text (RFC 1035 §4.1, §3.3.14)."""
    name = len(domain) + 2
    strings = -(-len(text) // MAX_STRING) or 1
    return _HEADER + name + _FIXED + len(text) + strings


def _include_sign(term: Term) -> str | None:
    """The qualifier of an include; None for every other term."""
    return term.qualifier if term.name == "include" and not term.modifier else None


def _seen(term: Term, domain: str, view: View) -> Survey | str:
    """An include that permits, alone, as if it were a record; or why it can not be read."""
    try:
        return survey_of(read(format([term.text.lstrip("+?~-")])), domain, view)
    except BadSpf as error:
        return f"{term.text} stays: {error}"


def _reason(term: Term, seen: Survey | str) -> str | None:
    """Why an include stays; empty where it can go, None where that is not known."""
    if isinstance(seen, str):
        return seen
    if seen.unknown or (seen.fault and seen.fault.result is Result.TEMPERROR):
        return None
    if seen.fault:
        return f"{term.text} stays: {seen.fault.reason}"
    if seen.open:
        text = ", ".join(dict.fromkeys(f"{each.text} of {each.domain}" for each in seen.open))
        return f"{term.text} stays: addresses can not tell {text}"
    return ""


def _mechanisms(sign: str, networks: tuple[Network, ...]) -> Iterator[str]:
    for network in networks:
        whole = network.prefixlen == network.max_prefixlen
        name = network.network_address.compressed if whole else network.compressed
        yield f"{sign.replace('+', '')}ip{network.version}:{name}"
