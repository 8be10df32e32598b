"""Checks of DANE for SMTP: the TLSA records of mail exchangers (RFC 7672)."""

from collections.abc import Iterator

from reconciler.dns import tlsa
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene, moved
from reconciler.model.answers import Status
from reconciler.model.presentation import within


def unusable(scene: Scene) -> Iterator[Finding]:
    """Mail exchangers whose TLSA records no sender can use (RFC 7672 §3.1)."""
    for host in scene.hosts:
        faults = _faults(scene, host)
        if faults and all(faults):
            yield Finding(
                "tlsa-unusable",
                Grade.WARNING,
                f"the TLSA records of the mail exchanger {host} protect nothing: {faults[0]}",
                "publish one of the form 3 1 1 with the SHA-256 digest of the certificate's public key",
                f"{tlsa.owner(host)} TLSA",
            )


def _faults(scene: Scene, host: str) -> list[str]:
    """What is wrong with each TLSA record of a host; empty where it has none."""
    records = map(tlsa.parse, scene.ask(tlsa.owner(host), "TLSA").values)
    return [tlsa.fault(record) if record is not None else "it can not be read" for record in records]


def stale(before: Scene, after: Scene) -> Iterator[Finding]:
    """TLSA records that are left where mail was, miss where it goes, or were made for another machine."""
    new = moved(before, after)
    guarded = [host for host in before.hosts if "" in _faults(before, host)] if new else []
    for host in new if guarded else ():
        if after.ask(tlsa.owner(host), "TLSA").void:
            yield Finding(
                "tlsa-stale",
                Grade.WARNING,
                f"{guarded[0]} has TLSA records and {host}, where the MX moves, has none: mail can be read on its way",
                f"ask who runs {host} for TLSA records, or accept it",
                f"{tlsa.owner(host)} TLSA",
            )
    yield from _left(before, after)
    yield from _rehoused(before, after)


def _left(before: Scene, after: Scene) -> Iterator[Finding]:
    """Records of ours for hosts that are no mail exchangers any more."""
    zone = before.subject.zone or before.domain
    for host in before.hosts:
        if host in after.hosts or not within(host, zone):
            continue
        if after.ask(tlsa.owner(host), "TLSA").status is Status.FOUND:
            yield Finding(
                "tlsa-stale",
                Grade.NOTE,
                f"{host} is no mail exchanger of {before.domain} any more, and its TLSA records stay",
                "remove them when no other domain's MX names it",
                f"{tlsa.owner(host)} TLSA",
            )


def _rehoused(before: Scene, after: Scene) -> Iterator[Finding]:
    """Hosts that get other addresses and keep their TLSA records."""
    for host in before.hosts:
        if host not in after.hosts or "" not in _faults(before, host):
            continue
        same = all(before.ask(host, rtype).values == after.ask(host, rtype).values for rtype in ("A", "AAAA"))
        owner = tlsa.owner(host)
        if not same and before.ask(owner, "TLSA").values == after.ask(owner, "TLSA").values:
            yield Finding(
                "tlsa-stale",
                Grade.WARNING,
                f"{host} gets another address and keeps its TLSA records: senders refuse a machine that has another "
                "key",
                "publish the new machine's TLSA record beside the old one, two TTLs before the address changes",
                f"{owner} TLSA",
            )
