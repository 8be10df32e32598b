"""Who hosts what: kinds, domains of the customer account, and letters of addresses."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.closest import closest
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, local_of
from reconciler.model.source import Origin
from reconciler.plan.check.scene import Scene


def check_hosting(scene: Scene) -> Iterator[Diagnostic]:
    """Find resources their provider can not host."""
    told: set[str] = set()
    for kind in (Kind.INSTANCE, Kind.DOMAIN, Kind.MAILBOX, Kind.ALIAS):
        yield from _kinds(scene, kind, told)
    told = set()
    for kind in (Kind.TEAM, Kind.MEMBER):
        yield from _kinds(scene, kind, told)
    yield from _zones(scene)
    yield from _domains(scene)
    yield from _letters(scene, Kind.MAILBOX)
    yield from _letters(scene, Kind.ALIAS)


def _kinds(scene: Scene, kind: Kind, told: set[str]) -> Iterator[Diagnostic]:
    """Find declarations of a kind at providers without it; those of which `told` speaks follow from another's place."""
    declarations = scene.desired.of(kind)
    unable = {
        name
        for name in {declaration.provider for declaration in declarations.values()}
        if name not in told and name in scene.capabilities and not _hosts(scene, name, kind)
    }
    if unable:
        for key, declaration in declarations.items():
            if declaration.provider in unable:
                yield _not_hosted(scene, kind, f"{kind} {key}", declaration.provider, declaration.origin)
    told |= unable


def _zones(scene: Scene) -> Iterator[Diagnostic]:
    """Find domains whose records are to be at a provider without zones."""
    for key, settings in scene.desired.dns.items():
        if settings.provider in scene.capabilities and not _hosts(scene, settings.provider, Kind.RECORD):
            whose = f"the records of {domain_label(key)}"
            yield _not_hosted(scene, Kind.RECORD, whose, settings.provider, settings.origin)


def _not_hosted(scene: Scene, kind: Kind, what: str, provider: str, origin: Origin) -> Diagnostic:
    able = sorted(name for name in scene.capabilities if _hosts(scene, name, kind))
    return problem(
        "kind-not-hosted",
        f"{what} can not be at {provider}, which hosts no {kind} resources",
        at=origin.span("provider"),
        why=f"{provider} hosts {_listed(scene.capabilities[provider].kinds)}",
        help=f"use provider: {' or '.join(able)}" if able else f"add a provider that hosts {kind} resources",
    )


def _hosts(scene: Scene, name: str, kind: Kind) -> bool:
    able = scene.capabilities[name]
    return kind in able.kinds and (able.team is not None or kind not in (Kind.TEAM, Kind.MEMBER))


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind for kind in Kind if kind in set(kinds)) or "nothing"


def _domains(scene: Scene) -> Iterator[Diagnostic]:
    for key, declaration in scene.desired.of(Kind.DOMAIN).items():
        able = scene.capabilities.get(declaration.provider)
        if able is not None and able.owned_domains is not None and key not in able.owned_domains:
            meant = closest(key, sorted(able.owned_domains))
            yield problem(
                "domain-not-owned",
                f"{domain_label(key)} is not a domain of the customer account behind {declaration.provider}",
                at=declaration.origin.span(),
                rule="netcup/N5",
                help=f"did you mean `{domain_label(meant)}`?" if meant else "order or transfer the domain there first",
            )


def _letters(scene: Scene, kind: Kind) -> Iterator[Diagnostic]:
    """Find local parts that their provider can not write."""
    plain: Mapping[str, bool] = {name: not able.smtputf8 for name, able in scene.capabilities.items()}
    for key, declaration in scene.desired.of(kind).items():
        if not key.isascii() and plain.get(declaration.provider, False):
            yield problem(
                "local-part-not-ascii",
                f"{address_label(key)} has letters before the @ that {declaration.provider} can not use",
                at=declaration.origin.span(),
                why=f"'{local_of(key)}' needs SMTPUTF8 (RFC 6531), which the provider does not offer",
                help="write it in plain letters, such as mueller for müller",
            )
