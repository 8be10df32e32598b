"""Previews and verdicts for the command line: what is read, who is asked, and the one loop that both go through."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.cli.session import Scene, Session
from reconciler.dns.asking import Fetch
from reconciler.dns.derive import zone_of
from reconciler.dns.preview import Moment, Preview
from reconciler.model.answers import Answer, Question
from reconciler.model.desired import ResolverSettings
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Inventory
from reconciler.model.presentation import within
from reconciler.model.rrsets import ZoneContent
from reconciler.plan.document import Plan
from reconciler.plan.previewing import Known, asks_somebody, authorities, check_domains, preview_domains

#: What is said where nobody was asked.
NOBODY = "names outside these zones were not looked up: no DNS provider here is public, and there is no `resolver:`"
OFF = "names outside these zones were not looked up: the resolver is off"


async def previews_of(session: Session, scene: Scene, plan: Plan, domains: Collection[str]) -> tuple[Preview, ...]:
    """Return what a plan does to the DNS of domains.

    Raises:
        Problem: If a server is not written as one.
    """
    known = Known(session.desired, session.readers, scene.world.actual, scene.world.zones)
    fetch = authorities(known, session.clock).answer if asks_somebody(known) else None
    return await preview_domains(domains, plan.operations, scene.inputs.held, known, fetch)


async def moments_of(session: Session, domains: Sequence[str], servers: Sequence[str]) -> dict[str, Moment]:
    """Return what the DNS says of domains now.

    Args:
        session: The configuration; domains need not be declared in it.
        domains: Their keys.
        servers: Who answers for them, `host:port`; empty: whoever they are delegated to.

    Raises:
        Problem: If a server is not written as one.
        ProviderError: If a zone that no server answers for can not be read.
    """
    desired = session.desired
    contents = {} if servers else await _contents(session, domains)
    known = Known(desired, session.readers, Inventory(), contents)
    if servers:
        named = dict.fromkeys(domains, tuple(servers))
        resolver = desired.resolver or ResolverSettings()
        resolver = replace(resolver, off=False, authoritative={**resolver.authoritative, **named})
        told = replace(known, desired=replace(desired, resolver=resolver))
        everything = authorities(told, session.clock).answer
        return await check_domains(domains, known, everything if asks_somebody(known) else _only(everything, domains))
    foreign = any(desired.dns.get(domain) is None for domain in domains)
    wants = asks_somebody(known) or (foreign and desired.resolver is None)
    return await check_domains(domains, known, authorities(known, session.clock).answer if wants else None)


def silence(session: Session) -> str | None:
    """What to say where nobody was asked about the world outside."""
    known = Known(session.desired, session.readers, Inventory(), {})
    if asks_somebody(known):
        return None
    return OFF if session.desired.resolver is not None else NOBODY


def _only(fetch: Fetch, domains: Collection[str]) -> Fetch:
    """Ask only for names of these domains: their servers are named, and nobody said that others may be asked."""

    async def ask(questions: Collection[Question]) -> Mapping[Question, Answer]:
        return await fetch([each for each in questions if any(within(each.name, domain) for domain in domains)])

    return ask


async def _contents(session: Session, domains: Collection[str]) -> dict[tuple[str, str], ZoneContent]:
    """The zones of domains, as their providers have them; those of public providers are found by asking."""
    found: dict[tuple[str, str], ZoneContent] = {}
    providers = {session.desired.dns[domain].provider for domain in domains if domain in session.desired.dns}
    for provider in sorted(providers & session.readers.zones.keys()):
        reader = session.readers.zones[provider]
        hosted = frozenset(await reader.zones())
        mine = (domain for domain in domains if _served(session, domain, provider))
        for zone in sorted({zone for zone in (zone_of(domain, hosted) for domain in mine) if zone}):
            public = reader.capabilities.public and asks_somebody(
                Known(session.desired, session.readers, Inventory(), {})
            )
            found[provider, zone] = ZoneContent(zone, {}, whole=False) if public else await reader.read(zone)
    return found


def _served(session: Session, domain: str, provider: str) -> bool:
    settings = session.desired.dns.get(domain)
    return settings is not None and settings.provider == provider


def declared(session: Session, domains: Collection[str]) -> None:
    """Hold domains against the files.

    Raises:
        Problem: `unknown-key`, for each that is not declared.
    """
    from reconciler.cli.find import unknown

    known = {*session.desired.of(Kind.DOMAIN), *session.desired.dns}
    wrong = [unknown(domain, known) for domain in domains if domain not in known]
    if wrong:
        raise Problem(wrong)
