"""Checks of how mail travels: MTA-STS (RFC 8461) and TLS reports (RFC 8460)."""

from collections.abc import Iterator

from reconciler.dns import caa, mta_sts
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene, moved
from reconciler.dns.tags import ask_texts


def sts_record(scene: Scene) -> Iterator[Finding]:
    """A record that announces an MTA-STS policy and that senders do not take (RFC 8461 §3.1)."""
    records = scene.sts_records
    if len(records) > 1:
        what = f"{scene.domain} has {len(records)} MTA-STS records, so senders use no policy"
        yield Finding("mta-sts-record", Grade.WARNING, what, "keep one of them", _sts(scene))
    elif records and scene.sts_id is None:
        what = f"the MTA-STS record of {scene.domain} has no id of up to 32 letters and digits, so senders ignore it"
        yield Finding("mta-sts-record", Grade.WARNING, what, 'write "v=STSv1; id=20260101;"', _sts(scene))


def sts_mismatch(scene: Scene) -> Iterator[Finding]:
    """Mail exchangers that the MTA-STS policy does not name (RFC 8461 §4.1)."""
    policy = scene.sts_policy
    if policy is None or policy.faults or policy.mode == "none":
        return
    wrong = mta_sts.unlisted(scene.hosts, policy)
    if not wrong:
        return
    grade = Grade.NOTE if policy.mode == "testing" else Grade.WARNING
    if policy.mode == "enforce" and len(wrong) == len(scene.hosts):
        grade = Grade.BLOCKER
    yield Finding(
        "mta-sts-mx-mismatch",
        grade,
        f"the MTA-STS policy of {scene.domain} ({policy.mode}) does not name its mail exchanger {', '.join(wrong)}",
        f"add `mx: {wrong[0]}` to the policy at https://mta-sts.{scene.domain}/.well-known/mta-sts.txt, then change "
        "the id in the record",
        _sts(scene),
    )


def sts_id(before: Scene, after: Scene) -> Iterator[Finding]:
    """Mail exchangers that are new while the policy's id stays, so that nobody fetches the policy again."""
    new = moved(before, after)
    if not new or before.sts_id is None or before.sts_id != after.sts_id:
        return
    policy = before.sts_policy or after.sts_policy  # the id is the same, so is the policy
    if policy is not None and (policy.mode == "none" or not mta_sts.unlisted(new, policy)):
        return
    yield Finding(
        "mta-sts-id",
        Grade.WARNING,
        f"the MX of {before.domain} moves to {new[0]} and the id of its MTA-STS policy stays {before.sts_id}: senders "
        "go on with the policy they know",
        f"let the policy name {new[0]} beside the old ones, then change the id in the record, then move the MX",
        _sts(before),
    )


def sts_cached(before: Scene, after: Scene) -> Iterator[Finding]:
    """Mail exchangers that the policy senders hold refuses, until they see the new id (RFC 8461 §8.1)."""
    new = moved(before, after)
    policy = before.sts_policy
    if not new or policy is None or policy.mode != "enforce" or before.sts_id == after.sts_id:
        return
    wrong = mta_sts.unlisted(new, policy)
    if wrong:
        ttl = before.ask(f"_mta-sts.{before.domain}", "TXT").ttl
        yield Finding(
            "mta-sts-cached",
            Grade.WARNING,
            f"senders that hold the MTA-STS policy of {before.domain} refuse {wrong[0]} until they see the new id"
            + (f", for up to {ttl} seconds" if ttl else ""),
            f"publish a policy that names {wrong[0]} beside the old ones first, and move the MX when its id is known",
            _sts(before),
        )


def sts_host(scene: Scene) -> Iterator[Finding]:
    """A policy that is announced and can not be fetched, for want of its host."""
    if scene.sts_id is None:
        return
    name = f"mta-sts.{scene.domain}"
    if scene.exists(name) is False:
        yield Finding(
            "mta-sts-host",
            Grade.WARNING,
            f"{scene.domain} announces an MTA-STS policy, and {name}, which has to serve it, has no address",
            f"publish a record for {name} that leads to a web server with the policy's text",
            _sts(scene),
        )


def sts_certificate(scene: Scene) -> Iterator[Finding]:
    """A policy that is announced and can not be fetched, as nobody may issue a certificate for its host."""
    if scene.sts_id is None:
        return
    name = f"mta-sts.{scene.domain}"
    why = caa.forbids(caa.relevant(name, scene))
    if why:
        yield Finding(
            "caa-blocks",
            Grade.WARNING,
            f"{name} has to serve the MTA-STS policy of {scene.domain} with a certificate, and {why} (CAA)",
            "name the authority: caa: letsencrypt.org",
            f"{scene.domain} CAA",
        )


def tls_reports(scene: Scene) -> Iterator[Finding]:
    """A TLS reporting record that senders do not take (RFC 8460 §3)."""
    records = ask_texts(f"_smtp._tls.{scene.domain}", mta_sts.TLS_RPT_VERSION, scene)
    fault = "there are several" if len(records) > 1 else mta_sts.tls_report_fault(records[0]) if records else ""
    if fault:
        yield Finding(
            "tls-rpt-record",
            Grade.NOTE,
            f"nobody sends TLS reports about {scene.domain}, as its record can not be used: {fault}",
            f"write one such as v=TLSRPTv1; rua=mailto:postmaster@{scene.domain}",
            f"_smtp._tls.{scene.domain} TXT tls-rpt",
        )


def _sts(scene: Scene) -> str:
    return f"_mta-sts.{scene.domain} TXT mta-sts"
