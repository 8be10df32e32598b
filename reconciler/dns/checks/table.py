"""The table of all checks, each with its id, the worst that it says, and where its rule comes from.

`CHECKS` judge one moment, `COMPARISONS` the way from one moment to another. What could not be looked up is told by the
first check of a table that needed it, so those that can find blockers come first.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from reconciler.dns.checks import dane, keys, mx, policy, programs, senders, servers, transport
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene


class Check(NamedTuple):
    """A row of the table: `run` judges one moment.

    Attributes:
        id: Kebab-case; `reconciler explain ID` prints its page.
        title: What it finds.
        worst: The worst grade that it gives; one that gives notes at most does not tell of what it could not look up.
        source: RFC and section, or where else the rule comes from.
        run: What it finds in a scene.
    """

    id: str
    title: str
    worst: Grade
    source: str
    run: Callable[[Scene], Iterable[Finding]]


class Comparison(NamedTuple):
    """A row of the other table: `run` judges the way from one moment to another."""

    id: str
    title: str
    worst: Grade
    source: str
    run: Callable[[Scene, Scene], Iterable[Finding]]


_B, _W, _N = Grade.BLOCKER, Grade.WARNING, Grade.NOTE

CHECKS: tuple[Check, ...] = (
    Check("dnssec-broken", "the zone's signatures do not verify", _B, "RFC 4035 §5", servers.dnssec_broken),
    Check("zone-not-delegated-to-provider", "the zone is served by others", _B, "netcup/N4", servers.not_delegated),
    Check("ns-answers-differ", "the zone's servers disagree", _W, "RFC 1034 §4.3.5", servers.differ),
    Check("ns-unreachable", "a server of the zone does not answer", _W, "RFC 2182 §3", servers.unreachable),
    Check("mx-missing", "a mail host and no MX", _B, "RFC 5321 §5.1", mx.missing),
    Check("mx-target-exists", "a mail exchanger without an address", _B, "RFC 5321 §5.1", mx.target_exists),
    Check("null-mx-conflict", "a null MX beside mail", _B, "RFC 7505 §3", mx.null_conflict),
    Check("spf-single", "several SPF records", _B, "RFC 7208 §4.5", senders.single),
    Check("spf-lookups", "more than ten terms that ask", _B, "RFC 7208 §4.6.4", senders.lookups),
    Check("spf-broken", "an SPF record that is an error", _B, "RFC 7208 §2.6.7", senders.broken),
    Check("dkim-selector-published", "a selector in use without its key", _W, "RFC 6376 §3.6", keys.published),
    Check("dmarc-alignment", "the domain's own mail fails DMARC", _B, "RFC 9989 §4.4", policy.alignment),
    Check("mta-sts-mx-mismatch", "an MX that the MTA-STS policy lacks", _B, "RFC 8461 §4.1", transport.sts_mismatch),
    Check("mx-not-cname", "a mail exchanger that is an alias", _W, "RFC 2181 §10.3", mx.not_cname),
    Check("mx-single", "one mail exchanger with one address", _N, "RFC 2182 §5", mx.single),
    Check("spf-missing", "a mail host and no SPF record", _W, "RFC 7208 §3", senders.missing),
    Check("spf-void", "more than two names that are not there", _W, "RFC 7208 §4.6.4", senders.void),
    Check("spf-all", "an SPF record that lets everyone send", _W, "RFC 7208 §5.1", senders.last),
    Check("dkim-key-weak", "a DKIM key that is too short", _W, "RFC 8301 §3.2", keys.weak),
    Check("dmarc-record", "a DMARC record that is read otherwise", _W, "RFC 9989 §4.7", policy.record),
    Check("dmarc-missing", "no DMARC policy", _N, "RFC 9989 §4.10.1", policy.missing),
    Check("dmarc-policy-none", "a DMARC policy without effect", _N, "RFC 9989 §4.7", policy.unenforced),
    Check("dmarc-removed-tags", "pct, rf or ri", _W, "RFC 9989, its changes from RFC 7489", policy.removed_tags),
    Check("dmarc-rua-authorised", "a report address that does not agree", _W, "RFC 9990 §4", policy.reports),
    Check("mta-sts-record", "an MTA-STS record that is ignored", _W, "RFC 8461 §3.1", transport.sts_record),
    Check("mta-sts-host", "an MTA-STS policy that nobody serves", _W, "RFC 8461 §3.3", transport.sts_host),
    Check("caa-blocks", "no certificate for the policy's host", _W, "RFC 8659 §4", transport.sts_certificate),
    Check("tls-rpt-record", "a TLS reporting record that is ignored", _N, "RFC 8460 §3", transport.tls_reports),
    Check("tlsa-unusable", "TLSA records that protect nothing", _W, "RFC 7672 §3.1", dane.unusable),
    Check("autoconfig-srv", "client settings that lead nowhere", _N, "RFC 6186, 8314, 6764", programs.services),
    Check("bimi-record", "a BIMI record that nobody can use", _N, "BIMI draft §4.2", programs.logo),
    Check("bimi-needs-dmarc", "BIMI under too lax a policy", _N, "BIMI draft §7.1", programs.logo_policy),
)

COMPARISONS: tuple[Comparison, ...] = (
    Comparison("mx-new-host-knows-all-recipients", "addresses that are lost", _B, "flow/F1", mx.recipients),
    Comparison("mx-ttl-high", "an MX that moves with a long TTL", _W, "flow/F7", mx.ttl_high),
    Comparison("spf-drops-sender", "networks that may no longer send", _W, "RFC 7208 §2.3", senders.dropped),
    Comparison("dkim-signs-before-publish", "a key as new as the MX", _W, "flow/F2", keys.signs_early),
    Comparison("dkim-mail-in-flight", "a key that goes too early", _W, "flow/F8", keys.in_flight),
    Comparison("mta-sts-id", "another MX under the old policy", _W, "RFC 8461 §3.1", transport.sts_id),
    Comparison("mta-sts-cached", "an MX that the old policy refuses", _W, "RFC 8461 §8.1", transport.sts_cached),
    Comparison("tlsa-stale", "TLSA records of another machine", _W, "RFC 7672 §3, RFC 7671 §8", dane.stale),
)
