"""check_host of RFC 7208 §4: what a receiver concludes about one message, over a view of the DNS.

Where an answer is not known yet the evaluation goes on as if the term did not match, so that whatever else it may need
is asked in the same round; the result is then UNKNOWN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address

from reconciler.dns.spf.addresses import IPV4, around, span
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a receiver concludes.

    Attributes:
        result: Its result.
        reason: One lower-case sentence: which term of whose record, or what is wrong.
        lookups: Terms that asked the DNS.
        voids: Answers that had nothing.
    """

    result: Result
    reason: str
    lookups: int = 0
    voids: int = 0


def check_host(ip: str, domain: str, sender: str, view: View, helo: str = "unknown") -> Judgement:
    """Return what a receiver concludes about a client that sends as a domain.

    Args:
        ip: The client's address.
        domain: Whose record counts: the sender's, or the one the client greets with.
        sender: Address of MAIL FROM; `postmaster@` and the greeting where that is empty.
        view: The DNS.
        helo: The name the client greets with; only macros look at it.

    Raises:
        ValueError: If `ip` is not an address.
    """
    run = _Run(ip, domain, sender, view, helo)
    try:
        result, reason = run.judge(domain.rstrip("."))
    except _Stop as stop:
        result, reason = stop.trouble
    if run.unknown and result is not Result.UNKNOWN:
        result, reason = Result.UNKNOWN, run.unknown
    return Judgement(result, reason, run.lookups, run.voids)


class _Stop(Exception):
    def __init__(self, result: Result, reason: str) -> None:
        super().__init__(reason)
        self.trouble = Trouble(result, reason)


class _Run:
    """One evaluation: its limits are counted over all records it leads to (§4.6.4)."""

    def __init__(self, ip: str, domain: str, sender: str, view: View, helo: str) -> None:
        address = ip_address(ip)
        self.ip: IPv4Address | IPv6Address = getattr(address, "ipv4_mapped", None) or address
        self.number = int(self.ip)
        self.version = self.ip.version
        self.bits = IPV4_BITS if self.version == IPV4 else IPV6_BITS
        self.rtype = "A" if self.version == IPV4 else "AAAA"
        local, _, of = sender.rpartition("@")
        self.local, self.of = local or "postmaster", of or domain
        self.view = view
        self.helo = helo
        self.lookups = 0
        self.voids = 0
        self.unknown = ""
        self._rules: dict[str, Callable[[Directive, str], bool]] = {
            "all": lambda _directive, _domain: True,
            "ip4": self._ip,
            "ip6": self._ip,
            "a": self._a,
            "mx": self._mx,
            "include": self._include,
            "exists": self._exists,
            "ptr": self._ptr,
        }

    def judge(self, domain: str) -> Trouble:
        """Return the result of a domain's record, and why."""
        record = self._record(domain)
        if record is None:
            return Trouble(Result.NONE, f"{domain} has no SPF record")
        for directive in record.directives:
            if self._rules[directive.name](directive, domain) and not self.unknown:
                return Trouble(RESULTS[directive.qualifier], f"{directive.text} in the record of {domain} matches")
        if record.redirect is None:
            return Trouble(Result.NEUTRAL, f"no term in the record of {domain} matches")
        self._count(f"redirect={record.redirect.text}")
        judged = self.judge(self._target(record.redirect, domain))
        if judged.result is Result.NONE:
            raise _Stop(Result.PERMERROR, f"redirect={record.redirect.text} of {domain} leads nowhere: {judged.reason}")
        return judged

    def _record(self, domain: str) -> SpfRecord | None:
        name = checkable(domain)
        found = record_of(domain, self.view.ask(name, "TXT")) if name else None
        if isinstance(found, Trouble):
            if found.result is not Result.UNKNOWN:
                raise _Stop(*found)
            self.unknown = self.unknown or found.reason
            return SpfRecord(())
        return found

    def _count(self, term: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Stop(Result.PERMERROR, f"{term} is the lookup that is one too many: {MAX_LOOKUPS} are allowed")

    def _ask(self, name: str | None, rtype: str) -> Answer:
        """Ask, and count what finds nothing; a name that can not be is not asked for."""
        if name is None:
            return Answer(Status.NXDOMAIN)
        answer = self.view.ask(name, rtype)
        if answer.void:
            self.voids += 1
            if self.voids > MAX_VOIDS:
                raise _Stop(Result.PERMERROR, f"{name} {rtype} is the third question that finds nothing")
        elif not answer.known:
            trouble = unanswered(name, rtype, answer)
            if trouble.result is Result.TEMPERROR:
                raise _Stop(*trouble)
            self.unknown = self.unknown or trouble.reason
        return answer

    def _target(self, spec: MacroString | None, domain: str) -> str:
        return domain if spec is None else spec.target(lambda letter: self._value(letter, domain))

    def _value(self, letter: str, domain: str) -> str:
        """What a macro letter stands for (§7.2)."""
        simple = {"l": self.local, "o": self.of, "s": f"{self.local}@{self.of}", "d": domain, "h": self.helo}
        if letter in simple:
            return simple[letter]
        if letter == "v":
            return "in-addr" if self.version == IPV4 else "ip6"
        return self._dotted if letter == "i" else self._validated_name(domain)

    @cached_property
    def _dotted(self) -> str:
        if self.version == IPV4:
            return str(self.ip)
        return ".".join(self.ip.exploded.replace(":", ""))

    def _ip(self, directive: Directive, _domain: str) -> bool:
        network = directive.network
        assert network is not None, "the grammar sees to it"
        if network.version != self.version:
            return False
        first, last = span(network)
        return first <= self.number <= last

    def _near(self, answer: Answer, directive: Directive) -> bool:
        prefix = directive.prefixes[self.version != IPV4]
        first, last = around(self.number, prefix, self.bits)
        return any(first <= number <= last for number in numbers(answer, self.version))

    def _a(self, directive: Directive, domain: str) -> bool:
        self._count(directive.text)
        return self._near(self._ask(name_of(self._target(directive.domain, domain)), self.rtype), directive)

    def _mx(self, directive: Directive, domain: str) -> bool:
        self._count(directive.text)
        names = hosts(self._ask(name_of(self._target(directive.domain, domain)), "MX"))
        if len(names) > MAX_HOSTS:
            raise _Stop(Result.PERMERROR, f"{directive.text} of {domain} leads to {len(names)} hosts; 10 are allowed")
        answers = [self._ask(name, self.rtype) for name in names]  # of all, as receivers do: the void ones count
        return any(self._near(answer, directive) for answer in answers)

    def _include(self, directive: Directive, domain: str) -> bool:
        self._count(directive.text)
        target = self._target(directive.domain, domain)
        judged = self.judge(target)
        if judged.result is Result.NONE and not self.unknown:
            raise _Stop(Result.PERMERROR, f"{directive.text} of {domain}: {judged.reason}")
        return judged.result is Result.PASS

    def _exists(self, directive: Directive, domain: str) -> bool:
        self._count(directive.text)
        return bool(self._ask(name_of(self._target(directive.domain, domain)), "A").values)

    def _ptr(self, directive: Directive, domain: str) -> bool:
        self._count(directive.text)
        target = self._target(directive.domain, domain).lower()
        return any(name == target or name.endswith(f".{target}") for name in self._find_validated())

    @cached_property
    def _validated(self) -> list[str]:
        """What macros have for `%{p}`: looked up once."""
        return self._find_validated()

    def _find_validated(self) -> list[str]:
        """Names of the client that lead back to it (§5.5): what can not be looked up is left out."""
        zone = "in-addr.arpa" if self.version == IPV4 else "ip6.arpa"
        reverse = ".".join(reversed(self._dotted.split(".")))
        names = [value.removesuffix(".") for value in self._ask_leniently(f"{reverse}.{zone}", "PTR").values]
        return [name for name in names[:MAX_HOSTS] if self.number in self._numbers(name)]

    def _numbers(self, name: str) -> set[int]:
        return set(numbers(self._ask_leniently(name, self.rtype), self.version))

    def _ask_leniently(self, name: str, rtype: str) -> Answer:
        answer = self.view.ask(name, rtype)
        return answer if answer.status is Status.FAILED else self._ask(name, rtype)

    def _validated_name(self, domain: str) -> str:
        names = self._validated
        wanted = domain.lower()
        ranked = sorted(names, key=lambda name: (name != wanted, not name.endswith(f".{wanted}")))
        return ranked[0] if ranked else "unknown"
