"""Running all checks: over one moment, and over the way from one to another. Pure."""

from collections.abc import Iterable, Iterator

from reconciler.dns import spf
from reconciler.dns.checks.alignment import dkim_aligned, spf_aligned
from reconciler.dns.checks.base import ASK_OTHERS, Finding, Grade, Subject
from reconciler.dns.checks.scene import Scene
from reconciler.dns.checks.table import CHECKS, COMPARISONS
from reconciler.dns.preview import Client, Moment, SpfCount, Verdict, verdict_of
from reconciler.dns.view import View
from reconciler.dns.zonebase import UNASKED
from reconciler.model.answers import Answer, Question

_RANKS = {grade: rank for rank, grade in enumerate(Grade)}


def run_checks(subject: Subject, view: View) -> tuple[Finding, ...]:
    """Return what every check finds at one moment, worst first, then by id.

    A question that nobody could answer is told once, by the first check that needed it.
    """
    return _checked(Scene(subject, view))


def _checked(scene: Scene) -> tuple[Finding, ...]:
    found: list[Finding] = []
    told: set[Question] = set()
    for check in CHECKS:
        found.extend(check.run(scene))
        found.extend(_untold(check.id, check.worst, scene.gaps(), told))
    return _sorted(found)


def compare(subject: Subject, before: View, after: View) -> tuple[Finding, ...]:
    """Return what every comparison finds on the way from one moment to another, worst first, then by id."""
    now, then = Scene(subject, before), Scene(subject, after)
    found: list[Finding] = []
    told: set[Question] = set()
    for check in COMPARISONS:
        found.extend(check.run(now, then))
        found.extend(_untold(check.id, check.worst, (*now.gaps(), *then.gaps()), told))
    return _sorted(found)


def _untold(
    check: str, worst: Grade, gaps: Iterable[tuple[Question, Answer]], told: set[Question]
) -> Iterator[Finding]:
    """The first question of a check that has no answer and that no other check told of."""
    if worst is Grade.NOTE:
        return
    fresh = [(question, answer) for question, answer in gaps if question not in told]
    told.update(question for question, _ in fresh)
    if fresh:
        (name, rtype), answer = fresh[0]
        more = f" (and {len(fresh) - 1} more)" if len(fresh) > 1 else ""
        why = f": {answer.detail}" if answer.detail else ""
        yield Finding(
            check,
            Grade.UNKNOWN,
            f"{name} {rtype} could not be looked up{more}{why}",
            ASK_OTHERS if answer.detail == UNASKED else f"try again, or ask yourself: dig {name} {rtype}",
            f"{name} {rtype}",
        )


def _sorted(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (_RANKS[each.grade], each.check, each.message)))


def moment(subject: Subject, view: View) -> Moment:
    """Return a domain's mail as a view of the DNS tells it."""
    scene = Scene(subject, view)
    findings = _checked(scene)
    policy = scene.dmarc
    testing = " (t=y)" if policy is not None and policy.record.testing else ""
    return Moment(
        receives=tuple(f"{preference} {host}" for preference, host in scene.mx),
        senders=_senders(scene),
        spf=_cost(scene.spf),
        dmarc=policy.policy + testing if policy is not None else "",
        spf_aligned=spf_aligned(scene),
        dkim_aligned=dkim_aligned(scene),
        findings=findings,
        clients=tuple(_client(each, subject.domain, view) for each in subject.clients),
        unknown=tuple(_unknown(scene)),
    )


def _unknown(scene: Scene) -> Iterator[str]:
    """The fields of a moment that nothing can be said of."""
    if not scene.ask(scene.domain, "MX").known:
        yield "receives"
    if not scene.ask(scene.domain, "TXT").known:
        yield "senders"
    if not scene.knows_dmarc:
        yield "inherited" if scene.ask(f"_dmarc.{scene.domain}", "TXT").known else "dmarc"


def _client(address: str, domain: str, view: View) -> Client:
    judged = spf.check_host(address, domain, f"postmaster@{domain}", view)
    return Client(address, str(judged.result), judged.reason)


def _cost(record: spf.Survey | None) -> SpfCount | None:
    if record is None:
        return None
    return SpfCount(record.lookups, record.voids, record.trouble.reason if record.trouble else record.unknown)


def _senders(scene: Scene) -> tuple[str, ...]:
    """The terms of the SPF record, `all` last."""
    terms = [term for text in scene.spf_texts[:1] for term in spf.parse(text) or ()]
    return tuple(term.text for term in sorted(terms, key=lambda term: not term.modifier and term.name == "all"))


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return what an administrator may conclude from findings."""
    return verdict_of(findings)
