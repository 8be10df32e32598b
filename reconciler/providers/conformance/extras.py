"""Checks of what a provider may do beyond the rules of the two platforms; where it does not, it says no."""

from dataclasses import replace

from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Mailbox
from reconciler.providers.base import MailProvider
from reconciler.providers.conformance.harness import (
    GB,
    MailHarness,
    agrees,
    alias,
    check,
    create,
    delete,
    update,
)

_ANOTHER = "wrong donkey 8 capacitor"


class ExtrasChecks(MailHarness):
    """What a provider must do with logins, rights to send, catch-alls and the least quota, as its capabilities tell."""

    @check(Kind.MAILBOX)
    async def test_a_login_is_switched_where_that_is_said(self, provider: MailProvider) -> None:
        """Off and on again changes nothing else; where logins can not be switched, nothing is made of one."""
        await self.ground(provider, self.box("anna"))
        before = await self.there(provider, Kind.MAILBOX, self.box("anna"))
        closed = Mailbox(self.box("eva"), "Eva", GB, login=False)
        if "login" not in provider.capabilities.extras:
            await self.refused(provider, update(before, login=False), "a login is not called switchable")
            await self.refused(provider, create(closed), "a login is not called switchable")
            return
        assert before.resource == Mailbox(self.box("anna"), "Owner", GB, login=True), "who can log in is told"
        for login in (False, False, True):
            live = await self.there(provider, Kind.MAILBOX, self.box("anna"))
            await self.done(provider, update(live, login=login))
            after = await self.there(provider, Kind.MAILBOX, self.box("anna"))
            assert after == replace(before, resource=Mailbox(self.box("anna"), "Owner", GB, login=login))
        await self.done(provider, create(closed))
        assert agrees(await self.find(provider, Kind.MAILBOX, closed.address), closed), "one can begin without a login"

    @check(Kind.MAILBOX)
    async def test_a_login_that_is_off_stays_off(self, provider: MailProvider) -> None:
        """A new name, a new quota and a new password open no login; nor is one switched in their company elsewhere."""
        await self.ground(provider, self.box("anna"))
        live = await self.there(provider, Kind.MAILBOX, self.box("anna"))
        if "login" not in provider.capabilities.extras:
            await self.refused(provider, update(live, owner="Anna Neu", login=False), "a login can not be switched")
            return
        await self.done(provider, update(live, login=False))
        live = await self.there(provider, Kind.MAILBOX, self.box("anna"))
        await self.done(provider, update(live, _ANOTHER, owner="Anna Neu", quota=2 * GB))
        after = await self.there(provider, Kind.MAILBOX, self.box("anna"))
        assert after.resource == Mailbox(self.box("anna"), "Anna Neu", 2 * GB, login=False)

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_who_may_send_is_named_where_that_is_said(self, provider: MailProvider) -> None:
        """Senders are set at creation, changed and emptied, apart from the targets; elsewhere they are refused."""
        anna, bob, carla = (self.box(name) for name in ("anna", "bob", "carla"))
        await self.ground(provider, anna, bob, carla)
        info = Alias(self.box("info"), (anna,), (bob,))
        if "send_as" not in provider.capabilities.extras:
            await self.refused(provider, create(info), "the right to send follows the targets")
            return
        await self.done(provider, create(info))
        assert (await self.there(provider, Kind.ALIAS, info.address)).resource == info
        for senders in ((bob, carla), (anna,), (), (carla,)):
            live = await self.there(provider, Kind.ALIAS, info.address)
            await self.done(provider, update(live, send_as=senders))
            after = await self.there(provider, Kind.ALIAS, info.address)
            assert after == replace(live, resource=replace(info, send_as=senders))

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_an_alias_that_names_nobody_follows_its_targets(self, provider: MailProvider) -> None:
        """Who may send is read as left open, before and after the alias is led elsewhere."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        await self.done(provider, alias(self.box("info"), self.box("anna")))
        live = await self.there(provider, Kind.ALIAS, self.box("info"))
        assert live.resource == Alias(self.box("info"), (self.box("anna"),))
        if provider.capabilities.edits(Kind.ALIAS, self.box("info"), "to"):
            await self.done(provider, update(live, to=self.box("bob")))
            after = await self.there(provider, Kind.ALIAS, self.box("info"))
            assert after.resource == Alias(self.box("info"), (self.box("bob"),))

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_a_catch_all_is_made_where_that_is_said(self, provider: MailProvider) -> None:
        """It is one alias, read and deleted by its name, and makes no other address; elsewhere it is refused."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        everything = Alias(self.box("*"), (self.box("anna"),))
        if "catch_all" not in provider.capabilities.extras:
            await self.refused(provider, create(everything), "there are no catch-alls")
            return
        await self.done(provider, create(everything))
        listed = {live.resource.key: live for live in await provider.reader().read()}
        live = await self.there(provider, Kind.ALIAS, everything.address)
        assert agrees(live, everything)
        assert listed[everything.address] == live, "listing and looking up agree"
        assert {self.box("anna"), self.box("bob")} <= listed.keys(), "it takes nobody's place"
        assert not await provider.reader().look_up(Kind.ALIAS, [self.box("nobody"), self.box("*", 1)])
        await self.done(provider, delete(live))
        assert await self.find(provider, Kind.ALIAS, everything.address) is None

    @check(Kind.MAILBOX)
    async def test_the_least_quota_is_the_least(self, provider: MailProvider) -> None:
        """It is given; a smaller one, which would be no limit, to neither a new mailbox nor one that is there."""
        least = provider.capabilities.least_quota
        await self.ground(provider, self.box("anna"))
        small = Mailbox(self.box("bob"), "Bob", max(least, 1))
        await self.done(provider, create(small))
        assert agrees(await self.find(provider, Kind.MAILBOX, small.address), small)
        if not least:
            return
        await self.refused(provider, create(Mailbox(self.box("eva"), "Eva", least - 1)), "its quota is no limit")
        live = await self.there(provider, Kind.MAILBOX, self.box("anna"))
        await self.refused(provider, update(live, quota=least - 1), "its quota is no limit")
