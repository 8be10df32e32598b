"""Who may send as a domain, what that costs a receiver, and what changes about it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.dns.spf.addresses import Addresses
from reconciler.dns.spf.published import Result, Trouble
from reconciler.dns.spf.survey import OpenTerm, Survey, survey, survey_of
from reconciler.dns.spf.syntax import BadSpf, Network, read
from reconciler.dns.view import View

if TYPE_CHECKING:
    from reconciler.dns.preview import SpfCount


@dataclass(frozen=True, slots=True)
class Permits:
    """Who gets which result; what the limits on lookups say does not count here.

    Attributes:
        survey: What the record was seen to mean.
    """

    survey: Survey

    @property
    def known(self) -> bool:
        """Whether every answer that it hangs on was had."""
        trouble = self.survey.trouble
        return not self.survey.unknown and (trouble is None or trouble.result is not Result.TEMPERROR)

    def networks(self, result: Result = Result.PASS) -> tuple[Network, ...]:
        """Return the networks with a result, the fewest that say it."""
        return self.survey.networks(result)

    def open(self, result: Result = Result.PASS) -> tuple[str, ...]:
        """Return the terms of which a match gives a result, and that only a message decides, as text."""
        return tuple(dict.fromkeys(told(each) for each in self.survey.open if each.result is result))

    def lost(self, after: "Permits") -> tuple[str, ...]:
        """Return what passes here and not there: networks, then terms that are gone."""
        gone = self.passing - after.passing
        kept = after.open()
        return (*map(str, gone.networks), *(text for text in self.open() if text not in kept))

    def covers(self, other: "Permits") -> bool:
        """Whether whatever passes there passes here."""
        return not other.lost(self)

    @property
    def passing(self) -> Addresses:
        """The addresses that pass."""
        return self.survey.passing


def told(term: OpenTerm) -> str:
    """Return a term and whose it is, such as `exists:%{i}.list.example (of example.org)`."""
    return f"{term.text} (of {term.domain})"


def permits(domain: str, view: View) -> Permits:
    """Return who may send as a domain by the record that stands there; nobody is named where there is none."""
    return Permits(survey(domain, view))


def permits_of(text: str, domain: str, view: View) -> Permits:
    """Return who may send as a domain were this its record.

    Raises:
        BadSpf: If it is not a record.
    """
    return Permits(survey_of(read(text), domain, view))


def cost(domain: str, view: View) -> "SpfCount | None":
    """Return what evaluating a domain's record costs a receiver at worst (RFC 7208 §4.6.4); None without one.

    The error begins with `permerror`, `temperror`, or `not known` where an answer was not looked up: then the counts
    are the least that it can be.
    """
    seen = survey(domain, view)
    return _count(seen) if seen.found or seen.trouble or seen.unknown else None


def cost_of(text: str, domain: str, view: View) -> "SpfCount":
    """Return what a record would cost were it the domain's."""
    try:
        seen = survey_of(read(text), domain, view)
    except BadSpf as error:
        return _counted(0, 0, Trouble(Result.PERMERROR, str(error)))
    return _count(seen)


def _count(seen: Survey) -> "SpfCount":
    unknown = Trouble(Result.UNKNOWN, seen.unknown) if seen.unknown else None
    trouble = seen.trouble or seen.excess or unknown
    return _counted(seen.lookups, seen.voids, trouble)


def _counted(lookups: int, voids: int, trouble: Trouble | None) -> "SpfCount":
    from reconciler.dns.preview import SpfCount  # its package imports this one

    return SpfCount(lookups, voids, f"{trouble.result}: {trouble.reason}" if trouble else "")
