"""A platform to try every rule on, with a clock that tests turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Domain, Instance, Mailbox, Member, Resource, Team, with_fields
from reconciler.model.secrets import Secret
from reconciler.providers.sandbox import SandboxProvider
from reconciler.providers.sandbox.platform import Platform, carry_out
from reconciler.providers.sandbox.policy import Policy, Seed
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Done, Failed, Outcome, Write

GB = 10**9
START = 1_700_000_000.0  # 2023-11-14


class World:
    """A platform and short words for what is done to it."""

    def __init__(self, path: Path, policy: Policy) -> None:
        self.path = path
        self.now = START
        self.policy = policy
        self.platform = Platform(path, policy, lambda: self.now)

    def reopen(self, **policy: object) -> None:
        """Close the file and open it under another policy."""
        self.platform.close()
        self.policy = replace(self.policy, **policy)
        self.platform = Platform(self.path, self.policy, lambda: self.now)

    def write(self, write: Write) -> Outcome:
        return self.platform.act(carry_out, write)

    def try_create(self, resource: Resource, password: str | None = "first secret") -> Outcome:
        secret = None if password is None else Secret(password)
        return self.write(Write(Action.CREATE, resource.kind, resource.key, None, resource, password=secret))

    def try_update(self, kind: Kind, key: str, password: str | None = None, **fields: object) -> Outcome:
        live = self.get(kind, key)
        assert live is not None
        changed = frozenset(fields) | ({"password"} if password else set())
        after = with_fields(live.resource, fields)
        return self.write(Write(Action.UPDATE, kind, key, live, after, changed, Secret(password) if password else None))

    def try_delete(self, kind: Kind, key: str) -> Outcome:
        return self.write(Write(Action.DELETE, kind, key, self.get(kind, key)))

    def create(self, *resources: Resource) -> None:
        for resource in resources:
            outcome = self.try_create(resource)
            assert isinstance(outcome, Done), outcome

    def update(self, kind: Kind, key: str, password: str | None = None, **fields: object) -> None:
        outcome = self.try_update(kind, key, password, **fields)
        assert isinstance(outcome, Done), outcome

    def delete(self, kind: Kind, key: str) -> None:
        outcome = self.try_delete(kind, key)
        assert isinstance(outcome, Done), outcome

    def get(self, kind: Kind, key: str) -> Live | None:
        return self.platform.look_up(kind, [key]).get(key)

    def fact(self, kind: Kind, key: str, name: str) -> object:
        live = self.get(kind, key)
        assert live is not None, key
        return live.facts.get(name)

    def office(self) -> None:
        """An instance of 10 GB with example.org and two mailboxes."""
        self.create(
            Instance("office", 10 * GB),
            Domain("example.org", "office"),
            Mailbox("anna@example.org", "Anna Beispiel", 5 * GB),
            Mailbox("bob@example.org", "Bob Muster", 2 * GB),
        )

    def family(self, billing: str = "separate") -> None:
        """A team of two around anna@mailbox.org."""
        self.create(
            Team("family", "anna@mailbox.org", billing, "standard"),
            Member("ben@mailbox.org", "family", "Ben Beispiel", "standard"),
        )


def refused(outcome: Outcome, rule: str | None) -> Failed:
    """The outcome is a certain refusal by a rule, not to be tried again."""
    assert isinstance(outcome, Failed), outcome
    assert outcome.rule == rule
    assert outcome.certain
    assert not outcome.retryable
    return outcome


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds with a policy; closes them."""
    made: list[World] = []

    def make(**policy: object) -> World:
        policy.setdefault("accounts", (Seed("anna@mailbox.org", "Anna Beispiel", "standard", 1200),))
        world = World(tmp_path / f"sandbox{len(made)}.db", Policy(**policy))
        made.append(world)
        return world

    yield make
    for world in made:
        world.platform.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the default policy."""
    return make_world()


@pytest.fixture
def says() -> SimpleNamespace:
    """Assertions about outcomes."""
    return SimpleNamespace(refused=refused)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Callable[..., SandboxProvider]]:
    """Makes configured providers of one file, as a configuration would; closes them."""
    made: list[SandboxProvider] = []

    def make(**settings: object) -> SandboxProvider:
        block = SandboxSettings.model_validate({"path": "sandbox.db", **settings})
        made.append(SandboxProvider("groupware", block, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.platform.close()
