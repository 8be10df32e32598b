"""Checks of DMARC (RFC 9989, RFC 9990)."""

from collections.abc import Iterator
from functools import partial

from reconciler.dns import dmarc
from reconciler.dns.checks.alignment import dkim_aligned, silent, spf_aligned
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene


def missing(scene: Scene) -> Iterator[Finding]:
    """No DMARC policy at all."""
    if scene.dmarc is None and scene.knows_dmarc and not dmarc.records_at(scene.domain, scene):
        yield Finding(
            "dmarc-missing",
            Grade.NOTE,
            f"{scene.domain} has no DMARC policy, so receivers do as they like with forged mail",
            "begin with dmarc: {policy: none, reports: postmaster@" + scene.domain + "}",
            _record(scene),
        )


def record(scene: Scene) -> Iterator[Finding]:
    """Records that receivers discard, or read otherwise than they look."""
    found = dmarc.records_at(scene.domain, scene)
    if len(found) > 1:
        message = f"{scene.domain} has {len(found)} DMARC records, so receivers use none of them"
        yield Finding("dmarc-record", Grade.WARNING, message, "keep one of them", _record(scene))
        return
    own = dmarc.parse(found[0]) if found else None
    for fault in own.faults if own is not None else ():
        message = f"in the DMARC record of {scene.domain}, {fault}"
        yield Finding("dmarc-record", Grade.WARNING, message, "correct the record", _record(scene))
    if own is not None and not own.policy:
        message = f"the DMARC record of {scene.domain} has no effect: it names no policy and no report address"
        yield Finding("dmarc-record", Grade.WARNING, message, "put p=none, p=quarantine or p=reject in", _record(scene))


def unenforced(scene: Scene) -> Iterator[Finding]:
    """A policy that changes nothing for forged mail."""
    policy = scene.dmarc
    if policy is None or policy.enforced or not policy.policy:
        return
    why = "is only tried out (t=y)" if policy.record.testing and policy.policy != "none" else "is none"
    yield Finding(
        "dmarc-policy-none",
        Grade.NOTE,
        f"the DMARC policy of {scene.domain} {why}: receivers report, and let forged mail through",
        "read the reports, then set dmarc: {policy: quarantine}",
        f"_dmarc.{policy.at} TXT dmarc",
    )


def removed_tags(scene: Scene) -> Iterator[Finding]:
    """Tags that RFC 9989 took away; `pct` below 100 meant that only some mail was treated so."""
    own = dmarc.record_at(scene.domain, scene)
    if own is None or not own.removed:
        return
    tags = dict(own.removed)
    partly = tags.get("pct", "100") != "100" and own.enforced
    written = ", ".join(f"{name}={value}" for name, value in tags.items())
    yield Finding(
        "dmarc-removed-tags",
        Grade.WARNING if partly else Grade.NOTE,
        f"the DMARC record of {scene.domain} has {written}, which receivers no longer read (RFC 9989)"
        + (f": its policy {own.policy} is for all mail" if partly else ""),
        "remove it; to try a policy out, write t=y: dmarc: {testing: true}",
        _record(scene),
    )


def reports(scene: Scene) -> Iterator[Finding]:
    """Report addresses of other organisations, which have to agree (RFC 9990 §4)."""
    own = dmarc.record_at(scene.domain, scene)
    if own is None:
        return
    targets = dict.fromkeys(map(dmarc.report_domain, (*own.reports, *own.failures)))
    for target in filter(None, targets):
        agrees = target == scene.domain or scene.settled(partial(dmarc.consents, scene.domain, target, scene))
        name = dmarc.consent_name(scene.domain, target)
        if agrees is False:
            yield Finding(
                "dmarc-rua-authorised",
                Grade.WARNING,
                f"{target} does not agree to get DMARC reports about {scene.domain}, so nobody sends them",
                f'have {name} TXT "v=DMARC1;" published in the zone of {target}, or name an address of your own',
                _record(scene),
            )


def alignment(scene: Scene) -> Iterator[Finding]:
    """A policy that the domain's own mail can not pass."""
    policy = scene.dmarc
    if policy is None or not policy.enforced or silent(scene) or spf_aligned(scene) is not False:
        return
    signed = dkim_aligned(scene)
    if signed:
        return
    sure = signed is False
    if not sure and scene.selectors:
        return  # there are keys, and nobody can tell what they are worth
    yield Finding(
        "dmarc-alignment",
        Grade.BLOCKER if sure else Grade.WARNING,
        f"mail from {scene.domain} passes neither SPF nor DKIM, and its DMARC policy is {policy.policy}"
        if sure
        else f"mail from {scene.domain} can not pass SPF, no DKIM key of it is known, and its DMARC policy is "
        f"{policy.policy}",
        "publish its mail host's SPF and DKIM records, or set dmarc: {policy: none} until they are there",
        f"_dmarc.{policy.at} TXT dmarc",
    )


def _record(scene: Scene) -> str:
    return f"_dmarc.{scene.domain} TXT dmarc"
