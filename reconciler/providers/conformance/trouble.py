"""Checks of bad days and of secrets: trouble is an answer and not an exception, and no password comes back."""

import asyncio

from reconciler.model.kinds import Kind
from reconciler.model.resources import Mailbox
from reconciler.providers.base import MailProvider
from reconciler.providers.conformance.harness import GB, PASSWORD, MailHarness, alias, check, create, only, skip, update
from reconciler.providers.writer import Failed

_CHANGED = "another 9 staple text"


class TroubleChecks(MailHarness):
    """What a provider must do when the network, the platform or the caller misbehaves."""

    @only(lambda cls: "rate-limit" in cls.troubles)
    def test_a_rate_limit_is_an_answer(self) -> None:
        """Too many calls: surely no effect, and worth another try."""
        asyncio.run(self._trouble("rate-limit", certain=True, there=False))

    @only(lambda cls: "busy" in cls.troubles)
    def test_a_busy_platform_is_an_answer(self) -> None:
        """A busy platform: surely no effect, and worth another try."""
        asyncio.run(self._trouble("busy", certain=True, there=False))

    @only(lambda cls: "timeout-before" in cls.troubles)
    def test_a_lost_call_is_an_uncertain_answer(self) -> None:
        """Nobody answers and nothing happened: the provider does not claim to know."""
        asyncio.run(self._trouble("timeout-before", certain=False, there=False))

    @only(lambda cls: "timeout-after" in cls.troubles)
    def test_a_lost_answer_is_an_uncertain_answer(self) -> None:
        """Nobody answers and it happened: the provider does not claim that it did not."""
        asyncio.run(self._trouble("timeout-after", certain=False, there=True))

    async def _trouble(self, trouble: str, *, certain: bool, there: bool) -> None:
        provider = self.make_disturbed(trouble)
        if provider is None:
            skip(f"the provider is not given {trouble} to try")
            return
        try:
            await self.ground(provider)
            (outcome,) = await self.write(provider, create(Mailbox(self.box("anna"), "Anna", GB)))
            assert isinstance(outcome, Failed), f"{trouble} is a failure, not {outcome}"
            assert outcome.certain is certain, f"after {trouble} the effect is {'known' if certain else 'not known'}"
            assert outcome.retryable, f"{trouble} passes"
            assert PASSWORD not in repr(outcome)
            live = await self.find(provider, Kind.MAILBOX, self.box("anna"))
            assert (live is not None) is there, "a look-up tells the truth"
            await self.clean(provider)
        finally:
            await provider.close()

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_reads_lag_no_longer_than_told(self, provider: MailProvider) -> None:
        """After `consistency` seconds a read shows what was written, and what was deleted no more."""
        await self.ground(provider, self.box("anna"))
        await self.done(provider, alias(self.box("info"), self.box("anna")))
        live = await self.find(provider, Kind.ALIAS, self.box("info"))
        assert live is not None, "a create is shown in time"
        box = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert box is not None
        await self.done(provider, update(box, quota=2 * GB))
        shown = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert shown is not None
        assert shown.resource.fields()["quota"] == 2 * GB, "an update is shown in time"

    @check(Kind.MAILBOX)
    async def test_no_password_comes_back(self, provider: MailProvider) -> None:
        """Neither what is read, nor an answer, nor a refusal repeats a password that was given."""
        await self.ground(provider)
        write = create(Mailbox(self.box("anna"), "Anna", GB))
        outcomes = await self.write(provider, write, write)
        live = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert live is not None
        if provider.capabilities.edits(Kind.MAILBOX, self.box("anna"), "password"):
            outcomes += await self.done(provider, update(live, _CHANGED))
        outcomes += await self.write(provider, create(Mailbox("anna@nowhere.example", "Anna", GB)))
        everything = repr([outcomes, write, list(await provider.reader().read())])
        facts = repr([dict(live.facts) for live in await provider.reader().read()])
        for secret in (PASSWORD, _CHANGED):
            assert secret not in everything
            assert secret not in facts
