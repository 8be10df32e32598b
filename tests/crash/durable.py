"""A durable world that loses power at one chosen moment: a platform with rules, and a place for state.

Every crossing between the program and what outlives it is a boundary: before a call, after each effect and before its
answer, before a journal line, in the middle of it, after it, between the snapshot and the end of the journal. The power
goes at the k-th boundary, and from then on at every one, so that nothing that runs on can still reach the world.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from reconciler.apply.context import ApplyContext, Patience
from reconciler.apply.execute import execute
from reconciler.apply.recover import recover, resolve_in_flight
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import AppliedState, Inventory, Live
from reconciler.plan.build import make_plan
from reconciler.plan.document import Change, Operation, Plan
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.writer import Done, Failed, Write
from reconciler.state import StateStore, snapshot
from reconciler.state.backend import Contents, Fence, Image, Standing
from reconciler.state.fold import Fold
from reconciler.state.lease import Timing
from tests.worlds import NETCUP, PROVIDER, World, inputs, perform


class Crash(BaseException):
    """The power is gone."""


class Power:
    """Goes at the k-th boundary; 0 lasts for ever."""

    def __init__(self) -> None:
        self.left = 0
        self.crossed = 0
        self.out = False

    def on(self, moment: int = 0) -> None:
        """Give power until the boundary at `moment`, counted from 1."""
        self.left, self.crossed, self.out = moment, 0, False

    def boundary(self) -> None:
        self.crossed += 1
        if self.out or self.crossed == self.left:
            self.out = True
            raise Crash

    @property
    def next_is_last(self) -> bool:
        return self.out or self.crossed + 1 == self.left


class DurableState:
    """A backend in memory: what is in it survives a crash."""

    where = "memory"
    keeps_rows = False

    def __init__(self, power: Power, applied: AppliedState) -> None:
        self._power = power
        fold = Fold()
        fold.lineage, fold.serial = applied.lineage, applied.serial
        fold.resources = dict(applied.resources)
        self.snapshot = snapshot.encode(fold)
        self.journal = b""
        self.folded: list[bytes] = []
        self.lock: bytes | None = None

    def read(self) -> Contents:
        return Contents(self.snapshot, self.journal)

    def read_lock(self) -> bytes | None:
        return self.lock

    def history(self) -> Iterator[bytes]:
        yield from self.folded

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        self._ask(fence)
        if self._power.next_is_last:
            self.journal = self.journal[:at] + data[: len(data) // 2]
        self._power.boundary()
        self.journal = self.journal[:at] + data
        self._power.boundary()

    def archive(self, at: int, fence: Fence) -> None:
        self._ask(fence)
        self._put_away(at)

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        self._ask(fence)
        self.snapshot = image.whole()
        self._power.boundary()
        self._put_away(at)

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        self._ask(fence)
        for number, folded in enumerate(self.folded):
            self.folded[number] = change(folded)
            self._power.boundary()

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        self._power.boundary()
        if self.lock != before:
            return False
        self.lock = after
        self._power.boundary()
        return True

    def close(self) -> None:
        pass

    def _ask(self, fence: Fence) -> None:
        self._power.boundary()
        fence(Standing(self.lock, snapshot.identity(self.snapshot)))

    def _put_away(self, at: int) -> None:
        """Cut the torn end off, and let the rest become history in one step."""
        self.folded += [self.journal[:at]] if at else []
        self.journal = b""
        self._power.boundary()


@dataclass
class Platform:
    """A platform that follows the rules, told by the oracle of `tests.worlds`, and writes down what it was asked."""

    world: World
    power: Power
    capabilities: Capabilities
    refused: list[str] = field(default_factory=list)
    created: list[tuple[Kind, str]] = field(default_factory=list)
    deleted: list[tuple[Kind, str]] = field(default_factory=list)
    touched: set[tuple[Kind, str]] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)

    def live(self, kind: Kind, key: str) -> Live | None:
        thing = self.world.things.get((kind, key))
        return None if thing is None else Live(thing, f"#{key}")

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        self.power.boundary()
        await asyncio.sleep(0)
        return {key: live for key in keys if (live := self.live(kind, key)) is not None}

    async def write(self, batch: Sequence[Write]):
        self.power.boundary()
        await asyncio.sleep(0)
        outcomes = []
        for write in batch:
            outcomes.append(self._one(write))
            self.power.boundary()
        return outcomes

    def _one(self, write: Write):
        fields = {} if write.after is None else write.after.fields()
        changes = {name: Change(None, value) for name, value in fields.items()}
        asked = Operation("x", write.action, write.kind, write.key, PROVIDER, fields=changes)
        after = World(dict(self.world.things))
        broken = perform(after, asked)
        if broken:
            self.refused += broken
            return Failed("; ".join(broken))
        self.world = after
        self.touched.add((write.kind, write.key))
        if write.action is not Action.UPDATE:
            (self.created if write.action is Action.CREATE else self.deleted).append((write.kind, write.key))
        if write.password is not None:
            self.passwords.add(write.key)
        return Done(f"#{write.key}")


class Theatre:
    """One story: a wanted world, an actual one, what was applied; runs, crashes, and what is left."""

    def __init__(self, wanted: World, actual: World, applied: World, *, concurrency: int = 1, batch: int = 1) -> None:
        self.power = Power()
        self.wanted = wanted
        able = replace(NETCUP, concurrency=concurrency, batch=batch)
        self.platform = Platform(World(dict(actual.things)), self.power, able)
        self.state = DurableState(self.power, applied.applied())
        self.now = 0.0
        self.foreign = {place for place in actual.things if place not in wanted.things and place not in applied.things}

    @property
    def store(self) -> StateStore:
        return StateStore(self.state, Timing(lambda: self.now, lambda _: None, 3600.0))

    def inventory(self) -> Inventory:
        return self.platform.world.inventory()

    def plan(self, applied: AppliedState) -> Plan:
        given = inputs(self.wanted, self.platform.world, able=self.platform.capabilities)
        return make_plan(replace(given, applied=applied))

    def preview(self) -> Plan:
        """What `plan` shows: it reads, resolves what is in flight, and writes nothing."""
        return self.plan(resolve_in_flight(self.store.load(), self.inventory()))

    def run(self, moment: int = 0):
        """Apply as the command does: lock, recover, plan, execute. Returns the result, or None where power went."""
        self.now += 10_000  # a dead owner's lease has ended
        self.power.on(moment)
        try:
            with _environment(), self.store.acquire("apply") as session:
                return asyncio.run(self._apply(session))
        except Crash:
            return None
        finally:
            self.power.on()

    async def _apply(self, session):
        # tasks that run on after the crash meet it as well, and nobody is left to be told
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        await recover(session, {PROVIDER: self.platform})
        plan = self.plan(session.applied)
        declarations = inputs(self.wanted, self.platform.world).desired.declarations
        context = ApplyContext(
            {PROVIDER: self.platform}, {PROVIDER: self.platform}, {PROVIDER: self.platform.capabilities}, session,
            lambda kind, key: declarations[kind].get(key), patience=Patience(sleep=_no_time),
        )  # fmt: skip
        return await execute(plan, context)


async def _no_time(_: float) -> None:
    await asyncio.sleep(0)


@contextmanager
def _environment():
    before = os.environ.get("PASSWORD")
    os.environ["PASSWORD"] = "s3cret"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PASSWORD"]
        else:
            os.environ["PASSWORD"] = before
