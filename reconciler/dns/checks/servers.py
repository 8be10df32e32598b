"""Checks of the zone itself, from what the resolver found out about its servers."""

from collections.abc import Callable, Iterator

from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene

_Check = Callable[[Scene], Iterator[Finding]]


def _of_fact(fact: str, check: str, grade: Grade, hint: str) -> _Check:
    def run(scene: Scene) -> Iterator[Finding]:
        said = scene.subject.facts.get(fact)
        if said:
            yield Finding(check, grade, said, hint.format(zone=scene.subject.zone or scene.domain))

    return run


dnssec_broken = _of_fact(
    "dnssec-broken",
    "dnssec-broken",
    Grade.BLOCKER,
    "correct the DS record at the registrar, or remove it and sign {zone} again",
)
differ = _of_fact(
    "servers-differ",
    "ns-answers-differ",
    Grade.WARNING,
    "wait until every server has the newest serial of {zone}, or find out why one does not get it; to go on all the "
    "same, write into the domain's `dns:` block: accept: [ns-answers-differ]",
)
unreachable = _of_fact(
    "servers-silent",
    "ns-unreachable",
    Grade.WARNING,
    "find out why it does not answer; one of {zone} that only this machine can not reach is left out by naming the "
    "others: resolver: {{authoritative: {{{zone}: [SERVER, …]}}}}",
)
not_delegated = _of_fact(
    "not-delegated",
    "zone-not-delegated-to-provider",
    Grade.BLOCKER,
    "name the provider that hosts {zone}, or have the registrar delegate it to this one",
)
