"""What an SPF record means to all senders at once: who may send, and what it costs a receiver at worst."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.dns.spf.addresses import EVERY, NONE, Addresses
from reconciler.dns.spf.published import MAX_VOIDS, Result, Trouble, checkable
from reconciler.dns.spf.syntax import Network, SpfRecord
from reconciler.dns.spf.terms import MAX_LOOKUPS
from reconciler.dns.spf.walk import OpenTerm, Walk
from reconciler.dns.view import View


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
    walk = Walk(domain, view)
    name = checkable(domain)
    record = walk.record(name, domain)
    if not isinstance(record, SpfRecord):
        return Survey(False, 0, 0, walk.fault, False, walk.unknown, {}, ())
    return _surveyed(walk, record, domain)


def survey_of(record: SpfRecord, domain: str, view: View) -> Survey:
    """Survey a record as if it stood at a domain."""
    return _surveyed(Walk(domain, view), record, domain)


def _surveyed(walk: Walk, record: SpfRecord, domain: str) -> Survey:
    way = walk.follow(record, domain, EVERY)
    voids = max(min(walk.voids.values()), *way.met.values())
    return Survey(True, walk.lookups, voids, walk.fault, walk.late, walk.unknown, way.results, tuple(way.open))
