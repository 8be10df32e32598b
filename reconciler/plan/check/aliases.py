"""Aliases: how many targets, of what sort, and where (netcup/N16, N17)."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.model.resources import Alias
from reconciler.plan.check.scene import Scene
from reconciler.providers.capabilities import Capabilities


def check_aliases(scene: Scene) -> Iterator[Diagnostic]:
    """Find aliases that their platform would refuse."""
    mailboxes, homes = scene.desired.of(Kind.MAILBOX), scene.homes
    for key, declaration in scene.desired.of(Kind.ALIAS).items():
        able = scene.capabilities.get(declaration.provider)
        alias = declaration.resource
        if able is None or not isinstance(alias, Alias):
            continue
        if able.max_alias_targets is not None and len(alias.to) > able.max_alias_targets:
            yield _too_many(key, alias, declaration, able.max_alias_targets)
        for target in alias.to:
            if target in mailboxes:
                if homes.get(domain_of(target)) != homes.get(domain_of(key)) and not able.external_alias_targets:
                    yield _other_instance(scene, key, target, declaration)
            else:
                yield from _no_mailbox(scene, key, target, declaration, able)


def _too_many(key: str, alias: Alias, declaration: Declaration, most: int) -> Diagnostic:
    named = "exactly one mailbox" if most == 1 else f"at most {most} mailboxes"
    return problem(
        "alias-targets",
        f"alias {address_label(key)} has {len(alias.to)} targets, but at {declaration.provider} it leads to {named}",
        at=declaration.origin.span("to"),
        rule="netcup/N16",
        help=f"keep one: {address_label(key)}: {address_label(alias.to[0])}" if most == 1 else f"keep {most} of them",
    )


def _other_instance(scene: Scene, key: str, target: str, declaration: Declaration) -> Diagnostic:
    domains = scene.desired.of(Kind.DOMAIN)
    also = [
        Label(domains[name].origin.span("instance"), f"{domain_label(name)} is in {scene.homes[name]}")
        for name in (domain_of(key), domain_of(target))
        if name in domains
    ]
    return problem(
        "alias-crosses-instances",
        f"alias {address_label(key)} leads to {address_label(target)}, which is not in the same instance",
        at=declaration.origin.span("to"),
        also=also,
        rule="netcup/N17",
        help=f"lead it to a mailbox of {scene.homes.get(domain_of(key), 'the same instance')}",
    )


def _no_mailbox(
    scene: Scene, key: str, target: str, declaration: Declaration, able: Capabilities
) -> Iterator[Diagnostic]:
    """Judge a target that is not a declared mailbox: an alias, or a stranger."""
    at, name = declaration.origin.span("to"), address_label(key)
    behind = scene.desired.of(Kind.ALIAS).get(target)
    if behind is not None:
        if not able.alias_of_alias:
            yield _alias_of_alias(name, target, declaration, behind)
    elif domain_of(target) not in scene.homes and not able.external_alias_targets:
        yield problem(
            "alias-target-outside",
            f"alias {name} leads to {address_label(target)}, outside {declaration.provider}",
            at=at,
            rule="netcup/N16",
            why="an alias there is one more address of one of its own mailboxes",
            help="lead it to a mailbox here, and set a forward in that mailbox's own rules",
        )


def _alias_of_alias(name: str, target: str, declaration: Declaration, behind: Declaration) -> Diagnostic:
    ends = behind.resource.to if isinstance(behind.resource, Alias) else ()
    return problem(
        "alias-of-alias",
        f"alias {name} leads to {address_label(target)}, which is an alias itself",
        at=declaration.origin.span("to"),
        also=[Label(behind.origin.span(), f"{address_label(target)} is declared as an alias here")],
        rule="netcup/N16",
        help=f"lead it to the mailbox: {name}: {address_label(ends[0])}" if ends else "lead it to a mailbox",
    )
