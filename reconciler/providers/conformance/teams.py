"""Checks of teams and their members, for providers that have such."""

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.resources import Billing, Member, Team
from reconciler.providers.base import MailProvider
from reconciler.providers.capabilities import TeamPolicy
from reconciler.providers.conformance.harness import MailHarness, check, create, delete, skip, update


class TeamChecks(MailHarness):
    """What a provider of teams must do, within the limits its capabilities tell."""

    @check(Kind.TEAM, Kind.MEMBER)
    async def test_a_team_and_its_members_are_read(self, provider: MailProvider) -> None:
        """Both come back field for field; a new account is on the plan every new account starts on."""
        policy, live = await self._founded(provider)
        assert live.resource == Team(self.team, self.master, Billing.SEPARATE, policy.initial_plan)
        await self.done(provider, create(self._member(0)))
        member = await self.find(provider, Kind.MEMBER, self.member.format(0))
        assert member is not None
        assert member.resource == Member(self.member.format(0), self.team, "Member 0", policy.initial_plan)
        assert "standing" in member.facts, "an account tells its standing"

    @check(Kind.TEAM)
    async def test_the_billing_method_is_as_told(self, provider: MailProvider) -> None:
        """Where it is chosen once, another one is refused."""
        policy, live = await self._founded(provider)
        if not policy.billing_immutable:
            skip("the billing method can be changed")
        await self.refused(provider, update(live, billing=Billing.SHARED), "the billing method is chosen once")

    @check(Kind.TEAM)
    async def test_excluded_plans_are_refused(self, provider: MailProvider) -> None:
        """No account of a team moves to a plan that teams can not have."""
        policy, live = await self._founded(provider)
        for plan in sorted(policy.excluded_plans & set(policy.plans)):
            await self.refused(provider, update(live, plan=plan), f"plan {plan} is excluded")

    @check(Kind.TEAM, Kind.MEMBER)
    async def test_a_team_is_no_larger_than_told(self, provider: MailProvider) -> None:
        """The last place is given, and no further one."""
        policy, _ = await self._founded(provider)
        await self.done(provider, *(create(self._member(i)) for i in range(policy.max_accounts - 1)))
        await self.refused(provider, create(self._member(policy.max_accounts)), "the team is full")

    @check(Kind.TEAM, Kind.MEMBER)
    async def test_a_member_is_its_own_customer(self, provider: MailProvider) -> None:
        """Without its own credentials a member is neither changed nor removed."""
        policy, _ = await self._founded(provider)
        await self.done(provider, create(self._member(0)))
        live = await self.find(provider, Kind.MEMBER, self.member.format(0))
        assert live is not None
        if live.resource.key not in policy.credentials:
            await self.refused(provider, update(live, owner="Somebody Else"), "a member changes itself")
        await self.refused(provider, delete(live), "a person leaves a team, not a program")

    @check(Kind.TEAM)
    async def test_a_statement_is_a_list(self, provider: MailProvider) -> None:
        """A new team has one, and a team that is not there has none."""
        await self._founded(provider)
        for booking in await provider.reader().statement(self.team):
            assert booking.address, "each booking names the account that caused it"
        assert list(await provider.reader().statement("no such team")) == []

    async def _founded(self, provider: MailProvider) -> tuple[TeamPolicy, Live]:
        policy = provider.capabilities.team
        if self.master is None or policy is None:
            skip("no account is given to be a team's master")
        assert policy is not None, "a provider of teams tells its limits"
        await self.done(provider, create(Team(self.team, self.master, Billing.SEPARATE, policy.initial_plan)))
        live = await self.find(provider, Kind.TEAM, self.team)
        assert live is not None, "a new team is found"
        return policy, live

    def _member(self, number: int) -> Member:
        return Member(self.member.format(number), self.team, f"Member {number}")
