"""What a plan does to the DNS of each domain, as values: every renderer, and the plan document, take these."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.dns.checks.base import Finding, Grade


class Verdict(StrEnum):
    """What an administrator may conclude."""

    READY = "ready"  # nothing found
    CARE = "ready, with care"  # warnings
    NOT_YET = "not yet"  # a blocker
    UNSURE = "not known"  # what would tell could not be looked up


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return what findings come to: what is not known may be a blocker, so it weighs more than a warning."""
    grades = {each.grade for each in findings}
    for grade, verdict in _VERDICTS.items():
        if grade in grades:
            return verdict
    return Verdict.READY


_VERDICTS = {Grade.BLOCKER: Verdict.NOT_YET, Grade.UNKNOWN: Verdict.UNSURE, Grade.WARNING: Verdict.CARE}


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record before and after.

    Attributes:
        key: Such as `example.org TXT spf`.
        before: Values now; empty where it is not there.
        after: Values once the plan has run; empty where it goes.
        ttl_before: Seconds; None where it is not there.
        ttl_after: Seconds; None where it goes.
        held: Seconds for which others may go on answering with what is there now: its TTL, or for a name that is not
            there the zone's negative TTL (RFC 2308 §5); None where it does not change, or nobody can tell.
    """

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    ttl_before: int | None = None
    ttl_after: int | None = None
    held: int | None = None

    @property
    def changes(self) -> bool:
        """Whether it is not the same before and after."""
        return (self.before, self.ttl_before) != (self.after, self.ttl_after)


@dataclass(frozen=True, slots=True)
class SpfCount:
    """What evaluating a domain's SPF record costs a receiver (RFC 7208 §4.6.4).

    Attributes:
        lookups: Terms that ask the DNS, those of included records too; the limit is 10.
        voids: Of these, how many find nothing; the limit is 2.
        error: What makes it a permerror or temperror, if anything.
    """

    lookups: int
    voids: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """What SPF says of mail from one address (RFC 7208 §2.6).

    Attributes:
        address: Of the client that delivers.
        result: pass, fail, softfail, neutral, none, temperror, permerror, or unknown.
        reason: Why, as one lower-case sentence.
    """

    address: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A domain's mail as the DNS tells it at one moment.

    Attributes:
        receives: Hosts that receive its mail, `preference host`, in order; empty where nobody does.
        senders: Who may send as it: the terms of its SPF record, `all` last; empty without a record.
        spf: What its SPF record costs; None without one.
        dmarc: Its DMARC policy; empty without a record.
        spf_aligned: Whether mail that passes SPF at its host passes DMARC; None where that can not be told.
        dkim_aligned: Whether mail signed by its host passes DMARC; None where that can not be told.
        findings: Of every check, worst first.
        clients: What SPF says of the addresses that were asked about.
        unknown: Of `receives`, `senders` and `dmarc`, what is empty because it could not be looked up; `inherited`
            where it has no DMARC record of its own, and what a name above it says is not known.
    """

    receives: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    spf: SpfCount | None = None
    dmarc: str = ""
    spf_aligned: bool | None = None
    dkim_aligned: bool | None = None
    findings: tuple[Finding, ...] = ()
    clients: tuple[Client, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A change that is declared and has to wait: the phases of an MX switch that are not ready.

    Attributes:
        domain: Whose.
        phase: lower | publish | switch | contract.
        change: What is held back, in words, such as `MX: 10 mx.old.example. → 10 mx.new.example.`.
        not_before: Seconds since the epoch; None where it depends on something else first.
        seconds: Where `not_before` is not known yet: how long after the step that goes before it.
        reason: Why, as one lower-case sentence.
        rule: Rule id.
    """

    domain: str
    phase: str
    change: str
    not_before: int | None
    seconds: int | None
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What happens to one domain's DNS.

    Attributes:
        domain: Its key.
        zone: The zone it stands in.
        provider: The configured name of the provider that hosts it.
        serial: Of the zone now, where known.
        rows: Records of the domain: those that change, and those that its mail hangs on.
        before: As it is.
        after: As it will be.
        changes: Findings of the way from one to the other, worst first.
        held: What waits.
    """

    domain: str
    zone: str
    provider: str
    serial: int | None
    rows: tuple[RecordRow, ...]
    before: Moment
    after: Moment
    changes: tuple[Finding, ...] = ()
    held: tuple[Held, ...] = ()
