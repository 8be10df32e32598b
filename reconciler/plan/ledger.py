"""The storage ledger: what is given out of each instance's booked storage, step by step (netcup/N10)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Inventory
from reconciler.model.names import domain_of
from reconciler.model.resources import Domain, FieldValue, Instance, Mailbox
from reconciler.plan.document import LedgerLine, Operation
from reconciler.plan.inputs import PlanInputs


@dataclass(frozen=True, slots=True)
class Move:
    """What one operation does to an instance's storage, in bytes: more given out, more booked; negative for less."""

    instance: str
    given: int = 0
    booked: int = 0

    @property
    def frees(self) -> bool:
        """Whether it leaves more room than before."""
        return self.gives > 0

    @property
    def takes(self) -> int:
        """Bytes of room it needs."""
        return max(self.given, 0) + max(-self.booked, 0)

    @property
    def gives(self) -> int:
        """Bytes of room it makes."""
        return max(-self.given, 0) + max(self.booked, 0)


@dataclass(slots=True)
class Account:
    """One instance's storage while a plan is laid out, in bytes.

    Attributes:
        sure: Room that is there in every order the edges allow: what was free at the start and what was freed before
            `gate`, less all that was taken so far.
        gate: The last taker that waits for those that freed; takers after it that fit into `sure` wait for it alone.
        freed_by: The operations that freed since then, and `freed` how much.
    """

    booked: int
    given: int
    start: int
    peak: int
    sure: int
    gate: int | None = None
    freed: int = 0
    freed_by: list[int] = field(default_factory=list)

    def line(self, instance: str) -> LedgerLine:
        """The account as the plan shows it."""
        return LedgerLine(instance, self.booked, self.start, self.peak, self.given)


class Ledger:
    """All accounts, and the move of each operation that has one; `fits` asks, `book` enters."""

    def __init__(self, accounts: Mapping[str, tuple[int, int]], moves: Mapping[int, Move]) -> None:
        """Take booked and given-out bytes by instance, and moves by operation position."""
        self.moves = moves
        self._accounts = {
            instance: Account(booked, given, given, given, booked - given)
            for instance, (booked, given) in sorted(accounts.items())
        }
        wanted: Counter[str] = Counter()
        for move in moves.values():
            wanted[move.instance] += move.takes
        self._scarce = any(account.sure < wanted[instance] for instance, account in self._accounts.items())

    @property
    def scarce(self) -> bool:
        """Whether some instance could run short in some order; where all have plenty, nobody needs to ask."""
        return self._scarce

    def obstacle(self, positions: Iterable[int]) -> str | None:
        """The instance that lacks room for some operations done in turn, or None if all of them fit."""
        ahead: dict[str, tuple[int, int]] = {}
        for position in positions:
            move = self.moves.get(position)
            if move is None or move.instance not in self._accounts:
                continue
            account = self._accounts[move.instance]
            booked, given = ahead.get(move.instance, (account.booked, account.given))
            booked, given = booked + move.booked, given + move.given
            if move.takes and given > booked:
                return move.instance
            ahead[move.instance] = (booked, given)
        return None

    def book(self, position: int) -> tuple[int, ...]:
        """Enter an operation; return the operations that must have freed storage before it may run.

        A taker that would not fit into what is surely there waits for all that freed since the last such taker, and for
        that one; those that fit wait for it alone. So every order that keeps these edges stays within what is booked,
        not only this one, and takers run side by side.
        """
        move = self.moves.get(position)
        if move is None or move.instance not in self._accounts:
            return ()
        account = self._accounts[move.instance]
        account.booked += move.booked
        account.given += move.given
        account.peak = max(account.peak, account.given)
        if not move.takes:
            account.freed += move.gives
            account.freed_by.append(position)
            return ()
        account.sure -= move.takes
        gate = () if account.gate is None else (account.gate,)
        if account.sure >= 0:
            return gate
        waits = (*account.freed_by, *gate)
        account.sure += account.freed
        account.gate, account.freed, account.freed_by = position, 0, []
        return waits

    def lines(self) -> tuple[LedgerLine, ...]:
        """Every account, by instance."""
        return tuple(account.line(instance) for instance, account in self._accounts.items())

    def room(self, instance: str) -> int:
        """Bytes of an instance not given out now."""
        account = self._accounts[instance]
        return account.booked - account.given


def open_ledger(inputs: PlanInputs, operations: Sequence[Operation]) -> Ledger:
    """Read the accounts as they stand, and what each operation moves.

    An instance of which nobody has booked storage, and this plan does not either, has no account: it has no limit.
    """
    limited = [name for name, able in inputs.capabilities.items() if able.storage_limited]
    accounts: dict[str, tuple[int | None, int]] = {}
    for provider in limited:
        accounts.update(_accounts(inputs.actual, provider))
    for label, declaration in inputs.desired.of(Kind.INSTANCE).items():
        if declaration.provider in limited and label not in accounts:
            # All that goes into a new instance waits for it anyway, so its storage counts as there.
            accounts[label] = (_bytes(declaration.resource.fields()["storage"]), 0)
    homes: dict[tuple[str, str, bool], str | None] = {}
    moves = {
        position: move
        for position, operation in enumerate(operations)
        if operation.provider in limited and (move := _move(inputs, homes, operation)) is not None
    }
    kept = set(inputs.desired.of(Kind.INSTANCE)) | {move.instance for move in moves.values()}
    kept -= {label for label, (booked, _) in accounts.items() if booked is None}
    kept |= {move.instance for move in moves.values() if move.booked}
    return Ledger({label: (booked or 0, given) for label, (booked, given) in accounts.items() if label in kept}, moves)


def _accounts(actual: Inventory, provider: str) -> dict[str, tuple[int | None, int]]:
    """What is booked and given out, by instance."""
    given: dict[str, int] = {}
    home = {name: _instance(live.resource) for name, live in actual.of(provider, Kind.DOMAIN).items()}
    for address, live in actual.of(provider, Kind.MAILBOX).items():
        instance = home.get(domain_of(address))
        if instance is not None and isinstance(live.resource, Mailbox):
            given[instance] = given.get(instance, 0) + (live.resource.quota or 0)
    booked = {
        label: live.resource.storage
        for label, live in actual.of(provider, Kind.INSTANCE).items()
        if isinstance(live.resource, Instance)
    }
    return {label: (storage, given.get(label, 0)) for label, storage in booked.items()}


def _instance(resource: object) -> str | None:
    return resource.instance if isinstance(resource, Domain) else None


def _move(inputs: PlanInputs, homes: dict[tuple[str, str, bool], str | None], operation: Operation) -> Move | None:
    if operation.kind is Kind.MAILBOX and "quota" in operation.fields:
        change = operation.fields["quota"]
        place = operation.provider, domain_of(operation.key), operation.action is not Action.DELETE
        if place not in homes:
            homes[place] = _instance_of(inputs, *place)
        instance = homes[place]
        return Move(instance, given=_bytes(change.after) - _bytes(change.before)) if instance else None
    if operation.kind is Kind.INSTANCE and operation.action is Action.UPDATE and "storage" in operation.fields:
        change = operation.fields["storage"]
        return Move(operation.key, booked=_bytes(change.after) - _bytes(change.before))
    return None


def _instance_of(inputs: PlanInputs, provider: str, domain: str, after: bool) -> str | None:
    declared = inputs.desired.of(Kind.DOMAIN).get(domain)
    live = inputs.actual.get(provider, Kind.DOMAIN, domain)
    for side in (declared, live) if after else (live, declared):
        if side is not None and (instance := _instance(side.resource)) is not None:
            return instance
    return None


def _bytes(value: FieldValue) -> int:
    return value if isinstance(value, int) else 0
