"""Names that somebody else has: domains of other instances, addresses of unmanaged mailboxes and aliases."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.names import address_label, domain_label
from reconciler.model.resources import Domain
from reconciler.plan.check.scene import Moment, numbered


def check_claims(moment: Moment) -> Iterator[Diagnostic]:
    """Find names that are to be claimed and are not free (netcup/N5, N14)."""
    for key, declaration in moment.scene.desired.of(Kind.DOMAIN).items():
        yield from _domain(moment, key, declaration)
    yield from _addresses(moment, Kind.MAILBOX, Kind.ALIAS)
    yield from _addresses(moment, Kind.ALIAS, Kind.MAILBOX)


def _domain(moment: Moment, key: str, declaration: Declaration) -> Iterator[Diagnostic]:
    provider, wanted = declaration.provider, moment.scene.homes[key].instance
    if not moment.manages(provider, Kind.DOMAIN, key):
        live = moment.actual.get(provider, Kind.DOMAIN, key)
        held = live.resource.instance if live is not None and isinstance(live.resource, Domain) else None
        if held is not None and wanted is not None and held != wanted:
            yield _taken(moment, key, declaration, provider, held)
    past = moment.applied.get(Kind.DOMAIN, key)
    left = past.left if past is not None else ()
    for other, live in moment.elsewhere(provider, Kind.DOMAIN, key):
        if other not in left and not moment.manages(other, Kind.DOMAIN, key) and isinstance(live.resource, Domain):
            yield _taken(moment, key, declaration, other, live.resource.instance)


def _taken(moment: Moment, key: str, declaration: Declaration, provider: str, instance: str | None) -> Diagnostic:
    place = f"provider {provider}"
    if instance is not None:
        place = f"instance {numbered(instance, moment.actual.get(provider, Kind.INSTANCE, instance))} of {provider}"
    return problem(
        "domain-taken",
        f"domain {domain_label(key)} is in {place} already, and that is not managed here",
        at=declaration.origin.span("instance"),
        rule="netcup/N5",
        help=f"declare it where it is (instance: {instance}) to adopt it, or take it out there first"
        if instance and provider == declaration.provider
        else f"take it out of {provider} first, or take {provider} out of the configuration",
    )


def _addresses(moment: Moment, kind: Kind, other: Kind) -> Iterator[Diagnostic]:
    """Find addresses to be claimed in one form that are there in the other, unmanaged (netcup/N14)."""
    for declaration in moment.meets(kind).created:
        key, provider = declaration.resource.key, declaration.provider
        live = moment.actual.get(provider, other, key)
        if live is not None and not moment.manages(provider, other, key):
            yield _address_taken(kind, declaration, live)


def _address_taken(kind: Kind, declaration: Declaration, live: Live) -> Diagnostic:
    name, other = address_label(declaration.resource.key), live.resource.kind
    plural = "mailboxes" if other is Kind.MAILBOX else "aliases"
    return problem(
        "address-taken",
        f"{kind} {name} can not be created: an unmanaged {other} has that address at {declaration.provider}",
        at=declaration.origin.span(),
        rule="netcup/N14",
        why="only what is managed is ever deleted, so the address can not be freed by a plan",
        help=f"declare {name} under {plural} and apply to adopt it, or delete it at the provider",
    )
