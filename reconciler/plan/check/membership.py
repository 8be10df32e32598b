"""Teams as they are: what can not be changed, who may create, how many are in already (mailbox-org/M1 to M12)."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label
from reconciler.model.resources import Billing, Member, Team
from reconciler.plan.check.scene import Moment, member_of, team_of
from reconciler.providers.capabilities import TeamPolicy


def check_membership(moment: Moment) -> Iterator[Diagnostic]:
    """Find changes to teams that nobody can make, or not from here."""
    grown: dict[str, list[Declaration]] = {}
    for member in moment.meets(Kind.MEMBER).created:
        grown.setdefault(member_of(member).team or "", []).append(member)
    for label, declaration in moment.scene.desired.of(Kind.TEAM).items():
        able = moment.scene.capabilities.get(declaration.provider)
        if able is None or able.team is None:
            continue
        yield from _billing(moment, label, declaration, able.team)
        yield from _members(moment, label)
        new = grown.get(label, [])
        if new or moment.actual.get(declaration.provider, Kind.TEAM, label) is None:
            yield from _master(moment, declaration, able.team)
        if new:
            yield from _creator(moment, declaration, able.team)
            yield from _room(moment, declaration, able.team)


def _billing(moment: Moment, label: str, declaration: Declaration, policy: TeamPolicy) -> Iterator[Diagnostic]:
    live = moment.actual.get(declaration.provider, Kind.TEAM, label)
    chosen = live.resource.billing if live is not None and isinstance(live.resource, Team) else None
    wanted = team_of(declaration).billing
    if policy.billing_immutable and chosen is not None and wanted is not None and chosen != wanted:
        yield problem(
            "billing-immutable",
            f"the billing of team {label} is {chosen} and can never be changed to {wanted}",
            at=declaration.origin.span("billing"),
            rule="mailbox-org/M9",
            why="the platform asks for the billing method once; nobody can change it afterwards",
            help=f"declare billing: {chosen}",
        )


def _members(moment: Moment, label: str) -> Iterator[Diagnostic]:
    """Find declared members that are in another team already."""
    for declaration in moment.scene.teams.get(label, []):
        member = member_of(declaration)
        live = moment.actual.get(declaration.provider, Kind.MEMBER, member.address)
        if live is None or not isinstance(live.resource, Member):
            continue
        if live.resource.team not in (None, label):
            yield problem(
                "member-of-another-team",
                f"{address_label(member.address)} is a member of team {live.resource.team} and can not be one of "
                f"{label} as well",
                at=declaration.origin.span(),
                rule="mailbox-org/M13",
                why="an account is in one team; leaving it loses data and needs the platform's support",
                help=f"declare it in team {live.resource.team}, or let it leave that team first",
            )


def _master(moment: Moment, declaration: Declaration, policy: TeamPolicy) -> Iterator[Diagnostic]:
    master = team_of(declaration).master
    if master is None or policy.accounts is None or master in policy.accounts:
        return
    if _exists(moment, declaration.provider, master):
        return
    yield problem(
        "master-unknown",
        f"{address_label(master)}, the master of team {declaration.resource.key}, is no account of "
        f"{declaration.provider}",
        at=declaration.origin.span("master"),
        rule="mailbox-org/M3",
        why="a new account of a team is created from an existing one",
        help=f"register {address_label(master)} at the platform first, or name an account that exists",
    )


def _exists(moment: Moment, provider: str, address: str) -> bool:
    if any(moment.actual.get(provider, kind, address) is not None for kind in (Kind.MEMBER, Kind.MAILBOX)):
        return True
    teams = (live.resource for live in moment.actual.of(provider, Kind.TEAM).values())
    return any(isinstance(team, Team) and team.master == address for team in teams)


def _creator(moment: Moment, declaration: Declaration, policy: TeamPolicy) -> Iterator[Diagnostic]:
    """Judge the account that creates members: the master's always may, a member's where each pays for itself."""
    team, creator = team_of(declaration), policy.acts_as
    if creator is None or creator == team.master:
        return
    shared = team.billing == Billing.SHARED
    live = moment.actual.get(declaration.provider, Kind.MEMBER, creator)
    belongs = live is not None and isinstance(live.resource, Member) and live.resource.team == team.label
    if belongs and not shared:
        return
    yield problem(
        "creator-not-allowed",
        f"{address_label(creator)}, as which {declaration.provider} logs in, can not create members of team "
        f"{team.label}",
        at=declaration.origin.span("billing" if shared else None),
        rule="mailbox-org/M7" if shared else "mailbox-org/M8",
        why="with shared billing only the master creates members"
        if shared
        else "with separate billing the master and the members of the team create members, nobody else",
        help=f"log in as {address_label(team.master or 'the master')}",
    )


def _room(moment: Moment, declaration: Declaration, policy: TeamPolicy) -> Iterator[Diagnostic]:
    """Count who is there and not declared as well: strangers, and who is to leave and has not left yet."""
    label, provider = declaration.resource.key, declaration.provider
    declared = {member.resource.key for member in moment.scene.teams.get(label, [])}
    others = sorted(
        key
        for key, live in moment.actual.of(provider, Kind.MEMBER).items()
        if isinstance(live.resource, Member)
        and live.resource.team == label
        and key not in declared
        and key != team_of(declaration).master
    )
    total = len(declared) + 1 + len(others)
    if others and len(declared) + 1 <= policy.max_accounts < total:
        leaving = [key for key in others if moment.manages(provider, Kind.MEMBER, key)]
        yield problem(
            "team-too-large",
            f"team {label} would have {total} accounts, because {', '.join(map(address_label, others))} "
            f"{'is' if len(others) == 1 else 'are'} in it; at most {policy.max_accounts} can join",
            at=declaration.origin.span("members"),
            rule="mailbox-org/M1",
            help=f"let {address_label(leaving[0])} leave in an apply of its own, and add new members after its `ack`"
            if leaving
            else f"declare {total - policy.max_accounts} fewer new members",
        )
