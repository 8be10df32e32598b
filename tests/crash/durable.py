"""A durable world that loses power at one chosen moment: a platform with rules, and a place for state.

Every crossing between the program and what outlives it is a boundary: before a call, after each effect and before its
answer, before a journal line, in the middle of it, after it, between the snapshot and the end of the journal. The power
goes at the k-th boundary, and from then on at every one, so that nothing that runs on can still reach the world.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from reconciler.apply.context import ApplyContext, Patience
from reconciler.apply.execute import execute
from reconciler.apply.recover import Recovered, recover, resolve_in_flight
from reconciler.apply.result import RunResult
from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import AppliedState, Inventory, Live
from reconciler.plan.build import make_plan
from reconciler.plan.document import Change, Operation, Plan
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.writer import Done, Failed, Write
from reconciler.state import Loaded, StateSession, StateStore, kept, snapshot
from reconciler.state.backend import Contents, Fence, Image, Mark, StateWriter
from reconciler.state.fold import Fold
from reconciler.state.history import Run
from reconciler.state.kept import Homecoming, Kept
from reconciler.state.lease import Timing
from tests.backends.memory import Steps, nothing
from tests.backends.places import PATIENT, InMemory, Place
from tests.servers.proxy import Fault
from tests.worlds import NETCUP, PROVIDER, World, inputs, perform

T = TypeVar("T")


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

    def go(self) -> None:
        """Be gone from now on."""
        self.out = True

    def check(self) -> None:
        """Raise Crash where the power is gone."""
        if self.out:
            raise Crash

    @property
    def next_is_last(self) -> bool:
        return self.out or self.crossed + 1 == self.left


class Boundaries(Steps):
    """Steps of a place in memory, each between two boundaries; what can be half done has one in its middle."""

    def __init__(self, power: Power) -> None:
        super().__init__(Crash)
        self._power = power

    def take(self, act: Callable[[], object], half: Callable[[], object] | None = None) -> None:
        if act is nothing:
            return
        self._power.boundary()
        if half is not None:
            if self._power.next_is_last:
                half()
            self._power.boundary()
        super().take(act, half)
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


class Mortal:
    """A client of a place in a process that loses power: what it was about to say is never heard."""

    def __init__(self, power: Power, client: StateWriter) -> None:
        self._power, self._client = power, client
        self.where, self.keeps_rows = client.where, client.keeps_rows

    def read(self) -> Contents:
        return self._alive(self._client.read)

    def mark(self) -> Mark:
        return self._alive(self._client.mark)

    def read_lock(self) -> bytes | None:
        return self._alive(self._client.read_lock)

    def history(self) -> Iterator[bytes]:
        return iter(self._alive(lambda: list(self._client.history())))

    def append(self, data: bytes, at: int, fence: Fence) -> None:
        self._alive(lambda: self._client.append(data, at, fence))

    def archive(self, at: int, fence: Fence) -> None:
        self._alive(lambda: self._client.archive(at, fence))

    def replace(self, image: Image, at: int, fence: Fence) -> None:
        self._alive(lambda: self._client.replace(image, at, fence))

    def rewrite_history(self, change: Callable[[bytes], bytes], fence: Fence) -> None:
        self._alive(lambda: self._client.rewrite_history(change, fence))

    def write_lock(self, before: bytes | None, after: bytes | None) -> bool:
        return self._alive(lambda: self._client.write_lock(before, after))

    def close(self) -> None:
        """Close sockets and files: the system does so for a process that is no more."""
        self._client.close()

    def _alive(self, call: Callable[[], T]) -> T:
        self._power.check()
        try:
            return call()
        finally:
            self._power.check()


class Theatre:
    """One story: a wanted world, an actual one, what was applied; runs, crashes, and what is left.

    Attributes:
        power: Gone at a boundary of the platform, or where a fault of the place takes it away.
        homecomings: What became of the outcomes that earlier runs had kept.
        promised: What the last run found kept outcomes of.
        recovered: What was found out by reading the platform.
        trouble: The problem that ended a run, if one did.
    """

    def __init__(
        self, wanted: World, actual: World, applied: World, place: Place | None = None,
        *, concurrency: int = 1, batch: int = 1, folder: Path | None = None,
    ) -> None:  # fmt: skip
        self.power = Power()
        self.wanted = wanted
        able = replace(NETCUP, concurrency=concurrency, batch=batch)
        self.platform = Platform(World(dict(actual.things)), self.power, able)
        self.place = place or InMemory(Boundaries(self.power))
        self.now = 0.0
        self.foreign = {place for place in actual.things if place not in wanted.things and place not in applied.things}
        self.homecomings: list[Homecoming] = []
        self.promised: set[tuple[str, Kind, str]] = set()
        self.recovered: list[Recovered] = []
        self.trouble: Problem | None = None
        self.steps = self.struck = self.crossed = 0
        self._readers: list[StateWriter] = []
        self._folders = () if folder is None else (folder,)
        if applied.things:
            self._seed(applied.applied())

    def _seed(self, applied: AppliedState) -> None:
        fold = Fold()
        fold.lineage, fold.serial = applied.lineage, applied.serial
        fold.resources = dict(applied.resources)
        client = self.place.open()
        client.replace(snapshot.Snapshot(fold), 0, lambda _: None)
        client.close()

    def store(self, client: StateWriter) -> StateStore:
        return StateStore(client, Timing(lambda: self.now, lambda _: None, 3600.0), folders=self._folders)

    def _reader(self) -> StateWriter:
        if not self._readers:
            self._readers.append(self.place.open())
        return self._readers[0]

    def close(self) -> None:
        """Give back what looking at state holds open."""
        while self._readers:
            self._readers.pop().close()

    def load(self) -> Loaded:
        """What another reads, who has a way to the place that works."""
        return self.store(self._reader()).load()

    def history(self) -> list[Run]:
        """Every run that wrote, oldest first."""
        return list(self.store(self._reader()).history())

    def kept(self) -> list[Kept]:
        return kept.find(self._folders, None)

    def inventory(self) -> Inventory:
        return self.platform.world.inventory()

    def plan(self, applied: AppliedState) -> Plan:
        given = inputs(self.wanted, self.platform.world, able=self.platform.capabilities)
        return make_plan(replace(given, applied=applied))

    def preview(self) -> Plan:
        """What `plan` shows: it reads, resolves what is in flight, and writes nothing."""
        return self.plan(resolve_in_flight(self.load(), self.inventory(), 0.0))

    def run(self, fault: Fault | None = None, *, moment: int = 0, timeout: float = PATIENT) -> RunResult | None:
        """Apply as the command does: lock, bring home, recover, plan, execute.

        Returns:
            The result; None where power went, or where a problem ended the run, which `trouble` then is.
        """
        self.now += 10_000  # a dead owner's lease has ended
        self.power.on(moment)
        self.trouble = None
        with self.place.running(), closing(self.place.open(timeout)) as client:
            self.place.arm(fault)
            try:
                with _environment(), self.store(Mortal(self.power, client)).acquire("apply") as session:
                    return asyncio.run(self._apply(session))
            except Crash:
                return None
            except Problem as problem:
                self.trouble = problem
                return None
            finally:
                self.steps, self.struck = self.place.steps, self.place.struck
                self.crossed = self.power.crossed
                self.power.on()
                self.place.arm(None)

    async def _apply(self, session: StateSession) -> RunResult:
        # tasks that run on after the crash meet it as well, and nobody is left to be told
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        waiting = self.kept()
        self.promised = {end.place for each in waiting for end in each.ends}
        self.homecomings += kept.bring_home(session, waiting)
        self.recovered = list(await recover(session, {PROVIDER: self.platform}))
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
