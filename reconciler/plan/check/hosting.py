"""Who hosts what: kinds, domains of the customer account, local parts, and who belongs to which provider."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of, local_of
from reconciler.plan.check.scene import Scene, nearest


def check_hosting(scene: Scene) -> Iterator[Diagnostic]:
    """Find resources their provider can not host, or not at that place."""
    for kind in Kind:
        yield from _kinds(scene, kind)
    yield from _domains(scene)
    yield from _idle_instances(scene)
    yield from _places(scene, Kind.MAILBOX)
    yield from _places(scene, Kind.ALIAS)


def _kinds(scene: Scene, kind: Kind) -> Iterator[Diagnostic]:
    declarations = scene.desired.of(kind)
    unable = {
        name
        for name in {declaration.provider for declaration in declarations.values()}
        if name in scene.capabilities and not _hosts(scene, name, kind)
    }
    if not unable:
        return
    able = sorted(name for name in scene.capabilities if _hosts(scene, name, kind))
    for key, declaration in declarations.items():
        if declaration.provider in unable:
            yield problem(
                "kind-not-hosted",
                f"{kind} {key} can not be at {declaration.provider}, which hosts no {kind} resources",
                at=declaration.origin.span("provider"),
                why=f"{declaration.provider} hosts {_listed(scene.capabilities[declaration.provider].kinds)}",
                help=f"use provider: {able[0]}" if able else f"add a provider that hosts {kind} resources",
            )


def _hosts(scene: Scene, name: str, kind: Kind) -> bool:
    able = scene.capabilities[name]
    return kind in able.kinds and (able.team is not None or kind not in (Kind.TEAM, Kind.MEMBER))


def _listed(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind for kind in Kind if kind in set(kinds)) or "no mail"


def _domains(scene: Scene) -> Iterator[Diagnostic]:
    for key, declaration in scene.desired.of(Kind.DOMAIN).items():
        able = scene.capabilities.get(declaration.provider)
        if able is not None and able.owned_domains is not None and key not in able.owned_domains:
            meant = nearest(key, sorted(able.owned_domains))
            yield problem(
                "domain-not-owned",
                f"{domain_label(key)} is not a domain of the customer account behind {declaration.provider}",
                at=declaration.origin.span(),
                rule="netcup/N5",
                help=f"did you mean `{domain_label(meant)}`?" if meant else "order or transfer the domain there first",
            )
        yield from _strange_instance(scene, key, declaration)


def _strange_instance(scene: Scene, key: str, declaration: Declaration) -> Iterator[Diagnostic]:
    home = scene.homes[key]
    instance = scene.desired.of(Kind.INSTANCE).get(home.instance or "")
    if instance is not None and instance.provider != home.provider:
        yield _elsewhere(Kind.DOMAIN, domain_label(key), declaration, f"instance {home.instance}", instance)


def _idle_instances(scene: Scene) -> Iterator[Diagnostic]:
    used = {home.instance for home in scene.homes.values()}
    for label, declaration in scene.desired.of(Kind.INSTANCE).items():
        if label not in used:
            yield warning(
                "instance-without-domain",
                f"instance {label} has no domain",
                at=declaration.origin.span(),
                rule="netcup/N4",
                help=f"give it one: domains: {{example.org: {{instance: {label}}}}}",
            )


def _places(scene: Scene, kind: Kind) -> Iterator[Diagnostic]:
    """Find addresses whose provider is not that of their domain, and local parts it can not write."""
    homes = scene.homes
    plain: Mapping[str, bool] = {name: not able.smtputf8 for name, able in scene.capabilities.items()}
    for key, declaration in scene.desired.of(kind).items():
        home = homes.get(domain_of(key))
        if home is not None and home.provider != declaration.provider:
            domain = scene.desired.of(Kind.DOMAIN)[domain_of(key)]
            yield _elsewhere(kind, address_label(key), declaration, f"domain {domain_label(domain_of(key))}", domain)
        if not key.isascii() and plain.get(declaration.provider, False):
            yield problem(
                "local-part-not-ascii",
                f"{address_label(key)} has letters before the @ that {declaration.provider} can not use",
                at=declaration.origin.span(),
                why=f"'{local_of(key)}' needs SMTPUTF8 (RFC 6531), which the provider does not offer",
                help="write it in plain letters, such as mueller for müller",
            )


def _elsewhere(kind: Kind, name: str, declaration: Declaration, owner: str, owned: Declaration) -> Diagnostic:
    return problem(
        "provider-differs",
        f"{kind} {name} is at {declaration.provider}, but its {owner} is at {owned.provider}",
        at=declaration.origin.span("provider"),
        also=[Label(owned.origin.span("provider"), f"the {owner} is at {owned.provider}")],
        rule="netcup/N17" if kind is Kind.ALIAS else "netcup/N5",
        help=f"use provider: {owned.provider} for both",
    )
