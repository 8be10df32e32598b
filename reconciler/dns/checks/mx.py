"""Checks of where mail is received."""

from collections.abc import Iterator, Sequence

from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene, moved
from reconciler.model.desired import SwitchSettings
from reconciler.model.presentation import within

_NAMED = 5  # addresses listed in a message


def missing(scene: Scene) -> Iterator[Finding]:
    """A domain with a mail host and no MX."""
    host = scene.subject.host
    if host is None or not host.mx or not scene.ask(scene.domain, "MX").void:
        return
    found = scene.exists(scene.domain)
    if found is None:
        return
    yield Finding(
        "mx-missing",
        Grade.WARNING if found else Grade.BLOCKER,
        f"{scene.domain} has no MX record, so "
        + ("mail for it goes to the host of its own address" if found else "nobody receives its mail"),
        f"publish {scene.domain} MX {host.mx[0][0]} {host.mx[0][1].rstrip('.')}.",
        f"{scene.domain} MX",
    )


def target_exists(scene: Scene) -> Iterator[Finding]:
    """Mail exchangers without an address (RFC 5321 §5.1)."""
    dead = [host for host in scene.hosts if scene.exists(host) is False]
    alone = len(dead) == len(scene.hosts)
    for host in dead:
        what = "is an address where a name belongs" if _is_address(host) else "has no address"
        yield Finding(
            "mx-target-exists",
            Grade.BLOCKER if alone else Grade.WARNING,
            f"the mail exchanger {host} of {scene.domain} {what}",
            f"publish A or AAAA records for {host}" if _ours(scene, host) else "correct the name in the MX record",
            f"{scene.domain} MX",
        )


def _ours(scene: Scene, host: str) -> bool:
    return within(host, scene.subject.zone or scene.domain) and not _is_address(host)


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit()


def not_cname(scene: Scene) -> Iterator[Finding]:
    """Mail exchangers that are aliases (RFC 2181 §10.3, RFC 5321 §5.1)."""
    for host in scene.hosts:
        chain = scene.ask(host, "A").chain
        if chain:
            yield Finding(
                "mx-not-cname",
                Grade.WARNING,
                f"the mail exchanger {host} of {scene.domain} is an alias of {chain[-1]}, which some senders refuse",
                f"name {chain[-1]} in the MX record, or give {host} A and AAAA records of its own",
                f"{scene.domain} MX",
            )


def single(scene: Scene) -> Iterator[Finding]:
    """One mail exchanger with one address, where the mail host has more to offer."""
    host = scene.subject.host
    if len(scene.hosts) != 1 or (host is not None and len(host.mx) < 2):  # noqa: PLR2004 - nothing to be done then
        return
    addresses = [value for rtype in ("A", "AAAA") for value in scene.ask(scene.hosts[0], rtype).values]
    if sum(":" not in each for each in addresses) < 2 and sum(":" in each for each in addresses) < 2:  # noqa: PLR2004
        yield Finding(
            "mx-single",
            Grade.NOTE,
            f"{scene.domain} has one mail exchanger, {scene.hosts[0]}; while it is away, mail waits at the senders",
            "name a second mail exchanger, if the mail host has one",
            f"{scene.domain} MX",
        )


def null_conflict(scene: Scene) -> Iterator[Finding]:
    """A null MX beside others, or for a domain that has a mail host (RFC 7505 §3)."""
    if not scene.null_mx:
        return
    host = scene.subject.host
    if scene.hosts:
        yield Finding(
            "null-mx-conflict",
            Grade.WARNING,
            f"{scene.domain} says that it has no mail (MX 0 .), and names {scene.hosts[0]} beside",
            "remove MX 0 . if the domain receives mail, else every other MX record",
            f"{scene.domain} MX",
        )
    elif host is not None and host.mx:
        yield Finding(
            "null-mx-conflict",
            Grade.BLOCKER,
            f"{scene.domain} says that it has no mail (MX 0 .), and has a mail host",
            f"publish {scene.domain} MX {host.mx[0][0]} {host.mx[0][1].rstrip('.')}. instead, or set no_mail: true",
            f"{scene.domain} MX",
        )


def ttl_high(before: Scene, after: Scene) -> Iterator[Finding]:
    """An MX that moves while others may hold the old one for long."""
    ttl = before.ask(before.domain, "MX").ttl
    settings = before.subject.settings
    switch = settings.switch if settings is not None else SwitchSettings()
    low, by_itself = switch.ttl, "" if switch.phased else ", as dns: {switch: {phased: true}} does"
    if ttl is not None and ttl > low and moved(before, after):
        yield Finding(
            "mx-ttl-high",
            Grade.WARNING,
            f"the MX of {before.domain} moves with a TTL of {ttl} seconds: for so long, mail still goes to "
            f"{before.hosts[0]}",
            f"lower its TTL to {low} and move it {ttl} seconds later{by_itself}",
            f"{before.domain} MX",
        )


def recipients(before: Scene, after: Scene) -> Iterator[Finding]:
    """Addresses that receive today and that the new mail exchangers would reject."""
    lost = before.subject.missing
    if lost and moved(before, after):
        yield Finding(
            "mx-new-host-knows-all-recipients",
            Grade.BLOCKER,
            f"{after.hosts[0]} would reject mail for {_some(lost)}",
            f"declare {lost[0]} under `mailboxes:` or `aliases:`, or remove it at the old host",
            f"{before.domain} MX",
        )


def _some(addresses: Sequence[str]) -> str:
    more = len(addresses) - _NAMED
    return ", ".join(addresses[:_NAMED]) + (f" and {more} more" if more > 0 else "")
