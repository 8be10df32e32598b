"""An imaginary provider, time that passes when it is slept, and the few lines that put a run together."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.apply.context import ApplyContext, Patience, Silence
from reconciler.apply.execute import execute
from reconciler.model.desired import StateBlock
from reconciler.model.fingerprint import ABSENT, fingerprint
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Alias, Mailbox, Resource
from reconciler.plan.document import Change, Dependency, Operation, Plan, operation_id
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.writer import Done, Failed, Write
from reconciler.state import StateStore, open_state

NAME = "g"


class Time:
    """A clock that moves by what is slept, and remembers it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Platform:
    """Holds things by kind and key. A script of answers per key makes it misbehave.

    Attributes:
        script: For a key, answers to its next writes: an outcome, or a function of the write that returns one.
        written: Every write that reached it, in order.
        during: Called with each batch before it takes effect.
    """

    def __init__(self, *resources: Resource, **able) -> None:
        self.capabilities = replace(Capabilities(kinds=frozenset(Kind), concurrency=4), **able)
        self.things = {(each.kind, each.key): Live(each, f"id-{each.key}") for each in resources}
        self.script: dict[str, list] = {}
        self.written: list[Write] = []
        self.batches: list[int] = []
        self.reads: list[tuple[Kind, tuple[str, ...]]] = []
        self.during: Callable[[Sequence[Write]], None] = lambda _: None
        self.reading: Callable[[dict[str, Live]], dict[str, Live]] = lambda found: found
        self.flying = self.peak = 0

    @property
    def actions(self) -> list[str]:
        return [f"{write.action} {write.key}" for write in self.written]

    async def look_up(self, kind: Kind, keys: Sequence[str]):
        self.reads.append((kind, tuple(keys)))
        await asyncio.sleep(0)
        return self.reading({key: self.things[kind, key] for key in keys if (kind, key) in self.things})

    async def write(self, batch: Sequence[Write]):
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        self.batches.append(len(batch))
        try:
            self.during(batch)
            await asyncio.sleep(0)
            return [self._one(write) for write in batch]
        finally:
            self.flying -= 1

    def _one(self, write: Write):
        self.written.append(write)
        answers = self.script.get(write.key)
        answer = answers.pop(0) if answers else None
        if answer is not None:
            return answer(write) if callable(answer) else answer
        return self.effect(write)

    def effect(self, write: Write):
        """Do what is asked, as a good provider does."""
        place = write.kind, write.key
        if write.action is Action.DELETE:
            return Done() if self.things.pop(place, None) else Failed("it is not there")
        if write.action is Action.CREATE and place in self.things:
            return Failed("it exists already")
        assert write.after is not None
        self.things[place] = Live(write.after, f"id-{write.key}")
        return Done(f"id-{write.key}")

    def and_then(self, outcome):
        """An answer that comes after the effect."""

        def answer(write: Write):
            self.effect(write)
            return outcome

        return answer


LOST = Failed("the connection was lost", certain=False)
BUSY = Failed("busy", retryable=True)


def mailbox(name: str, quota: int = 1) -> Mailbox:
    return Mailbox(f"{name}@example.org", name.title(), quota)


def alias(name: str, to: str) -> Alias:
    return Alias(f"{name}@example.org", (f"{to}@example.org",))


def _after(operations: Sequence[Operation]) -> tuple[Dependency, ...]:
    return tuple(Dependency(each.id, "netcup/N12", "a reason") for each in operations)


def create(resource: Resource, *after: Operation, remember: dict | None = None) -> Operation:
    fields = {name: Change(None, value) for name, value in resource.fields().items()}
    fields.update({name: Change(None, value) for name, value in (remember or {}).items()})
    return operation(Action.CREATE, resource, *after, fields=fields, precondition=ABSENT)


def delete(resource: Resource, *after: Operation) -> Operation:
    fields = {name: Change(value, None) for name, value in resource.fields().items()}
    return operation(Action.DELETE, resource, *after, fields=fields)


def update(before: Resource, after: Resource, *needs: Operation, remember: dict | None = None) -> Operation:
    old, new = before.fields(), after.fields()
    fields = {name: Change(old[name], new[name]) for name in new if old[name] != new[name]}
    fields.update({name: Change(*values) for name, values in (remember or {}).items()})
    return operation(Action.UPDATE, before, *needs, fields=fields)


def operation(action: Action, resource: Resource, *after: Operation, **rest) -> Operation:
    rest.setdefault("precondition", fingerprint(resource))
    kind, key = resource.kind, resource.key
    return Operation(operation_id(action, kind, key), action, kind, key, NAME, _after(after), **rest)


def plan_of(*operations: Operation) -> Plan:
    return Plan("sha256:config", "", 0, operations)


class Notes(Silence):
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.delays: list[float] = []

    def started(self, operation):
        self.told.append(("started", operation.id))

    def finished(self, operation):
        self.told.append(("finished", operation.id))

    def waiting(self, operation, why):
        self.told.append(("waiting", operation.id))

    def retrying(self, operation, attempt, delay, message):
        self.told.append(("retrying", operation.id))
        self.delays.append(delay)


@dataclass
class Stage:
    """A folder with state, a platform, and time."""

    folder: Path
    platform: Platform = field(default_factory=Platform)
    time: Time = field(default_factory=Time)
    notes: Notes = field(default_factory=Notes)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    declarations: dict = field(default_factory=dict)
    patience: dict = field(default_factory=dict)
    fsyncs: int = 0
    written: int = 0

    @property
    def store(self) -> StateStore:
        return open_state(StateBlock("local", "mail.json", self.folder))

    @property
    def applied(self):
        return self.store.load().applied

    def run(self, *operations: Operation):
        """Carry out operations; return the result."""

        async def main(session):
            patience = Patience(clock=self.time.clock, sleep=self.time.sleep, chance=lambda: 1.0, **self.patience)
            context = ApplyContext(
                {NAME: self.platform}, {NAME: self.platform}, {NAME: self.platform.capabilities}, session,
                lambda kind, key: self.declarations.get((kind, key)), self.notes, patience, self.stop,
            )  # fmt: skip
            return await execute(plan_of(*operations), context)

        with self.store.acquire("apply") as session:
            try:
                return asyncio.run(main(session))
            finally:
                self.fsyncs, self.written = session.fsyncs, session.written
