"""What an SPF record means to all senders at once: who may send, and what it costs a receiver at worst.

The records are walked as receivers walk them, but with the set of all addresses: each term takes those that match it
out, and the next term sees what is left. So whatever no client reaches costs nothing, and what one term permits is not
what a term before it refused. What depends on more than the address (`exists`, `ptr`, names with macros) takes no
address out and is told as text.

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
from reconciler.dns.spf.syntax import IPV4_BITS, IPV6_BITS, Directive, Network, SpfRecord
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


@dataclass(frozen=True, slots=True)
class Survey:
    """A domain's record, seen as a whole.

    Attributes:
        found: Whether the domain has a record.
        lookups: Terms that ask the DNS, on the longest way that a message can take.
        voids: Answers with nothing in them, on the worst way: of a sender that may send, or of all that may not.
        fault: The first thing that keeps some receiver from a result, if anything, the limits left aside.
        late: Whether every receiver has reached a limit before it meets the fault.
        unknown: Why some of it is not known; empty where all is.
        results: Addresses by result; they leave out what open terms would add.
        open: Terms that only a message decides.
    """

    found: bool
    lookups: int
    voids: int
    fault: Trouble | None
    late: bool
    unknown: str
    results: Mapping[Result, Addresses]
    open: tuple[OpenTerm, ...]

    @property
    def trouble(self) -> Trouble | None:
        """What keeps some receiver from a result, if anything."""
        return self.excess if self.late else self.fault or self.excess

    @property
    def excess(self) -> Trouble | None:
        """Which limit is exceeded, if any (§4.6.4)."""
        if self.lookups > MAX_LOOKUPS:
            reason = f"{self.lookups} terms ask the DNS, and receivers stop after {MAX_LOOKUPS}"
        elif self.voids > MAX_VOIDS:
            reason = f"{self.voids} questions find nothing, and receivers stop after {MAX_VOIDS}"
        else:
            return None
        return Trouble(Result.PERMERROR, reason)

    @property
    def passing(self) -> Addresses:
        """Addresses that may send, whatever the limits say."""
        return self.results.get(Result.PASS, NONE)

    def networks(self, result: Result = Result.PASS) -> tuple[Network, ...]:
        """Return the addresses of a result as networks."""
        return self.results.get(result, NONE).networks


def survey(domain: str, view: View) -> Survey:
    """Survey the record of a domain, fully qualified in A-label form."""
    walk = _Walk(domain, view)
    name = checkable(domain)
    record = walk.record(name, domain)
    if not isinstance(record, SpfRecord):
        return Survey(False, 0, 0, walk.fault, False, walk.unknown, {}, ())
    return walk.surveyed(record, domain)


def survey_of(record: SpfRecord, domain: str, view: View) -> Survey:
    """Survey a record as if it stood at a domain."""
    return _Walk(domain, view).surveyed(record, domain)


@dataclass(slots=True)
class _Way:
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

    def give(self, result: Result, addresses: Addresses) -> None:
        if addresses:
            self.results[result] = self.results.get(result, NONE) | addresses
            self.left -= addresses

    def meet(self, addresses: Addresses, voids: Mapping[int, int]) -> None:
        for family in _FAMILIES:
            if addresses.of(family):
                self.met[family] = voids[family]


class _Walk:
    def __init__(self, domain: str, view: View) -> None:
        self.origin = domain
        self.view = view
        self.lookups = 0
        self.voids = dict.fromkeys(_FAMILIES, 0)
        self.fault: Trouble | None = None
        self.late = False
        self.unknown = ""
        self._path: list[str] = []

    def surveyed(self, record: SpfRecord, domain: str) -> Survey:
        way = self._follow(record, domain, EVERY)
        voids = max(min(self.voids.values()), *way.met.values())
        return Survey(True, self.lookups, voids, self.fault, self.late, self.unknown, way.results, tuple(way.open))

    def record(self, name: str | None, domain: str) -> SpfRecord | Trouble | None:
        """The record at a name, None where there is none; what keeps it from being read is noted."""
        if name is None:
            return None
        answer = self.view.ask(name, "TXT")
        self._void(answer, _FAMILIES)
        found = record_of(domain, answer)
        if isinstance(found, Trouble):
            self._fail(*found)
        return found

    def _fail(self, result: Result, reason: str) -> None:
        if result is Result.UNKNOWN:
            self.unknown = self.unknown or reason
        elif self.fault is None:
            self.fault = Trouble(result, reason)
            self.late = self.lookups > MAX_LOOKUPS or min(self.voids.values()) > MAX_VOIDS

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
            self._fail(*unanswered(name, rtype, answer))
        return answer

    def _follow(self, record: SpfRecord, domain: str, clients: Addresses) -> _Way:
        """Let clients go through a record."""
        way = _Way(domain, clients)
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

    def _step(self, directive: Directive, way: _Way) -> None:
        result = RESULTS[directive.qualifier]
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

    def _matched(self, directive: Directive, result: Result, way: _Way) -> Addresses:
        target = self._target(directive.domain, way.domain)
        if target is None or directive.name == "ptr":
            way.open.append(OpenTerm(result, directive.text, way.domain))
            return NONE
        families = [family for family in _FAMILIES if way.left.of(family)]
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

    def _inner(self, term: str, target: str, way: _Way) -> _Way | None:
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
        return self._follow(record, target, way.left)

    def _include(self, directive: Directive, result: Result, way: _Way) -> None:
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

    def _redirect(self, spec: MacroString, way: _Way) -> None:
        self.lookups += 1
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
