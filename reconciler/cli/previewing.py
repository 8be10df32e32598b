"""Live verdicts for the command line: which zones are read for them, and who is asked for the rest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.cli.app import App
from reconciler.cli.session import Session, known_of
from reconciler.dns.asking import Fetch
from reconciler.dns.derive import zone_of
from reconciler.dns.preview import Moment
from reconciler.model.answers import Answer, Question
from reconciler.model.desired import Desired, ResolverSettings, StateBlock
from reconciler.model.diagnostic import Diagnostic, Problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Inventory
from reconciler.model.presentation import within
from reconciler.model.rrsets import ZoneContent
from reconciler.plan.gather import Readers, World
from reconciler.plan.previewing import Known, check_domains
from reconciler.resolution.authorities import Authorities

#: What to say where a resolver that is off keeps everybody from being asked.
_OFF = "names outside these zones were not looked up: the resolver is off"


async def moments_of(session: Session, domains: Sequence[str], servers: Sequence[str]) -> dict[str, Moment]:
    """Return what the DNS says of domains now.

    Args:
        session: The configuration; domains need not be declared in it.
        domains: Their keys.
        servers: Who answers for them, `host:port`; empty: whoever they are delegated to.

    Raises:
        ValueError: If a server is not written as one.
        ProviderError: If a zone that no server answers for can not be read.
    """
    if servers:
        return await _told_by(session, domains, servers)
    told = session
    if session.desired.resolver is None and any(domain not in session.desired.dns for domain in domains):
        told = replace(session, desired=replace(session.desired, resolver=ResolverSettings()))
    world = World(Inventory(), {}, await _zones(told, domains), ())
    known, asked = await known_of(told, world, domains)
    return await check_domains(domains, known, None if asked is None else asked.answer)


def has_files(app: App, paths: Sequence[Path]) -> bool:
    """Whether there is a configuration at all."""
    from reconciler.config.files import read_files

    return bool(read_files(paths, app.cwd).sources)


async def bare_moments(
    app: App, domains: Sequence[str], servers: Sequence[str], clients: tuple[str, ...]
) -> dict[str, Moment]:
    """Return what the DNS says of domains now, where there is no configuration.

    Args:
        app: For the clock.
        domains: Their keys.
        servers: Who answers for them, `host:port`; empty: whoever they are delegated to.
        clients: Addresses whose mail SPF is to judge.
    """
    named = dict.fromkeys(domains, tuple(servers)) if servers else {}
    asked = Authorities(ResolverSettings(authoritative=named), clock=app.clock)
    nothing = Desired({kind: {} for kind in Kind}, {}, StateBlock("local", None, app.cwd), app.cwd, "")
    fetch = _only(asked.answer, domains) if servers else asked.answer
    return await check_domains(domains, Known(nothing, Readers({}, {}), Inventory(), {}, clients=clients), fetch)


async def _told_by(session: Session, domains: Sequence[str], servers: Sequence[str]) -> dict[str, Moment]:
    """What named servers say; others are asked only where a resolver is configured, or a zone is in the world's DNS."""
    resolver = session.desired.resolver or ResolverSettings()
    named = {**resolver.authoritative, **dict.fromkeys(domains, tuple(servers))}
    asked = Authorities(replace(resolver, authoritative=named, off=False), clock=session.clock)
    known = Known(session.desired, session.readers, Inventory(), {}, clients=session.clients)
    fetch = asked.answer if _asks(session) else _only(asked.answer, domains)
    return await check_domains(domains, known, fetch)


def silence(session: Session) -> str | None:
    """What to say where the files forbid to ask anybody."""
    resolver = session.desired.resolver
    return _OFF if resolver is not None and resolver.off else None


def remarks(session: Session, warnings: Sequence[Diagnostic], domains: Collection[str]) -> list[Diagnostic]:
    """Those warnings that are about extra records of some domains: where a closing dot is missing, what is added."""
    settings = [session.desired.dns[domain] for domain in domains if domain in session.desired.dns]
    places = {record.span for each in settings for record in each.records}
    return [each for each in warnings if each.primary is not None and each.primary.span in places]


def declared(domains: Collection[str], desired: Desired) -> None:
    """Hold domains against the files.

    Raises:
        Problem: `unknown-key`, for each that is not declared.
    """
    from reconciler.cli.find import unknown

    known = {*desired.of(Kind.DOMAIN), *desired.dns}
    wrong = [unknown(domain, known) for domain in domains if domain not in known]
    if wrong:
        raise Problem(wrong)


def _asks(session: Session) -> bool:
    """Whether servers are asked: where a resolver is configured and not off, or a provider's zones are public."""
    resolver = session.desired.resolver
    if resolver is not None:
        return not resolver.off
    return any(able.public for able in session.readers.capabilities.values())


def _only(fetch: Fetch, domains: Collection[str]) -> Fetch:
    """Ask only for names of these domains: their servers are named, and nobody said that others may be asked."""

    async def ask(questions: Collection[Question]) -> Mapping[Question, Answer]:
        return await fetch([each for each in questions if any(within(each.name, domain) for domain in domains)])

    return ask


async def _zones(session: Session, domains: Collection[str]) -> dict[tuple[str, str], ZoneContent]:
    """The zones of domains by provider; of those that servers are asked for the names alone, without reading them."""
    found: dict[tuple[str, str], ZoneContent] = {}
    settings = {domain: session.desired.dns[domain] for domain in domains if domain in session.desired.dns}
    for provider in sorted({each.provider for each in settings.values()} & session.readers.zones.keys()):
        reader = session.readers.zones[provider]
        hosted = frozenset(await reader.zones())
        mine = {zone_of(domain, hosted) for domain, each in settings.items() if each.provider == provider}
        asked = reader.capabilities.public and _asks(session)
        for zone in sorted(zone for zone in mine if zone):
            found[provider, zone] = ZoneContent(zone, {}, whole=False) if asked else await reader.read(zone)
    return found
