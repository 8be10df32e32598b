"""A walk through SPF records with the set of all addresses, as a receiver walks through them with one.

Each term takes those that match it out, and the next term sees what is left. So whatever no client reaches costs
nothing, and what one term permits is not what a term before it refused. What depends on more than the address
(`exists`, `ptr`, names with macros) takes no address out and is told as text.

An answer that is not known yet is passed over, so that all that can be asked is asked in the same round.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.dns.spf.addresses import EVERY, IPV4, IPV6, NONE, Addresses, around, network_addresses, ranges_of
from reconciler.dns.spf.macros import MacroString
from reconciler.dns.spf.published import (
    MAX_HOSTS,
    MAX_VOIDS,
    RESULTS,
    Result,
    Trouble,
    checkable,
    hosts,
    name_of,
    numbers,
    record_of,
    unanswered,
)
from reconciler.dns.spf.syntax import IPV4_BITS, IPV6_BITS, Directive, SpfRecord
from reconciler.dns.spf.terms import MAX_LOOKUPS
from reconciler.dns.view import View
from reconciler.model.answers import Answer, Status

_STATIC = frozenset("do")  # macro letters that mean the same for every message of a domain
_MOST = 4 * MAX_LOOKUPS  # lookups after which nothing more is looked at: it is far too many already
_FAMILIES = (IPV4, IPV6)


@dataclass(frozen=True, slots=True)
class OpenTerm:
    """A term that only a message decides.

    Attributes:
        result: Of a message that matches it.
        text: As written.
        domain: Whose record has it.
    """

    result: Result
    text: str
    domain: str


@dataclass(slots=True)
class Way:
    """What is known of one record while its terms are gone through.

    Attributes:
        domain: Its name.
        left: Clients that no term has matched.
        results: Clients by the result they got.
        open: Open terms met.
        met: Voids that a client of IPv4 and IPv6 has met when the last address passes.
    """

    domain: str
    left: Addresses
    results: dict[Result, Addresses] = field(default_factory=dict)
    open: list[OpenTerm] = field(default_factory=list)
    met: dict[int, int] = field(default_factory=lambda: dict.fromkeys(_FAMILIES, 0))

    @property
    def families(self) -> tuple[int, ...]:
        """The families of the clients that are left."""
        return tuple(family for family in _FAMILIES if self.left.of(family))

    def give(self, result: Result, addresses: Addresses) -> None:
        """Clients that get a result are left no more."""
        if addresses:
            self.results[result] = self.results.get(result, NONE) | addresses
            self.left -= addresses

    def meet(self, addresses: Addresses, voids: Mapping[int, int]) -> None:
        """Addresses pass, and so many voids have been met."""
        for family in _FAMILIES:
            if addresses.of(family):
                self.met[family] = voids[family]


class Walk:
    """One walk: what it met is counted over all records that it leads to (§4.6.4)."""

    def __init__(self, domain: str, view: View) -> None:
        """Begin at a domain."""
        self.origin = domain
        self.view = view
        self.lookups = 0
        self.voids = dict.fromkeys(_FAMILIES, 0)
        self.fault: Trouble | None = None
        self.late = False
        self.unknown = ""
        self._path: list[str] = []
        self._families: tuple[int, ...] = _FAMILIES  # of the clients that have come to where the walk is

    def record(self, name: str | None, domain: str) -> SpfRecord | Trouble | None:
        """The record at a name, None where there is none; what keeps it from being read is noted."""
        if name is None:
            return None
        answer = self.view.ask(name, "TXT")
        self._void(answer, self._families)
        found = record_of(domain, answer)
        if isinstance(found, Trouble):
            self._fail(*found)
        return found

    def _fail(self, result: Result, reason: str, families: Iterable[int] = ()) -> None:
        """Note what is wrong for the clients of these families, or for all that have come so far."""
        if result is Result.UNKNOWN:
            self.unknown = self.unknown or reason
            return
        stopped = all(self.voids[family] > MAX_VOIDS for family in families or self._families)
        late = stopped or self.lookups > MAX_LOOKUPS
        if self.fault is None or (self.late and not late):
            self.fault, self.late = Trouble(result, reason), late

    def _void(self, answer: Answer, families: Iterable[int]) -> None:
        if answer.void:
            for family in families:
                self.voids[family] += 1

    def _ask(self, name: str | None, rtype: str, families: Iterable[int]) -> Answer:
        if name is None:
            return Answer(Status.NXDOMAIN)
        answer = self.view.ask(name, rtype)
        self._void(answer, families)
        if not answer.known:
            self._fail(*unanswered(name, rtype, answer), families)
        return answer

    def follow(self, record: SpfRecord, domain: str, clients: Addresses) -> Way:
        """Let clients go through a record."""
        way = Way(domain, clients)
        self._path.append(name_of(domain) or domain)
        for directive in record.directives:
            if not way.left:
                break
            if self.lookups > _MOST:
                self._fail(Result.PERMERROR, f"more than {_MOST} terms ask the DNS, so the rest was not looked at")
                break
            self._step(directive, way)
        if record.redirect is not None and way.left:
            self._redirect(record.redirect, way)
        way.give(Result.NEUTRAL, way.left)
        self._path.pop()
        return way

    def _step(self, directive: Directive, way: Way) -> None:
        result = RESULTS[directive.qualifier]
        self._families = way.families
        if directive.name == "all":
            matched = way.left
        elif directive.network is not None:
            matched = network_addresses(directive.network) & way.left
        else:
            self.lookups += 1
            if directive.name == "include":
                self._include(directive, result, way)
                return
            matched = self._matched(directive, result, way) & way.left
        if result is Result.PASS:
            way.meet(matched, self.voids)
        way.give(result, matched)

    def _target(self, spec: MacroString | None, domain: str) -> str | None:
        """The name a term asks for; None where that depends on the message."""
        if spec is None:
            return domain
        if not spec.letters <= _STATIC:
            return None
        return spec.target(lambda letter: domain if letter == "d" else self.origin)

    def _matched(self, directive: Directive, result: Result, way: Way) -> Addresses:
        target = self._target(directive.domain, way.domain)
        if target is None or directive.name == "ptr":
            way.open.append(OpenTerm(result, directive.text, way.domain))
            return NONE
        families = way.families
        name = name_of(target)
        if directive.name == "exists":
            return EVERY if self._ask(name, "A", families).values else NONE
        if directive.name == "a":
            return self._near([name], directive, families)
        found = hosts(self._ask(name, "MX", families))
        if len(found) > MAX_HOSTS:
            text = f"{directive.text} of {way.domain} leads to {len(found)} hosts, and receivers allow {MAX_HOSTS}"
            self._fail(Result.PERMERROR, text)
        return self._near(found[:MAX_HOSTS], directive, families)

    def _near(self, names: Iterable[str | None], directive: Directive, families: Iterable[int]) -> Addresses:
        """The networks about the addresses of hosts."""
        spans: dict[int, list[tuple[int, int]]] = {IPV4: [], IPV6: []}
        for name in names:
            for family in families:
                rtype, bits = ("A", IPV4_BITS) if family == IPV4 else ("AAAA", IPV6_BITS)
                answer = self._ask(name, rtype, (family,))
                prefix = directive.prefixes[family != IPV4]
                spans[family].extend(around(number, prefix, bits) for number in numbers(answer, family))
        return Addresses(ranges_of(spans[IPV4]), ranges_of(spans[IPV6]))

    def _inner(self, term: str, target: str, way: Way) -> Way | None:
        """Another record that a term leads to, gone through by whoever is left."""
        name = checkable(target)
        if name is not None and name in self._path:
            self._fail(Result.PERMERROR, f"{term} of {way.domain} leads back to the record it came from")
            return None
        record = self.record(name, target)
        if record is None:
            self._fail(Result.PERMERROR, f"{term} of {way.domain}: {target} has no SPF record")
        if not isinstance(record, SpfRecord):
            return None
        return self.follow(record, target, way.left)

    def _include(self, directive: Directive, result: Result, way: Way) -> None:
        target = self._target(directive.domain, way.domain)
        if target is None:
            way.open.append(OpenTerm(result, directive.text, way.domain))
            return
        inner = self._inner(directive.text, target, way)
        if inner is None:
            return
        passing = inner.results.get(Result.PASS, NONE)
        if result is Result.PASS:
            way.meet(passing, inner.met)
        way.open.extend(replace(each, result=result) for each in inner.open if each.result is Result.PASS)
        way.give(result, passing)

    def _redirect(self, spec: MacroString, way: Way) -> None:
        self.lookups += 1
        self._families = way.families
        text = f"redirect={spec.text}"
        target = self._target(spec, way.domain)
        if target is None:
            way.open.append(OpenTerm(Result.PASS, text, way.domain))
            return
        inner = self._inner(text, target, way)
        if inner is None:
            return
        for result, addresses in inner.results.items():
            way.give(result, addresses)
        way.meet(inner.results.get(Result.PASS, NONE), inner.met)
        way.open.extend(inner.open)
