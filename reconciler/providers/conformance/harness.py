"""What every check of a mail provider stands on: hooks its author fills in, short words for reads and writes."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import TypeVar
from unittest import SkipTest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Alias, Domain, FieldValue, Instance, Mailbox, Resource, with_fields
from reconciler.model.secrets import Secret
from reconciler.providers.base import MailProvider
from reconciler.providers.writer import Done, Failed, Outcome, Write

H = TypeVar("H", bound="MailHarness")
T = TypeVar("T", bound=Callable[..., None])

GB = 10**9
#: All that `make_disturbed` may be asked for.
TROUBLES = ("rate-limit", "busy", "timeout-before", "timeout-after")
PASSWORD = "correct horse 7 battery"  # noqa: S105 - made up, so that a leak can be looked for

_CONDITIONS: dict[Callable[..., None], Callable[[type["MailHarness"]], bool]] = {}
_LEFT_OUT = object()  # no function, so that neither pytest nor unittest takes it for a test


class MailHarness:
    """The hooks and words of the mail checks; see `MailProviderConformance` for how to use them.

    Attributes:
        instance: Label of the instance the checks order.
        storage: Bytes it is ordered with.
        domains: Two domains of the customer account that the checks may add to it.
        idn_domain: One with non-ASCII letters, in its A-label form; None: not tried.
        foreign_domain: A domain the customer account does not have; None: every domain counts as the account's own.
        other_domain: A domain that mail outside the platform is at.
        team: Label of the team the checks make.
        master: Address of an existing account that may become its master; None: teams are not tried.
        member: Domain or pattern of the members' addresses, with `{}` for a number.
        many: How many mailboxes the check of long listings makes.
        patience: Seconds an instance may take until it is ready.
        troubles: What `make_disturbed` can make; a class that can not make all of them names those it can.
    """

    instance = "conformance"
    storage = 100 * GB
    domains = ("conformance.example", "conformance-two.example")
    idn_domain: str | None = "xn--prfung-6ya.example"
    foreign_domain: str | None = "somebody-else.example"
    other_domain = "outside.example"
    team = "conformance"
    master: str | None = None
    member = "member{}@mailbox.org"
    many = 700
    patience = 300.0
    troubles: Collection[str] = TROUBLES

    def __init_subclass__(cls) -> None:
        """Take the checks that a class says are not for it from what pytest and unittest collect."""
        super().__init_subclass__()
        for name, test in _inherited(cls):
            condition = _CONDITIONS.get(test)
            if condition is not None:
                setattr(cls, name, test if condition(cls) else _LEFT_OUT)

    def make_provider(self) -> MailProvider:
        """Return a provider whose account has nothing of the names above. Called once for each check."""
        raise NotImplementedError("a conformance class says how its provider is made")

    def make_disturbed(self, trouble: str) -> MailProvider | None:
        """Return a provider on a fresh account whose first write to a mailbox meets trouble, or None to skip.

        Args:
            trouble: One of `troubles`. `rate-limit` or `busy` (no effect, may be tried again), `timeout-before` (no
                effect, but nobody answers) or `timeout-after` (the effect is there, but nobody answers).
        """
        del trouble
        return None

    async def wait(self, seconds: float) -> None:
        """Let time pass; a provider with a clock of its own turns it here."""
        await asyncio.sleep(seconds)

    async def clean(self, provider: MailProvider) -> None:
        """Remove what a check left; a provider whose accounts are thrown away need not."""
        del provider

    async def write(self, provider: MailProvider, *writes: Write) -> list[Outcome]:
        """Hand over writes in batches as large as the provider takes, and wait until reads show them."""
        batch, writer = provider.capabilities.batch, provider.writer()
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), batch):
            outcomes += await writer.write(writes[start : start + batch])
        await self._settle(provider)
        assert len(outcomes) == len(writes), "a batch has one outcome for each write"
        return outcomes

    async def done(self, provider: MailProvider, *writes: Write) -> list[Done]:
        """Hand over writes that must take effect."""
        outcomes = await self.write(provider, *writes)
        for write, outcome in zip(writes, outcomes, strict=True):
            assert isinstance(outcome, Done), f"{write.action} {write.kind} {write.key} was refused: {outcome}"
        return [outcome for outcome in outcomes if isinstance(outcome, Done)]

    async def refused(self, provider: MailProvider, write: Write, why: str) -> Failed:
        """Hand over a write that must be refused: surely without effect, and not to be tried again."""
        before = await self.find(provider, write.kind, write.key)
        (outcome,) = await self.write(provider, write)
        assert isinstance(outcome, Failed), f"{write.action} {write.kind} {write.key} must be refused: {why}"
        assert outcome.certain, f"a refusal had surely no effect: {outcome}"
        assert not outcome.retryable, f"a refusal is not worth another try: {outcome}"
        assert outcome.message, "a refusal says why"
        after = await self.find(provider, write.kind, write.key)
        assert before == after, f"a refused {write.action} of {write.key} changed it: {before} became {after}"
        return outcome

    async def find(self, provider: MailProvider, kind: Kind, key: str) -> Live | None:
        """One resource as the provider has it."""
        return (await provider.reader().look_up(kind, [key])).get(key)

    async def there(self, provider: MailProvider, kind: Kind, key: str) -> Live:
        """One resource that must be there."""
        live = await self.find(provider, kind, key)
        assert live is not None, f"{kind} {key} is found by name"
        return live

    async def ground(self, provider: MailProvider, *mailboxes: str) -> None:
        """Order the instance, wait until it is ready, add both domains, make mailboxes of 1 GB."""
        if Kind.INSTANCE in provider.capabilities.kinds:
            await self.done(provider, create(Instance(self.instance, self.storage)))
            await self.until_ready(provider)
        for domain in self.domains:
            await self.done(provider, create(Domain(domain, self.instance)))
        await self.done(provider, *(create(Mailbox(address, "Owner", GB)) for address in mailboxes))

    async def until_ready(self, provider: MailProvider) -> None:
        """Wait until the instance is set up."""
        waited, step = 0.0, max(provider.capabilities.consistency, 1.0)
        while True:
            live = await self.find(provider, Kind.INSTANCE, self.instance)
            assert live is not None, "an ordered instance is listed while it is being set up"
            if live.ready:
                return
            assert waited < self.patience, f"the instance was not ready after {waited} seconds"
            await self.wait(step)
            waited += step

    def box(self, local: str, domain: int = 0) -> str:
        """An address in one of the domains."""
        return f"{local}@{self.domains[domain]}"

    async def _settle(self, provider: MailProvider) -> None:
        if provider.capabilities.consistency:
            await self.wait(provider.capabilities.consistency)


def check(*kinds: Kind) -> Callable[[Callable[[H, MailProvider], Awaitable[None]]], Callable[[H], None]]:
    """Make a test of an async check, given a fresh provider; skipped where the provider does not host the kinds."""

    def wrap(body: Callable[[H, MailProvider], Awaitable[None]]) -> Callable[[H], None]:
        async def run(self: H) -> None:
            provider = self.make_provider()
            try:
                missing = [kind for kind in kinds if kind not in provider.capabilities.kinds]
                if missing:
                    skip(f"the provider hosts no {missing[0]}")
                await body(self, provider)
                await self.clean(provider)
            finally:
                await provider.close()

        def test(self: H) -> None:
            asyncio.run(run(self))

        test.__name__, test.__doc__ = body.__name__, body.__doc__
        return test

    return wrap


def only(condition: Callable[[type[MailHarness]], bool]) -> Callable[[T], T]:
    """Make a check one of those classes alone whose attributes meet a condition; others do not have it at all."""

    def mark(test: T) -> T:
        _CONDITIONS[test] = condition
        return test

    return mark


def _inherited(cls: type) -> Iterator[tuple[str, Callable[..., None]]]:
    """The tests that a class has from others, also those that a class between them has left out."""
    for name in dir(cls):
        if name.startswith("test_") and name not in vars(cls):
            found = [vars(base)[name] for base in cls.__mro__ if name in vars(base)]
            first = next(value for value in found if value is not _LEFT_OUT)
            if callable(first):
                yield name, first


def skip(reason: str) -> None:
    """Skip a check; pytest and unittest both understand."""
    raise SkipTest(reason)


def agrees(live: Live | None, written: Resource) -> bool:
    """Whether what is there is what was written; a field that was left open may be anything."""
    if live is None or (live.resource.kind, live.resource.key) != (written.kind, written.key):
        return False
    told = live.resource.fields()
    return all(told.get(name) == value for name, value in written.fields().items() if value is not None)


def create(resource: Resource, password: str = PASSWORD) -> Write:
    """A create; users are given a password."""
    user = resource.kind in (Kind.MAILBOX, Kind.MEMBER)
    secret = Secret(password) if user else None
    return Write(Action.CREATE, resource.kind, resource.key, None, resource, password=secret)


def update(live: Live, password: str | None = None, /, **fields: FieldValue) -> Write:
    """An update of some fields, and of the password where one is given."""
    resource = live.resource
    changed = frozenset(fields) | (frozenset({"password"}) if password else frozenset())
    secret = Secret(password) if password else None
    return Write(Action.UPDATE, resource.kind, resource.key, live, with_fields(resource, fields), changed, secret)


def delete(live: Live) -> Write:
    """A delete."""
    return Write(Action.DELETE, live.resource.kind, live.resource.key, live)


def alias(address: str, *to: str) -> Write:
    """A create of an alias."""
    return create(Alias(address, tuple(sorted(to))))
