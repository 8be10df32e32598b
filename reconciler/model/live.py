"""Actual and applied: what a provider has, and what state remembers of the last run."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.kinds import Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Resource

Fact: TypeAlias = str | int | bool | None

_NO_FACTS: Mapping[str, Fact] = {}


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as a provider has it.

    Attributes:
        resource: Its fields.
        id: The provider's opaque id; looked up, kept in state, never asked of the user.
        ready: False while it is still being set up in the background (netcup/N1).
        facts: What is not configuration, for reports and guards. Known names: `number` (netcup/N2), `used`,
            `messages`, `contacts`, `events` (netcup/N13), `allocated`, `standing` (trial | active | suspended |
            deleted, mailbox-org/M6 and M10), `balance` (cents), `receives` (a domain whose MX answers).
    """

    resource: Resource
    id: str = ""
    ready: bool = True
    facts: Mapping[str, Fact] = field(default_factory=lambda: _NO_FACTS, compare=False)


@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as the last run left it.

    Attributes:
        resource: Its fields.
        provider: The configured provider that has it.
        id: The provider's opaque id.
        remember: What no provider can tell.
        changed_at: Of a record: when we last changed its values, in seconds since the epoch; 0 where we never did.
        stale_until: Of a record: until when others may go on answering with what stood there before our last change, in
            seconds since the epoch; 0 where nothing stood there.
        left: Configured providers that had it before and still have a copy of it.
    """

    resource: Resource
    provider: str
    id: str = ""
    remember: Remembered = NOTHING_REMEMBERED
    changed_at: int = 0
    stale_until: int = 0
    left: tuple[str, ...] = ()


class Inventory:
    """What all providers have, indexed by provider, kind and key. It is filled once, then only read."""

    __slots__ = ("_addresses", "_by")

    def __init__(self, lives: Iterable[tuple[str, Iterable[Live]]] = ()) -> None:
        """Index what each provider (by its configured name) was read to have."""
        self._by: dict[tuple[str, Kind], dict[str, Live]] = {}
        self._addresses: dict[str, dict[str, set[str]]] = {}
        for provider, group in lives:
            for live in group:
                self._by.setdefault((provider, live.resource.kind), {})[live.resource.key] = live

    def of(self, provider: str, kind: Kind) -> Mapping[str, Live]:
        """What one provider has of one kind, by key."""
        return self._by.get((provider, kind), {})

    def get(self, provider: str, kind: Kind, key: str) -> Live | None:
        """One resource, or None where the provider does not have it."""
        return self._by.get((provider, kind), {}).get(key)

    def addresses(self, provider: str, domain: str) -> frozenset[str]:
        """The addresses of a domain that one provider has as mailboxes or aliases; indexed when first asked for."""
        if provider not in self._addresses:
            by_domain: dict[str, set[str]] = {}
            for kind in (Kind.MAILBOX, Kind.ALIAS):
                for key in self.of(provider, kind):
                    by_domain.setdefault(domain_of(key), set()).add(key)
            self._addresses[provider] = by_domain
        return frozenset(self._addresses[provider].get(domain, ()))

    def groups(self) -> Iterator[tuple[str, Kind, Mapping[str, Live]]]:
        """Provider, kind and what is there of it, by key."""
        for (provider, kind), group in self._by.items():
            yield provider, kind, group

    def patched(self, changes: Mapping[tuple[str, Kind], Mapping[str, Live | None]]) -> "Inventory":
        """Return a copy in which the named resources are replaced, or gone where None stands for one."""
        copy = Inventory()
        copy._by = dict(self._by)
        for where, patch in changes.items():
            group = {**self._by.get(where, {}), **patch}
            copy._by[where] = {key: live for key, live in group.items() if live is not None}
        return copy

    def __iter__(self) -> Iterator[tuple[str, Live]]:
        for (provider, _), group in self._by.items():
            for live in group.values():
                yield provider, live

    def __len__(self) -> int:
        return sum(map(len, self._by.values()))


@dataclass(frozen=True, slots=True, repr=False)
class AppliedState:
    """Last applied, as planning sees it: values, and the two numbers that tell a stale plan.

    Attributes:
        lineage: Identity of this state since its first write; empty before it.
        serial: Raised by every run that writes.
        resources: By kind and key.
        acknowledged: Operator operations a person said are done, by operation id, with the note given.
    """

    lineage: str = ""
    serial: int = 0
    resources: Mapping[tuple[Kind, str], Applied] = field(default_factory=dict)
    acknowledged: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Say how much it is, not what."""
        return f"<AppliedState of {len(self.resources)} resources>"

    def get(self, kind: Kind, key: str) -> Applied | None:
        """One resource, or None where no run of ours has left it."""
        return self.resources.get((kind, key))
