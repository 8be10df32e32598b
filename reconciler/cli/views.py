"""What `show` shows, put together from the three sides. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.cli.find import Found
from reconciler.model.desired import Desired
from reconciler.model.kinds import Kind
from reconciler.model.live import Fact, Inventory, Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Resource, Team
from reconciler.plan.flow import Flow
from reconciler.providers.reader import Booking
from reconciler.report.views import AccountView, AddressView, DomainView, InstanceView, TeamView

View = InstanceView | DomainView | AddressView | TeamView


@dataclass(frozen=True, slots=True)
class Sources:
    """Where views come from.

    Attributes:
        desired: What the files say.
        actual: What the providers have.
        homes: Record key to the domain it serves.
    """

    desired: Desired
    actual: Inventory
    homes: "dict[str, str]"


def instance_view(found: Found, sources: Sources) -> InstanceView:
    """An instance with what is in it (netcup/N2, N3)."""
    resource = found.resource
    assert isinstance(resource, Instance), "found by kind"
    domains = _domains_of(resource.label, found, sources)
    mailboxes = _inside(Kind.MAILBOX, found, sources, domains)
    quotas = [each.quota for each in mailboxes if isinstance(each, Mailbox) and each.quota is not None]
    allocated = _number(found.live, "allocated")
    return InstanceView(
        label=resource.label,
        provider=found.provider,
        number=_text(found.live, "number"),
        ready=found.live is None or found.live.ready,
        booked=resource.storage,
        allocated=sum(quotas) if allocated is None else allocated,
        used=_number(found.live, "used"),
        domains=domains,
        mailboxes=len(mailboxes),
        aliases=len(_inside(Kind.ALIAS, found, sources, domains)),
        managed=found.managed,
        declared_at=found.declared_at,
    )


def domain_view(found: Found, sources: Sources) -> DomainView:
    """A domain with its addresses and records."""
    resource = found.resource
    assert isinstance(resource, Domain), "found by kind"
    instance = sources.actual.get(found.provider, Kind.INSTANCE, resource.instance or "")
    dns = sources.desired.dns.get(found.key)
    return DomainView(
        name=found.key,
        provider=found.provider,
        instance=resource.instance,
        number=_text(instance, "number"),
        mailboxes=[each.key for each in _inside(Kind.MAILBOX, found, sources, [found.key])],
        aliases=[each.key for each in _inside(Kind.ALIAS, found, sources, [found.key])],
        dns=None if dns is None else dns.provider,
        records=sorted(record for record, home in sources.homes.items() if home == found.key),
        managed=found.managed,
        declared_at=found.declared_at,
    )


def address_view(found: Found, sources: Sources) -> AddressView:
    """A mailbox, an alias or a team's account."""
    resource, live = found.resource, found.live
    flow = Flow.of(sources.actual)
    login = resource.login if isinstance(resource, Mailbox) else None
    aliases, sends_as = flow.aliases_of(found.key), flow.sends_as(found.key)[1:]
    return AddressView(
        address=found.key,
        kind="team account" if found.kind is Kind.MEMBER else str(found.kind),
        provider=found.provider,
        to=resource.to if isinstance(resource, Alias) else (),
        owner=resource.owner if isinstance(resource, (Mailbox, Member)) else None,
        quota=resource.quota if isinstance(resource, Mailbox) else None,
        used=_number(live, "used"),
        messages=_number(live, "messages"),
        aliases=aliases,
        login=login,
        send_as=resource.send_as if isinstance(resource, Alias) else None,
        sends_as=None if sends_as == aliases or login is False else sends_as,
        team=resource.team if isinstance(resource, Member) else None,
        plan=resource.plan if isinstance(resource, Member) else None,
        standing=_text(live, "standing"),
        protect=_protected(found),
        password_version=None if found.applied is None else found.applied.remember.password_version,
        managed=found.managed,
        declared_at=found.declared_at,
    )


def team_view(found: Found, sources: Sources, statement: Sequence[Booking] | None) -> TeamView:
    """A team with each account's plan and standing (mailbox-org/M14)."""
    resource = found.resource
    assert isinstance(resource, Team), "found by kind"
    accounts = []
    if resource.master is not None:
        accounts.append(_account(resource.master, "master", resource.plan, found.live))
    for key, live in _team_members(found, sources):
        member = live.resource
        if isinstance(member, Member):
            accounts.append(_account(key, "member", member.plan, live, member.owner))
    return TeamView(
        label=resource.label,
        provider=found.provider,
        billing=resource.billing,
        accounts=accounts,
        statement=statement,
        managed=found.managed,
        declared_at=found.declared_at,
    )


def _team_members(found: Found, sources: Sources) -> Iterable[tuple[str, Live]]:
    members = {
        key: Live(each.resource)
        for key, each in sources.desired.of(Kind.MEMBER).items()
        if isinstance(each.resource, Member) and each.resource.team == found.key
    }
    members |= {
        key: live
        for key, live in sources.actual.of(found.provider, Kind.MEMBER).items()
        if isinstance(live.resource, Member) and live.resource.team == found.key
    }
    return sorted(members.items())


def _account(address: str, role: str, plan: str | None, live: Live | None, owner: str | None = None) -> AccountView:
    return AccountView(address, role, plan, _text(live, "standing"), _number(live, "balance"), owner)


def _protected(found: Found) -> bool:
    declared = found.declaration is not None and found.declaration.remember.protect
    return declared or (found.applied is not None and found.applied.remember.protect)


def _everything(kind: Kind, provider: str, sources: Sources) -> dict[str, Resource]:
    """The resources of a kind at a provider: as declared, and over that as live."""
    declared = sources.desired.of(kind).items()
    resources: dict[str, Resource] = {key: each.resource for key, each in declared if each.provider == provider}
    resources.update((key, live.resource) for key, live in sources.actual.of(provider, kind).items())
    return resources


def _domains_of(instance: str, found: Found, sources: Sources) -> list[str]:
    resources = _everything(Kind.DOMAIN, found.provider, sources)
    return sorted(key for key, each in resources.items() if isinstance(each, Domain) and each.instance == instance)


def _inside(kind: Kind, found: Found, sources: Sources, domains: Iterable[str]) -> list[Resource]:
    homes = frozenset(domains)
    resources = _everything(kind, found.provider, sources)
    return [resources[key] for key in sorted(resources) if domain_of(key) in homes]


def _fact(live: Live | None, name: str) -> Fact:
    return None if live is None else live.facts.get(name)


def _number(live: Live | None, name: str) -> int | None:
    value = _fact(live, name)
    return value if isinstance(value, int) else None


def _text(live: Live | None, name: str) -> str | None:
    value = _fact(live, name)
    return None if value is None else str(value)
