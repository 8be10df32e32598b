"""Checks that a domain's `accept` names: each has to be one."""

from collections.abc import Iterator

from reconciler.model.closest import did_you_mean
from reconciler.model.desired import Desired
from reconciler.model.diagnostic import Diagnostic, problem


def check_accepted(desired: Desired) -> Iterator[Diagnostic]:
    """Find ids under `accept` that no check of mail's DNS has: a misspelt one would accept nothing."""
    naming = {domain: settings for domain, settings in desired.dns.items() if settings.accept}
    if not naming:
        return
    from reconciler.dns.checks.table import CHECKS, COMPARISONS

    known = sorted({*(each.id for each in CHECKS), *(each.id for each in COMPARISONS)})
    for domain, settings in naming.items():
        for check in settings.accept:
            if check not in known:
                yield problem(
                    "unknown-check",
                    f"there is no check '{check}' that domain '{domain}' could accept",
                    at=settings.origin.span("accept"),
                    help=did_you_mean(check, known, "docs/checks.md lists them"),
                )
