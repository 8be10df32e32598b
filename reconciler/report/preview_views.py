"""A preview in words: rows, facts and findings as plain text values, which every renderer only has to arrange.

Nothing here knows a width, a colour or a format, but for the arrow, which a renderer without Unicode gives as `->`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.classes import SPF
from reconciler.dns.preview import Held, Moment, Preview, RecordRow, SpfCount, Verdict, verdict_of
from reconciler.model.answers import Status
from reconciler.model.names import domain_label
from reconciler.model.presentation import TEXT, relative, text_of, within
from reconciler.model.resources import split_record_key
from reconciler.report.labels import owner_name_label
from reconciler.report.layout import clean, count

ARROW = "→"
_MAX_LOOKUPS, _MAX_VOIDS = 10, 2  # RFC 7208 §4.6.4
_NOT_KNOWN = "not known"
_SHORT_CLASS = frozenset({"spf", "dmarc", "dkim", "mta-sts", "tls-rpt"})
_WORST_FIRST = tuple(Grade)


@dataclass(frozen=True, slots=True)
class RowView:
    """A record's row.

    Attributes:
        change: create | update | delete | stays.
        record: Relative to the domain, such as `@ MX`.
        now: What stands there; empty where nothing does.
        after: What will; empty where it goes, and where only the TTL changes.
        gained: Terms of a long value that it gains, such as `include:_spf.new.example`.
        lost: Terms that it loses.
        ttl_now: Seconds; empty where it is not there.
        ttl_after: Seconds; empty where it goes or stays.
        cached: How long others may go on answering with what is there now, such as `24 h`.
    """

    change: str
    record: str
    now: str
    after: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ttl_now: str = ""
    ttl_after: str = ""
    cached: str = ""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding, and whether it holds today already."""

    finding: Finding
    today: bool = False


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A preview, ready to be arranged.

    Attributes:
        domain: With U-labels.
        what: What happens, in a few words.
        verdict: What an administrator may conclude.
        reasons: What the verdict rests on, such as `1 blocker, 2 warnings`; empty where there is nothing.
        where: The zone, its provider and its serial.
        rows: Records.
        facts: A word and what it says of both moments, in order: receives, may send, SPF, DMARC, aligned.
        findings: Of the moment after and of the way to it, worst first, without the unknown.
        cleared: Ids of checks that find something today and nothing after.
        unknown: What could not be looked up.
        held: What waits.
    """

    domain: str
    what: str
    verdict: Verdict
    reasons: str
    where: str
    rows: tuple[RowView, ...]
    facts: tuple[tuple[str, str], ...]
    findings: tuple[FindingView, ...]
    cleared: tuple[str, ...]
    unknown: tuple[Finding, ...]
    held: tuple[Held, ...]


def preview_view(preview: Preview) -> PreviewView:
    """Put a preview into words."""
    found = worst_first((*preview.after.findings, *preview.changes))
    today = {_same(each) for each in preview.before.findings}
    later = {each.check for each in found}
    unknown = _unknown(found)
    grave = [each for each in preview.before.findings if each.grade in (Grade.BLOCKER, Grade.WARNING)]
    return PreviewView(
        domain=clean(domain_label(preview.domain)),
        what=happening(preview),
        verdict=verdict_of(found),
        reasons=reasons(found),
        where=_where(preview),
        rows=tuple(_row(row, preview.domain) for row in preview.rows),
        facts=tuple(_facts(preview.before, preview.after)),
        findings=tuple(FindingView(each, _same(each) in today) for each in found if each.grade is not Grade.UNKNOWN),
        cleared=tuple(dict.fromkeys(each.check for each in grave if each.check not in later)),
        unknown=unknown,
        held=preview.held,
    )


@dataclass(frozen=True, slots=True)
class MomentView:
    """A domain as it is, ready to be arranged; see `PreviewView`."""

    domain: str
    verdict: Verdict
    reasons: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    unknown: tuple[Finding, ...]


def moment_view(domain: str, moment: Moment) -> MomentView:
    """Put one moment into words."""
    found = worst_first(moment.findings)
    return MomentView(
        clean(domain_label(domain)),
        verdict_of(found),
        reasons(found),
        tuple(_facts(moment, moment)),
        tuple(each for each in found if each.grade is not Grade.UNKNOWN),
        _unknown(found),
    )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, each once, by their grade and else as they come."""
    return sorted(dict.fromkeys(findings), key=lambda each: _WORST_FIRST.index(each.grade))


def reasons(findings: Iterable[Finding]) -> str:
    """Return how many findings of the grave kinds there are."""
    grades = [each.grade for each in findings]
    told = ((Grade.BLOCKER, "blocker"), (Grade.WARNING, "warning"))
    return ", ".join(count(grades.count(grade), noun) for grade, noun in told if grade in grades)


def duration(seconds: int) -> str:
    """Return a TTL in the largest unit that it is a whole number of: `24 h`, `90 min`, `5 days`."""
    if seconds % 86400 == 0 and seconds >= 2 * 86400:
        return count(seconds // 86400, "day")
    if seconds % 3600 == 0 and seconds:
        return f"{seconds // 3600} h"
    if seconds % 60 == 0 and seconds:
        return f"{seconds // 60} min"
    return f"{seconds} s"


def moves_mail(preview: Preview) -> bool:
    """Whether other hosts receive the domain's mail afterwards."""
    known = "receives" not in (*preview.before.unknown, *preview.after.unknown)
    return known and _hosts(preview.before) != _hosts(preview.after)


def happening(preview: Preview) -> str:
    """Return what happens to a domain in a few words, the way its mail goes before all."""
    before, after = _hosts(preview.before), _hosts(preview.after)
    known = "receives" not in (*preview.before.unknown, *preview.after.unknown)
    if before != after and known:
        if not before:
            return f"mail begins to arrive at {_list(after)}"
        if not after:
            return f"nobody receives its mail any more, {_list(before)} did"
        return f"MX switch: {_list(before)} {ARROW} {_list(after)}"
    coming = any(each.phase == "switch" for each in preview.held)
    changed = [row for row in preview.rows if row.changes]
    if not changed:
        return "waits for an MX switch" if coming else "waits" if preview.held else "nothing changes"
    noun = "TTL" if all(row.before == row.after for row in changed) else "record"
    return f"{'on the way to an MX switch: ' if coming else ''}{count(len(changed), noun)} changed"


def _hosts(moment: Moment) -> tuple[str, ...]:
    return tuple(clean(each.partition(" ")[2].rstrip(".") or ".") for each in moment.receives)


def _list(names: Sequence[str]) -> str:
    few = 2
    rest = f" and {len(names) - few} more" if len(names) > few else ""
    return ", ".join(names[:few]) + rest


def _where(preview: Preview) -> str:
    serial = "" if preview.serial is None else f", serial {preview.serial}"
    provider = f" at {clean(preview.provider)}" if preview.provider else ""
    return f"zone {clean(domain_label(preview.zone))}{provider}{serial}" if preview.zone else ""


def _same(finding: Finding) -> tuple[str, str | None, str]:
    return finding.check, finding.record, finding.message


def _unknown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.grade is Grade.UNKNOWN)


# Rows


def record_label(key: str, domain: str) -> str:
    """Return a record's key as a person reads it below a domain: `@ MX`, `key1._domainkey TXT`."""
    name, rtype, cls = split_record_key(key)
    short = relative(name, domain) if within(name, domain) else name
    known = f" {cls}" if cls in _SHORT_CLASS and not name.startswith("_") and "._domainkey." not in name else ""
    return clean(f"{owner_name_label(short)} {rtype}{known}")


def value_text(rtype: str, values: Sequence[str]) -> str:
    """Return a record's values as a person reads them: TXT without its quotes, several with commas."""
    return ", ".join(clean(text_of(each) if rtype in TEXT else each) for each in values)


def _row(row: RecordRow, domain: str) -> RowView:
    _, rtype, cls = split_record_key(row.key)
    now, after = value_text(rtype, row.before), value_text(rtype, row.after)
    change = "stays"
    if row.changes:
        change = "update" if row.before and row.after else "create" if row.after else "delete"
    gained, lost = _terms(now, after) if change == "update" and cls == SPF else ((), ())
    same = row.before == row.after
    return RowView(
        change,
        record_label(row.key, domain),
        now,
        "" if same else after,
        gained,
        lost,
        _number(row.ttl_before),
        "" if change == "stays" else _number(row.ttl_after),
        "" if row.held is None else duration(row.held),
    )


def _terms(now: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an SPF record gains and loses; nothing where only the order of its terms is another."""
    one, other = now.split(), after.split()
    return tuple(each for each in other if each not in one), tuple(each for each in one if each not in other)


def _number(ttl: int | None) -> str:
    return "" if ttl is None else str(ttl)


# Facts


def _facts(before: Moment, after: Moment) -> Iterator[tuple[str, str]]:
    yield "receives", _both(_receives(before), _receives(after))
    if "senders" in (*before.unknown, *after.unknown):
        yield "may send", _both(_told_senders(before), _told_senders(after))
    else:
        yield "may send", _senders(before.senders, after.senders)
    if before.spf or after.spf:
        yield "SPF", _spf(before.spf, after.spf)
    yield "DMARC", _both(_dmarc(before), _dmarc(after))
    spf = _both(_yes(before.spf_aligned), _yes(after.spf_aligned))
    dkim = _both(_yes(before.dkim_aligned), _yes(after.dkim_aligned))
    yield "aligned", f"SPF {spf}, DKIM {dkim}"
    for was, will in zip(before.clients, after.clients, strict=True):
        yield "from", f"{clean(was.address)}: SPF {_both(was.result, will.result)} ({clean(will.reason)})"


def _both(before: str, after: str) -> str:
    return before if before == after else f"{before} {ARROW} {after}"


def _receives(moment: Moment) -> str:
    nobody = _NOT_KNOWN if "receives" in moment.unknown else "nobody"
    return ", ".join(clean(each) for each in moment.receives) or nobody


def _told_senders(moment: Moment) -> str:
    return _NOT_KNOWN if "senders" in moment.unknown else clean(" ".join(moment.senders)) or "anybody"


def _dmarc(moment: Moment) -> str:
    none = "none of its own" if "inherited" in moment.unknown else "none"
    return _NOT_KNOWN if "dmarc" in moment.unknown else moment.dmarc or none


def _yes(value: bool | None) -> str:
    return _NOT_KNOWN if value is None else "yes" if value else "no"


def _senders(before: Sequence[str], after: Sequence[str]) -> str:
    if tuple(before) == tuple(after):
        return clean(" ".join(after)) or "anybody: there is no SPF record"
    if not before or not after:
        told = [clean(" ".join(each)) or "anybody" for each in (before, after)]
        return f"{told[0]} {ARROW} {told[1]}"
    gained = [clean(each) for each in after if each not in before]
    lost = [clean(each) for each in before if each not in after]
    if not gained and not lost:
        return "the same, in another order"
    parts = [f"{word} {', '.join(terms)}" for word, terms in (("with", gained), ("without", lost)) if terms]
    stay = sum(each in before for each in after)
    if stay:
        parts.append("1 term stays" if stay == 1 else f"{stay} terms stay")
    return "; ".join(parts)


def _spf(before: SpfCount | None, after: SpfCount | None) -> str:
    if before is None or after is None:
        return _both(_cost(before), _cost(after))
    lookups = _both(str(before.lookups), str(after.lookups))
    voids = _both(str(before.voids), str(after.voids))
    return f"lookups {lookups} of {_MAX_LOOKUPS}, void {voids} of {_MAX_VOIDS}{_trouble(after.error)}"


def _cost(spf: SpfCount | None) -> str:
    """What one record costs."""
    if spf is None:
        return "none"
    return f"lookups {spf.lookups} of {_MAX_LOOKUPS}, void {spf.voids} of {_MAX_VOIDS}{_trouble(spf.error)}"


def _trouble(error: str) -> str:
    """What is wrong with an SPF record; that nobody was asked is told once, with the checks."""
    if not error:
        return ""
    return "; not all of it is known" if f": {Status.UNKNOWN}" in error else f"; {clean(error)}"
