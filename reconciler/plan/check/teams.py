"""Teams as declared: how many accounts, on which plans, at which addresses (mailbox-org/M1, M2)."""

from collections.abc import Iterator

from reconciler.model.closest import closest
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.model.sizes import format_size
from reconciler.plan.check.scene import Scene, member_of, team_of
from reconciler.providers.capabilities import TeamPolicy


def check_teams(scene: Scene) -> Iterator[Diagnostic]:
    """Find teams that their platform would refuse."""
    for label, declaration in scene.desired.of(Kind.TEAM).items():
        able = scene.capabilities.get(declaration.provider)
        if able is None or able.team is None:
            continue  # `kind-not-hosted` says it
        members = scene.teams.get(label, [])
        yield from _size(label, declaration, members, able.team)
        yield from _plans(declaration, members, able.team)
    yield from _addresses(scene)


def _size(label: str, team: Declaration, members: list[Declaration], policy: TeamPolicy) -> Iterator[Diagnostic]:
    excess = len(members) + 1 - policy.max_accounts
    if excess > 0:
        yield problem(
            "team-too-large",
            f"team {label} has {len(members) + 1} accounts with its master, but at most {policy.max_accounts} can join",
            at=team.origin.span("members"),
            also=[Label(members[-excess].origin.span(), f"account {policy.max_accounts + 1}")],
            rule="mailbox-org/M1",
            help=f"take {excess} of them out, or declare a second team",
        )


def _plans(team: Declaration, members: list[Declaration], policy: TeamPolicy) -> Iterator[Diagnostic]:
    declared = team_of(team)
    if declared.plan is not None:
        yield from _plan(declared.plan, f"master {address_label(declared.master or '')}", team, policy)
    for member in members:
        plan = member_of(member).plan
        if plan is not None:
            yield from _plan(plan, f"member {address_label(member.resource.key)}", member, policy)


def _plan(plan: str, who: str, declaration: Declaration, policy: TeamPolicy) -> Iterator[Diagnostic]:
    at = declaration.origin.span("plan")
    fitting = sorted(policy.plans, key=lambda name: (policy.plans[name], name))
    fitting = [name for name in fitting if name not in policy.excluded_plans and _enough(name, policy)]
    choice = f"choose one of: {', '.join(fitting)}"
    if plan in policy.excluded_plans:
        yield problem(
            "plan-excluded",
            f"{who} of a team can not have the plan {plan}",
            at=at,
            rule="mailbox-org/M2",
            why=f"the platform excludes {plan} from teams, and while an account is in one it can not move to it either "
            "(mailbox-org/M12)",
            help=choice,
        )
    elif plan not in policy.plans:
        meant = closest(plan, policy.plans)
        yield problem(
            "plan-unknown",
            f"{who} has the plan {plan}, which {declaration.provider} does not offer",
            at=at,
            rule="mailbox-org/M2",
            help=f"did you mean `{meant}`?" if meant else choice,
        )
    elif not _enough(plan, policy):
        yield problem(
            "plan-too-small",
            f"{who} has the plan {plan} with {format_size(policy.plans[plan])} of mail storage, "
            f"but an account of a team needs {format_size(policy.min_storage)}",
            at=at,
            rule="mailbox-org/M2",
            help=choice,
        )


def _enough(plan: str, policy: TeamPolicy) -> bool:
    return policy.plans[plan] >= policy.min_storage


def _addresses(scene: Scene) -> Iterator[Diagnostic]:
    """Find members whose address is in a domain declared here: there it would be a mailbox."""
    for key, declaration in scene.desired.of(Kind.MEMBER).items():
        domain = scene.desired.of(Kind.DOMAIN).get(domain_of(key))
        if domain is not None:
            name = domain_label(domain_of(key))
            yield problem(
                "member-in-own-domain",
                f"member {address_label(key)} has an address of {name}, which is declared as a mail domain",
                at=declaration.origin.span(),
                also=[Label(domain.origin.span(), f"{name} is declared here, at {domain.provider}")],
                rule="mailbox-org/M4",
                why="a member is a customer of the team platform with a mailbox of its own there",
                help=f"use an address of the team platform, or declare a mailbox of {name}",
            )
