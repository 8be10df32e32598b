"""Checks of instances, domains, mailboxes and aliases: what is written is read, and what can not be is refused."""

from reconciler.model.kinds import Action, Kind
from reconciler.model.names import address_key
from reconciler.model.resources import Alias, Domain, FieldValue, Instance, Mailbox, Resource
from reconciler.providers.base import MailProvider
from reconciler.providers.capabilities import EXTRAS
from reconciler.providers.conformance.harness import (
    GB,
    MailHarness,
    agrees,
    alias,
    check,
    create,
    delete,
    only,
    skip,
    update,
)
from reconciler.providers.writer import Done, Failed, Write

_LOCALS = ("a", "first.last", "with-hyphen", "under_score", "plus+tag", "0815", "o'brien", "x" * 64)
_OWNERS = (
    "Zoë Müller-Lüdenscheidt", "李小龍", "Ólafur Ó Ríordáin", "☃ Snow 🎿 Man", 'Dr. "Quotes", Esq.', "back\\slash",
    "<Angle> & Ampersand", "O'Brien; DROP TABLE", "N" * 120,
)  # fmt: skip


class GroupwareChecks(MailHarness):
    """What a provider of mailboxes must do."""

    @check()
    async def test_the_capabilities_make_sense(self, provider: MailProvider) -> None:
        """Limits are positive, and only hosted kinds are called editable, costly or losing."""
        able = provider.capabilities
        assert able.kinds, "a mail provider hosts something"
        assert able.concurrency >= 1
        assert able.batch >= 1
        assert able.rate is None or able.rate > 0
        assert able.consistency >= 0
        assert set(able.updatable) <= able.kinds
        assert able.costs_money <= able.kinds
        assert able.loses_data <= able.kinds
        assert able.extras <= set(EXTRAS), "extras are those that declarations can ask for"
        assert able.least_quota >= 0
        assert provider.reader().capabilities == able, "reader and provider know the same"

    @check()
    async def test_a_fresh_account_reads_the_same_twice(self, provider: MailProvider) -> None:
        """Reading changes nothing, and absent keys are answered by silence."""
        first = list(await provider.reader().read())
        assert list(await provider.reader().read()) == first
        for kind in provider.capabilities.kinds:
            assert not await provider.reader().look_up(kind, ["nobody@nowhere.example"])
            assert not await provider.reader().look_up(kind, [])

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_what_is_written_is_read(self, provider: MailProvider) -> None:
        """Each kind comes back field for field, by listing and by name, with the id the write returned."""
        await self.ground(provider)
        resources: list[Resource] = [
            Mailbox(self.box("anna"), "Anna Beispiel", 2 * GB),
            Alias(self.box("info", 1), (self.box("anna"),)),
        ]
        ids = [outcome.id for outcome in await self.done(provider, *map(create, resources))]
        listed = {(live.resource.kind, live.resource.key): live for live in await provider.reader().read()}
        for resource, made in zip(resources, ids, strict=True):
            live = await self.find(provider, resource.kind, resource.key)
            assert live is not None, f"{resource.key} is found by name"
            assert agrees(live, resource), f"{resource} was written, {live.resource} is read"
            assert live == listed[resource.kind, resource.key], "listing and looking up agree"
            assert made in ("", live.id), "a write returns the id that is read"
        domain = listed[Kind.DOMAIN, self.domains[0]]
        assert domain.resource == Domain(self.domains[0], self.instance)

    @check(Kind.MAILBOX)
    async def test_the_second_read_equals_the_first(self, provider: MailProvider) -> None:
        """Nothing in a listing depends on when it is made."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        assert list(await provider.reader().read()) == list(await provider.reader().read())

    @check(Kind.MAILBOX)
    async def test_known_and_unknown_names_in_one_question(self, provider: MailProvider) -> None:
        """The known one is answered, the unknown one and one of another kind are not."""
        await self.ground(provider, self.box("anna"))
        keys = [self.box("nobody"), self.box("anna"), self.domains[0]]
        assert list(await provider.reader().look_up(Kind.MAILBOX, keys)) == [self.box("anna")]

    @check(Kind.MAILBOX)
    async def test_a_mailbox_is_edited_in_place(self, provider: MailProvider) -> None:
        """Each field called editable changes alone, and the mailbox stays the one it is."""
        await self.ground(provider, self.box("anna"))
        edits: tuple[tuple[str, FieldValue], ...] = (("owner", "Anna Neu"), ("quota", 3 * GB))
        for name, value in edits:
            before = await self.find(provider, Kind.MAILBOX, self.box("anna"))
            assert before is not None
            write = update(before, None, **{name: value})
            if not provider.capabilities.edits(Kind.MAILBOX, self.box("anna"), name):
                await self.refused(provider, write, f"{name} is not called editable")
                continue
            await self.done(provider, write)
            after = await self.find(provider, Kind.MAILBOX, self.box("anna"))
            assert after is not None
            assert after.resource == write.after
            assert after.id == before.id, "an edited mailbox keeps its id"

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_an_alias_is_edited_only_where_that_is_said(self, provider: MailProvider) -> None:
        """Another target is taken or refused, as the capabilities tell."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        await self.done(provider, alias(self.box("info"), self.box("anna")))
        live = await self.find(provider, Kind.ALIAS, self.box("info"))
        assert live is not None
        write = update(live, to=self.box("bob"))
        if not provider.capabilities.edits(Kind.ALIAS, self.box("info"), "to"):
            await self.refused(provider, write, "an alias is not called editable")
            return
        await self.done(provider, write)
        after = await self.find(provider, Kind.ALIAS, self.box("info"))
        assert after is not None
        assert after.resource == write.after

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_alias_targets_are_as_told(self, provider: MailProvider) -> None:
        """Number and kind of an alias's targets are limited as the capabilities tell."""
        able = provider.capabilities
        boxes = [self.box(f"target{i}") for i in range((able.max_alias_targets or 3) + 1)]
        await self.ground(provider, *boxes)
        most = boxes if able.max_alias_targets is None else boxes[: able.max_alias_targets]
        await self.done(provider, alias(self.box("all"), *most))
        live = await self.find(provider, Kind.ALIAS, self.box("all"))
        assert live is not None
        assert agrees(live, Alias(self.box("all"), tuple(sorted(most))))
        if able.max_alias_targets is not None:
            await self.refused(provider, alias(self.box("more"), *boxes), "it has too many targets")
        if not able.external_alias_targets:
            outside = alias(self.box("out"), f"someone@{self.other_domain}")
            await self.refused(provider, outside, "its target is outside")
        if not able.alias_of_alias:
            await self.refused(provider, alias(self.box("again"), self.box("all")), "its target is an alias")

    @check(Kind.INSTANCE, Kind.MAILBOX)
    async def test_storage_is_limited_where_that_is_said(self, provider: MailProvider) -> None:
        """Quotas fit the booked storage at every moment; what does not fit is refused."""
        if not provider.capabilities.storage_limited:
            skip("storage is not limited")
        await self.ground(provider, self.box("anna"))
        free = self.storage - GB
        await self.refused(provider, create(Mailbox(self.box("big"), "Big", free + 1)), "it does not fit")
        live = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert live is not None
        await self.refused(provider, update(live, quota=self.storage + 1), "it does not fit")
        await self.done(provider, create(Mailbox(self.box("big"), "Big", free)))

    @check(Kind.MAILBOX, Kind.ALIAS)
    async def test_an_address_is_claimed_once(self, provider: MailProvider) -> None:
        """What is taken is refused, by whatever kind, and stays what it was; once released it is free."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        await self.done(provider, alias(self.box("info"), self.box("anna")))
        for address in (self.box("bob"), self.box("info")):
            await self.refused(provider, create(Mailbox(address, "Thief", GB)), "its address is taken")
            await self.refused(provider, alias(address, self.box("anna")), "its address is taken")
        live = await self.find(provider, Kind.ALIAS, self.box("info"))
        assert live is not None
        await self.done(provider, delete(live), create(Mailbox(self.box("info"), "Info", GB)))

    @only(lambda cls: cls.foreign_domain is not None)
    @check(Kind.DOMAIN)
    async def test_only_owned_domains_are_added(self, provider: MailProvider) -> None:
        """A domain outside the told list is refused."""
        if provider.capabilities.owned_domains is None:
            skip("every domain counts as owned")
        assert self.foreign_domain is not None
        await self.ground(provider)
        await self.refused(provider, create(Domain(self.foreign_domain, self.instance)), "it is not owned")

    @check(Kind.MAILBOX)
    async def test_odd_names_come_back_as_they_went(self, provider: MailProvider) -> None:
        """Local parts with every allowed sign, and owners of all scripts, survive the way there and back."""
        await self.ground(provider)
        boxes = [
            Mailbox(self.box(_LOCALS[i % len(_LOCALS)], i // len(_LOCALS)), owner, GB)
            for i, owner in enumerate(_OWNERS)
        ]
        await self.done(provider, *map(create, boxes))
        found = await provider.reader().look_up(Kind.MAILBOX, [box.address for box in boxes])
        assert all(agrees(found.get(box.address), box) for box in boxes), "each comes back as it was written"

    @only(lambda cls: cls.idn_domain is not None)
    @check(Kind.MAILBOX)
    async def test_an_international_domain_is_a_domain(self, provider: MailProvider) -> None:
        """Domain and addresses are given and read in A-label form."""
        assert self.idn_domain is not None
        await self.ground(provider)
        address = f"anna@{self.idn_domain}"
        await self.done(provider, create(Domain(self.idn_domain, self.instance)))
        await self.done(provider, create(Mailbox(address, "Anna", GB)))
        assert await self.find(provider, Kind.DOMAIN, self.idn_domain)
        assert await self.find(provider, Kind.MAILBOX, address)

    @check(Kind.MAILBOX)
    async def test_non_ascii_local_parts_are_as_told(self, provider: MailProvider) -> None:
        """With `smtputf8` they come back, without it they are refused."""
        await self.ground(provider)
        box = Mailbox(address_key(self.box("jürgen")), "Jürgen", GB)
        if not provider.capabilities.smtputf8:
            await self.refused(provider, create(box), "its local part is not ASCII")
            return
        await self.done(provider, create(box))
        live = await self.find(provider, Kind.MAILBOX, box.address)
        assert live is not None
        assert agrees(live, box)

    @check(Kind.MAILBOX)
    async def test_long_listings_are_complete(self, provider: MailProvider) -> None:
        """However many pages a listing has: nothing is missing, nothing comes twice."""
        await self.ground(provider)
        boxes = [self.box(f"user{i}") for i in range(self.many)]
        size = (self.storage - GB) // self.many
        await self.done(provider, *(create(Mailbox(box, "User", size)) for box in boxes))
        listed = [live.resource.key for live in await provider.reader().read() if live.resource.kind is Kind.MAILBOX]
        assert len(listed) == len(set(listed)), "nothing is listed twice"
        assert set(boxes) <= set(listed), "everything is listed"
        assert set(await provider.reader().look_up(Kind.MAILBOX, boxes)) == set(boxes)

    @check(Kind.MAILBOX)
    async def test_gone_is_gone(self, provider: MailProvider) -> None:
        """A deleted mailbox is not found; to delete it again is answered, and harms nobody."""
        await self.ground(provider, self.box("anna"), self.box("bob"))
        live = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert live is not None
        await self.done(provider, delete(live))
        assert await self.find(provider, Kind.MAILBOX, self.box("anna")) is None
        (again,) = await self.write(provider, delete(live))
        assert isinstance(again, Done) or (again.certain and not again.retryable), f"unclear answer: {again}"
        assert await self.find(provider, Kind.MAILBOX, self.box("bob")) is not None

    @check(Kind.MAILBOX)
    async def test_made_again_is_empty(self, provider: MailProvider) -> None:
        """A mailbox made again under the same address has its own id and none of the old content."""
        await self.ground(provider, self.box("anna"))
        before = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert before is not None
        await self.done(provider, delete(before))
        await self.done(provider, create(Mailbox(self.box("anna"), "Another Anna", GB)))
        after = await self.find(provider, Kind.MAILBOX, self.box("anna"))
        assert after is not None
        assert not after.facts.get("messages"), "a new mailbox holds no messages"

    @check(Kind.INSTANCE)
    async def test_an_instance_becomes_ready(self, provider: MailProvider) -> None:
        """From the order on it is listed, not ready until it can be used, and then ready for good."""
        await self.done(provider, create(Instance(self.instance, self.storage)))
        await self.until_ready(provider)
        live = await self.find(provider, Kind.INSTANCE, self.instance)
        assert live is not None
        assert live.resource == Instance(self.instance, self.storage)
        assert live.id, "an instance has a number that support asks for"

    @check(Kind.MAILBOX)
    async def test_a_batch_is_as_many_truths_as_writes(self, provider: MailProvider) -> None:
        """A refused write neither stops nor undoes its neighbours."""
        await self.ground(provider, self.box("bob"))
        writes = [create(Mailbox(self.box(name), "Owner", GB)) for name in ("anna", "bob", "carla")]
        outcomes = await self.write(provider, *writes)
        assert [type(outcome) for outcome in outcomes] == [Done, Failed, Done]
        found = await provider.reader().look_up(Kind.MAILBOX, [write.key for write in writes])
        assert len(found) == len(writes)
        assert list(await provider.writer().write([])) == []

    @check(Kind.DOMAIN)
    async def test_what_is_published_can_be(self, provider: MailProvider) -> None:
        """Mail settings name at least one exchanger, the same at each question, by names that are host names."""
        settings = provider.reader().mail_settings(self.domains[0])
        assert settings == provider.reader().mail_settings(self.domains[0])
        assert settings.mx, "mail has to go somewhere"
        for _, host in settings.mx:
            assert host == host.lower().rstrip("."), "hosts are lower case, without a closing dot"
        assert settings.spf_all in ("pass", "neutral", "softfail", "fail")

    @check()
    async def test_unknown_calls_are_answered(self, provider: MailProvider) -> None:
        """A write of a kind the provider does not host is a certain refusal, not an exception."""
        (outcome,) = await self.write(provider, Write(Action.DELETE, Kind.RECORD, "example.org MX"))
        assert isinstance(outcome, Failed)
        assert outcome.certain

    @check()
    async def test_closing_twice_is_closing(self, provider: MailProvider) -> None:
        """`close` can be called again, and before anything was opened."""
        await provider.close()
        await provider.close()
