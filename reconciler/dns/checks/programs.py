"""Checks of what mail programs and mailboxes' makers read: client settings (RFC 6186, 8314, 6764) and BIMI."""

from collections.abc import Iterator

from reconciler.dns import bimi
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene
from reconciler.dns.clients import client_names
from reconciler.dns.tags import ask_texts
from reconciler.model.answers import Status


def services(scene: Scene) -> Iterator[Finding]:
    """SRV records and the autoconfig host that lead nowhere, or elsewhere than to the mail host."""
    settings = scene.subject.settings
    if settings is None or not settings.client_settings or not settings.mail:
        return
    host = scene.subject.host
    known = {end.host.rstrip(".").lower() for end in host.endpoints} if host is not None else set()
    for name in client_names(scene.domain):
        if not name.startswith("_"):
            yield from _autoconfig(scene, name)
            continue
        for target in sorted({value.split()[-1].removesuffix(".") for value in scene.ask(name, "SRV").values} - {""}):
            if scene.exists(target) is False:
                yield _leads(name, "SRV", f"leads to {target}, which has no address")
            elif known and target not in known:
                yield _leads(name, "SRV", f"leads to {target}, which is not the mail host's")


def _autoconfig(scene: Scene, name: str) -> Iterator[Finding]:
    answer = scene.ask(name, "CNAME")
    if answer.status is Status.FOUND and scene.exists(name) is False:
        yield _leads(name, "CNAME", f"leads to {answer.values[0].removesuffix('.')}, which has no address")


def _leads(name: str, rtype: str, what: str) -> Finding:
    hint = "correct the record; mail programs that set themselves up fail until then"
    return Finding("autoconfig-srv", Grade.NOTE, f"{name} {what}", hint, f"{name} {rtype}")


def logo(scene: Scene) -> Iterator[Finding]:
    """A BIMI record that nobody can use, or uses under the domain's DMARC policy."""
    name = bimi.owner(scene.domain)
    for text in ask_texts(name, bimi.VERSION, scene):
        if bimi.declines(text):
            continue
        fault = bimi.fault(text)
        if fault:
            message = f"nobody shows the logo of {scene.domain}: in its BIMI record, {fault}"
            yield Finding("bimi-record", Grade.NOTE, message, "correct bimi: {logo: …}", f"{name} TXT bimi")


def logo_policy(scene: Scene) -> Iterator[Finding]:
    """A BIMI record under a DMARC policy that receivers find too lax."""
    name = bimi.owner(scene.domain)
    if not scene.knows_dmarc or all(bimi.declines(text) for text in ask_texts(name, bimi.VERSION, scene)):
        return
    why = bimi.hindrance(scene.dmarc)
    if why:
        yield Finding(
            "bimi-needs-dmarc",
            Grade.NOTE,
            f"nobody shows the logo of {scene.domain}: {why}",
            "set dmarc: {policy: quarantine} or reject, for subdomains too and without testing",
            f"{name} TXT bimi",
        )
