"""Previews and verdicts for programs: values as they are, nothing clipped, moments as RFC 3339 has them."""

from collections.abc import Sequence

from reconciler.dns.checks.base import Finding
from reconciler.dns.preview import Held, Moment, Preview, RecordRow, verdict_of
from reconciler.report.preview_views import happening
from reconciler.report.times import iso


def previews_json(previews: Sequence[Preview]) -> list[dict[str, object]]:
    """Return previews as plain data, a domain an entry; what is not known is null."""
    return [preview_json(each) for each in previews]


def preview_json(preview: Preview) -> dict[str, object]:
    """Return one preview as plain data."""
    return {
        "domain": preview.domain,
        "zone": preview.zone,
        "provider": preview.provider,
        "serial": preview.serial,
        "what": happening(preview),
        "verdict": str(verdict_of((*preview.after.findings, *preview.changes))),
        "records": [_row(row) for row in preview.rows],
        "before": moment_json(preview.before),
        "after": moment_json(preview.after),
        "changes": [_finding(each) for each in preview.changes],
        "held": [held_json(each) for each in preview.held],
    }


def moment_json(moment: Moment) -> dict[str, object]:
    """Return one moment as plain data."""
    spf = moment.spf
    return {
        "verdict": str(verdict_of(moment.findings)),
        "receives": None if "receives" in moment.unknown else list(moment.receives),
        "senders": None if "senders" in moment.unknown else list(moment.senders),
        "spf": None if spf is None else {"lookups": spf.lookups, "voids": spf.voids, "error": spf.error},
        "dmarc": None if {"dmarc", "inherited"} & {*moment.unknown} else moment.dmarc,
        "aligned": {"spf": moment.spf_aligned, "dkim": moment.dkim_aligned},
        "findings": [_finding(each) for each in moment.findings],
        "clients": [{"address": each.address, "spf": each.result, "reason": each.reason} for each in moment.clients],
    }


def held_json(held: Held) -> dict[str, object]:
    """Return what waits as plain data."""
    return {
        "domain": held.domain,
        "phase": held.phase,
        "change": held.change,
        "not_before": None if held.not_before is None else iso(held.not_before),
        "seconds": held.seconds,
        "reason": held.reason,
        "rule": held.rule,
    }


def _row(row: RecordRow) -> dict[str, object]:
    return {
        "key": row.key,
        "changes": row.changes,
        "before": list(row.before),
        "after": list(row.after),
        "ttl_before": row.ttl_before,
        "ttl_after": row.ttl_after,
        "held": row.held,
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "grade": str(finding.grade),
        "message": finding.message,
        "help": finding.help,
        "record": finding.record,
    }
