"""Aliases: how many targets, of what sort, where, and who sends (netcup/N16, N17)."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.model.resources import Alias
from reconciler.plan.check.scene import Home, Scene
from reconciler.providers.capabilities import Capabilities


def check_aliases(scene: Scene) -> Iterator[Diagnostic]:
    """Find aliases that their platform would refuse."""
    mailboxes = scene.desired.of(Kind.MAILBOX)
    for key, declaration in scene.desired.of(Kind.ALIAS).items():
        able = scene.capabilities.get(declaration.provider)
        alias = declaration.resource
        if able is None or not isinstance(alias, Alias):
            continue
        if able.max_alias_targets is not None and len(alias.to) > able.max_alias_targets:
            yield _too_many(key, alias, declaration, able.max_alias_targets)
        for target in alias.to:
            if target in mailboxes:
                yield from _declared_elsewhere(scene, key, target, declaration, able)
            else:
                yield from _no_mailbox(scene, key, target, declaration, able)
        if alias.send_as and "send_as" in able.extras:
            yield from _senders_elsewhere(scene, key, alias.send_as, declaration)


def _homes(scene: Scene, key: str, target: str) -> tuple[Home | None, Home | None]:
    return scene.homes.get(domain_of(key)), scene.homes.get(domain_of(target))


def _declared_elsewhere(
    scene: Scene, key: str, target: str, declaration: Declaration, able: Capabilities
) -> Iterator[Diagnostic]:
    """Judge a target that is declared too: one at another provider is outside, one of another instance is forbidden."""
    here, there = _homes(scene, key, target)
    outside = here is None or there is None or here.provider != there.provider
    if here != there and not (outside and able.external_alias_targets):
        yield _other_instance(scene, key, declaration, target, "to", f"leads to {address_label(target)}")


def _senders_elsewhere(
    scene: Scene, key: str, senders: tuple[str, ...], declaration: Declaration
) -> Iterator[Diagnostic]:
    """Find senders that do not log in where the alias is."""
    for sender in senders:
        here, there = _homes(scene, key, sender)
        if here != there:
            words = f"may be sent as by {address_label(sender)}"
            yield _other_instance(scene, key, declaration, sender, "send_as", words)


def _too_many(key: str, alias: Alias, declaration: Declaration, most: int) -> Diagnostic:
    named = "exactly one mailbox" if most == 1 else f"at most {most} mailboxes"
    return problem(
        "alias-targets",
        f"alias {address_label(key)} has {len(alias.to)} targets, but at {declaration.provider} it leads to {named}",
        at=declaration.origin.span("to"),
        rule="netcup/N16",
        help=f"keep one: {address_label(key)}: {address_label(alias.to[0])}" if most == 1 else f"keep {most} of them",
    )


def _other_instance(  # noqa: PLR0917 - the parts of one sentence
    scene: Scene, key: str, declaration: Declaration, other: str, field: str, words: str
) -> Diagnostic:
    domains = scene.desired.of(Kind.DOMAIN)
    also = [
        Label(domains[name].origin.span("instance"), f"{domain_label(name)} is in {scene.homes[name]}")
        for name in (domain_of(key), domain_of(other))
        if name in domains
    ]
    return problem(
        "alias-crosses-instances",
        f"alias {address_label(key)} {words}, which is not in the same instance",
        at=declaration.origin.span(field),
        also=also,
        rule="netcup/N17",
        help=f"{'lead it to' if field == 'to' else 'name'} a mailbox of "
        f"{scene.homes.get(domain_of(key), 'the same instance')}",
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
        else:
            yield from _declared_elsewhere(scene, key, target, declaration, able)
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
