"""What previews forbid: a plan that would make mail fail in the DNS is refused before anything is changed."""

from collections.abc import Collection, Iterator, Sequence

from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.preview import Preview
from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic, problem

#: Checks of the zone itself: what they find is there before the plan as well, and stops it all the same.
ZONE_CHECKS = frozenset({"dnssec-broken", "ns-answers-differ", "zone-not-delegated-to-provider"})


def forbidden(previews: Sequence[Preview], desired: Desired) -> Iterator[Diagnostic]:
    """Yield an error for each trouble that a plan would cause, or that its zone is in.

    Trouble that is there already and stays is told by the preview and stops nothing. Nor does what the domain's
    `accept` names.

    Args:
        previews: Of the domains whose records the plan changes.
        desired: For where each is declared.
    """
    for preview in previews:
        if not any(row.changes for row in preview.rows):
            continue
        settings = desired.dns.get(preview.domain)
        accepted = settings.accept if settings is not None else ()
        for finding in _caused(preview, accepted):
            yield problem(
                finding.check,
                f"{preview.domain}: {finding.message}",
                at=settings.origin.span() if settings is not None else None,
                why=f"this is what `reconciler dns preview {preview.domain}` finds",
                help=finding.help or None,
            )


def _caused(preview: Preview, accepted: Collection[str]) -> Iterator[Finding]:
    now = {(each.check, each.record) for each in preview.before.findings if each.grade is Grade.BLOCKER}
    for finding in dict.fromkeys((*preview.after.findings, *preview.changes)):
        if finding.check in accepted:
            continue
        of_zone = finding.check in ZONE_CHECKS and finding.grade in (Grade.BLOCKER, Grade.WARNING)
        new = finding.grade is Grade.BLOCKER and (finding.check, finding.record) not in now
        if of_zone or new:
            yield finding
