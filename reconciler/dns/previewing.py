"""Making previews: what a plan does to each domain's DNS, from the records and the checks of both sides. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.dns.checks.base import Finding, Grade, Subject
from reconciler.dns.classes import DKIM, DMARC, MTA_STS, SPF, TLS_RPT
from reconciler.dns.preview import Held, Moment, Preview, RecordRow
from reconciler.dns.records import classes
from reconciler.dns.view import Changes, View
from reconciler.model.resources import split_record_key
from reconciler.model.rrsets import RRset, RRsetKey

_SOA_MINIMUM = 6  # index of the field among the SOA's seven
#: Types that the zone's host makes itself: their change is nobody's plan.
_HOSTS_OWN = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM"})
#: What a domain's mail hangs on, in the order in which it is read.
_CLASSES = (SPF, DKIM, DMARC, MTA_STS, TLS_RPT)
_PLACES = {"MX": 0, **{cls: place for place, cls in enumerate(_CLASSES, 1)}}
_LAST = len(_PLACES)
_GRAVE = (Grade.BLOCKER, Grade.WARNING)


class Judge(NamedTuple):
    """Whom to ask what a view of the DNS is worth; `dns.checks.judging` has the one that is meant.

    Attributes:
        moment: A domain at one moment, with the findings of every check.
        compare: Findings of the way from one moment to another.
    """

    moment: Callable[[Subject, View], Moment]
    compare: Callable[[Subject, View, View], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Case:
    """A domain that is to be previewed.

    Attributes:
        subject: The domain, with its zone.
        provider: The configured name of the provider that hosts it; empty where none does.
        serial: Of the zone now, where known.
        held: What waits.
    """

    subject: Subject
    provider: str = ""
    serial: int | None = None
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Zones:
    """What stands in the zones that are known, and what is to change in them.

    Attributes:
        rrsets: By owner name and type, of all zones.
        changes: The rrsets that will be others; None for one that goes.
    """

    rrsets: Mapping[RRsetKey, RRset] = field(default_factory=dict)
    changes: Changes = field(default_factory=dict)


def previewer(cases: Iterable[Case], zones: Zones, judge: Judge) -> Callable[[str, View, View], Preview]:
    """Return what makes the preview of one of these domains, from the DNS as it is and with the changes laid on top.

    Args:
        cases: The domains.
        zones: The zones they stand in.
        judge: Whom to ask what either side is worth.
    """
    by_domain = {case.subject.domain: case for case in cases}
    parts = _parts_of(by_domain, zones)

    def make(domain: str, before: View, after: View) -> Preview:
        case = by_domain[domain]
        rows = _domain_rows(domain, parts.get(domain, ()), zones, _negative(case, before))
        return Preview(
            domain=domain,
            zone=case.subject.zone or "",
            provider=case.provider,
            serial=case.serial,
            rows=tuple(sorted(rows, key=lambda row: reading_order(row.key, domain))),
            before=judge.moment(case.subject, before),
            after=judge.moment(case.subject, after),
            changes=tuple(judge.compare(case.subject, before, after)),
            held=case.held,
        )

    return make


def _accepted(subject: Subject, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, those of checks that the domain's block accepts as notes."""
    checks = subject.settings.accept if subject.settings is not None else ()
    return tuple(_note(each) if each.check in checks and each.grade in _GRAVE else each for each in findings)


def _note(finding: Finding) -> Finding:
    return replace(finding, grade=Grade.NOTE, message=f"{finding.message} (accepted)", help="")


def accepting(judge: Judge) -> Judge:
    """Return a judge that makes notes of what a domain's block accepts."""

    def moment(subject: Subject, view: View) -> Moment:
        told = judge.moment(subject, view)
        return replace(told, findings=_accepted(subject, told.findings))

    return Judge(moment, lambda *args: _accepted(args[0], judge.compare(*args)))


def negative_ttl(soa: str, ttl: int) -> int | None:
    """Return the seconds for which a resolver remembers that a name is not there (RFC 2308 §5).

    Args:
        soa: The zone's SOA record in presentation form.
        ttl: Its TTL.
    """
    fields = soa.split()
    if len(fields) <= _SOA_MINIMUM or not fields[_SOA_MINIMUM].isdigit():
        return None
    return min(ttl, int(fields[_SOA_MINIMUM]))


def _negative(case: Case, view: View) -> int | None:
    if not case.subject.zone:
        return None
    answer = view.ask(case.subject.zone, "SOA")
    return negative_ttl(answer.values[0], answer.ttl) if answer.values and answer.ttl is not None else None


def home(name: str, domains: Collection[str]) -> str | None:
    """Return the domain that an owner name serves: the nearest one above it."""
    while name and name not in domains:
        name = name.partition(".")[2]
    return name or None


def _parts_of(cases: Mapping[str, Case], zones: Zones) -> dict[str, list[RRsetKey]]:
    """The rrsets of each domain that change, and those that may hold what its mail hangs on."""
    parts: dict[str, list[RRsetKey]] = {}
    for key in dict.fromkeys((*zones.rrsets, *zones.changes)):
        domain = None if key[1] in _HOSTS_OWN else home(key[0], cases)
        if domain is not None and (key in zones.changes or _of_mail(key, domain)):
            parts.setdefault(domain, []).append(key)
    return parts


def _domain_rows(domain: str, keys: Iterable[RRsetKey], zones: Zones, negative: int | None) -> Iterator[RecordRow]:
    """The rows of a domain: its records that change, and those that its mail hangs on."""
    for key in keys:
        now = zones.rrsets.get(key)
        for row in _rows(key, now, zones.changes.get(key, now), negative):
            if row.changes or _stays(row, domain):
                yield row


def _of_mail(key: RRsetKey, domain: str) -> bool:
    """Whether an rrset may hold what a domain's mail hangs on."""
    name, rtype = key
    if rtype == "MX":
        return name == domain
    if rtype == "TXT":
        known = (domain, f"_dmarc.{domain}", f"_mta-sts.{domain}", f"_smtp._tls.{domain}")
        return name in known or name.endswith(f"._domainkey.{domain}")
    return rtype == "CNAME" and name.endswith(f"._domainkey.{domain}")


def _stays(row: RecordRow, domain: str) -> bool:
    """Whether a record that does not change is shown all the same."""
    name, rtype, cls = split_record_key(row.key)
    return rtype in ("MX", "CNAME") or cls in _CLASSES or name.endswith(f"._domainkey.{domain}")


def _rows(key: RRsetKey, before: RRset | None, after: RRset | None, negative: int | None) -> Iterator[RecordRow]:
    """An rrset's rows: one for each value class of a TXT rrset, one for any other."""
    was, will = _parts(before), _parts(after)
    for cls in dict.fromkeys((*was, *will)):
        ttl_before = before.ttl if before is not None and cls in was else None
        ttl_after = after.ttl if after is not None and cls in will else None
        row = RecordRow(
            " ".join((*key, cls) if cls else key), was.get(cls, ()), will.get(cls, ()), ttl_before, ttl_after
        )
        if row.changes:
            held = negative if before is None else before.ttl
            row = RecordRow(row.key, row.before, row.after, ttl_before, ttl_after, held)
        yield row


def _parts(rrset: RRset | None) -> dict[str, tuple[str, ...]]:
    if rrset is None:
        return {}
    return {cls: tuple(values) for cls, values in classes(rrset).items()}


def reading_order(key: str, domain: str) -> tuple[int, int, str]:
    """Return the place of a record, by its key: mail's own first, the domain's own names before those below it."""
    name, rtype, cls = split_record_key(key)
    kind = DKIM if name.endswith(f"._domainkey.{domain}") else (cls or rtype)
    return _PLACES.get(kind, _LAST), 0 if name == domain else 1, key
