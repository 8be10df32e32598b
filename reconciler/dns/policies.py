"""Texts that tell receivers and senders what to do: DMARC, MTA-STS, TLS reporting."""

import hashlib
from collections.abc import Sequence
from itertools import combinations
from urllib.parse import quote

from reconciler.model.desired import DnsSettings

_ID_LENGTH = 20  # characters; RFC 8461 §3.1 allows 32


def dmarc_record(settings: DnsSettings) -> str | None:
    """Return the DMARC record of a domain (RFC 9989), or None where none is declared.

    `pct`, `rf` and `ri` are history there and never written; a trial is `t=y`. A domain that sends nothing has all of
    its mail rejected unless something else is declared.
    """
    policy = settings.dmarc_policy or ("reject" if settings.sends_nothing else None)
    if policy is None:
        return None
    strict = settings.dmarc_strict_alignment
    tags = [
        ("v", "DMARC1"),
        ("p", policy),
        ("sp", settings.dmarc_subdomain_policy),
        ("np", settings.dmarc_nonexistent_policy),
        ("t", "y" if settings.dmarc_testing else None),
        ("adkim", "s" if "dkim" in strict else None),
        ("aspf", "s" if "spf" in strict else None),
        ("rua", _addresses(settings.dmarc_reports)),
        ("ruf", _addresses(settings.dmarc_failure_reports)),
    ]
    return "; ".join(f"{tag}={value}" for tag, value in tags if value)


def report_domain(target: str) -> str:
    """Return the domain that a report address belongs to; empty where it is not a mail address."""
    scheme, colon, rest = target.partition(":")
    address = rest if colon and scheme.lower() == "mailto" else target
    return address.rpartition("@")[2].lower() if "@" in address else ""


def _addresses(targets: Sequence[str]) -> str:
    return ",".join(_uri(target) for target in targets)


def _uri(target: str) -> str:
    """A report address as a URI; `,`, `;` and `!` would end it and are encoded (RFC 9989, RFC 6068)."""
    return target if ":" in target else "mailto:" + quote(target, safe="@+-._~=$&'*/?")


def tls_report_record(settings: DnsSettings) -> str | None:
    """Return the TLS reporting record of a domain (RFC 8460 §3), or None where none is declared."""
    return f"v=TLSRPTv1; rua={_addresses(settings.tls_reports)}" if settings.tls_reports else None


def mta_sts_policy(mode: str, mx: Sequence[str], max_age: int) -> str:
    """Return the text to serve at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 §3.2).

    Args:
        mode: testing, enforce or none.
        mx: Host names of the mail exchangers.
        max_age: Seconds for which a sender keeps the policy.
    """
    hosts = sorted({host.rstrip(".").lower() for host in mx})
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def mta_sts_record(policy: str) -> str:
    """Return the record that announces a policy; its id changes with the policy's text and only with it."""
    return f"v=STSv1; id={hashlib.sha256(policy.encode()).hexdigest()[:_ID_LENGTH]};"


def announced_policy(record: str, mode: str, max_age: int, mx: Sequence[str], others: Sequence[Sequence[str]]) -> str:
    """Return the policy that a record announces: while a domain moves it names the hosts of both sides.

    Args:
        record: The text of the record.
        mode: testing, enforce or none.
        max_age: Seconds for which a sender keeps the policy.
        mx: Mail exchangers of the domain's mail host.
        others: Those that may be named beside them: what the MX says now, and what each other mail host publishes.

    Returns:
        The one whose id the record has; where none has, the one that names all of them, which refuses no mail.
    """
    policies = [
        mta_sts_policy(mode, [*mx, *(host for group in groups for host in group)], max_age)
        for size in range(len(others) + 1)
        for groups in combinations(others, size)
    ]
    return next((each for each in policies if mta_sts_record(each) == record), policies[-1])
