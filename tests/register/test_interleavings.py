"""Laws of a state by head and parts: whoever comes in between and wherever a run dies, no answered commit is lost."""

import contextlib
from dataclasses import dataclass, field
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem, problem
from reconciler.state.backend import Standing
from reconciler.state.places.register import RegisterState, parts
from tests.register.images import Picture
from tests.register.memory import Crash, Fault, MemoryRegister, Place

_ACTIONS = ("commit", *["long commit"] * 5, "fold", "heartbeat", "take over", "read", "die", "sweep")
#: A fault for a call, and what another does just before it; most calls have neither.
_STEPS = st.lists(
    st.tuples(
        st.sampled_from([Fault.NONE] * 8 + [Fault.LOST] * 2 + list(Fault)),
        st.sampled_from([None] * 6 + ["commit", "fold", "take over", "read"]),
    ),
    max_size=40,
)  # fmt: skip
_RUNS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(_ACTIONS)), min_size=4, max_size=25)


def lines_of(data: bytes) -> list[int]:
    return [int(line.split()[0]) for line in data.splitlines()]


@dataclass
class World:
    """A place, two runs that write to it, and what they were told."""

    steps: list[tuple[Fault, str | None]]
    place: Place = field(default_factory=Place)
    answered: list[int] = field(default_factory=list)
    written: int = 0
    seen: list[tuple[int, list[int]]] = field(default_factory=list)
    depth: int = 0
    troubles: set[str] = field(default_factory=set)
    runs: list["Run"] = field(default_factory=list)

    def step(self, owner: "Run") -> Fault:
        """Let another in before a call, once; then say what becomes of the call."""
        if not self.steps or self.depth > 1:
            return Fault.NONE
        fault, other = self.steps.pop()
        if other is not None and self.depth == 1:
            next(run for run in self.runs if run is not owner).act(other)
        return fault

    def observed(self) -> tuple[int, list[int]]:
        """What a reader finds: how many lines the snapshot has, and those of the journal."""
        contents = RegisterState(MemoryRegister(self.place), pauses=()).read()
        folded = 0 if contents.snapshot is None else int(contents.snapshot.split(b"\n")[0])
        return folded, lines_of(contents.journal)


class Run:
    """A run with a lock of its own, which takes over whenever it has none."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.beats = 0
        self.start()

    def start(self) -> None:
        register = MemoryRegister(self.world.place, lambda _: self.world.step(self))
        self.state = RegisterState(register, pauses=(0.0, 0.0), sleep=lambda _: None)
        self.lock: bytes | None = None

    def fence(self, standing: Standing) -> None:
        if standing.lock is None or standing.lock != self.lock:
            raise Problem(problem("state-lock-lost", "lost"))

    def act(self, what: str) -> None:
        self.world.depth += 1
        try:
            getattr(self, what.replace(" ", "_"))()
        except Crash:
            self.start()
        except Problem as trouble:
            # whatever happens, nobody finds a state that is damaged
            self.world.troubles.add(trouble.diagnostics[0].id)
            self.lock = None
        finally:
            self.world.depth -= 1

    def take_over(self) -> None:
        self.beats += 1
        mine = f"{self.name} {self.beats}".encode()
        self.lock = None
        if self.state.write_lock(self.state.read_lock(), mine):
            self.lock = mine
            contents = self.state.read()
            self.at = len(contents.journal)
            self.folded = 0 if contents.snapshot is None else int(contents.snapshot.split(b"\n")[0])
            self.folded += contents.journal.count(b"\n")

    def heartbeat(self) -> None:
        if self.lock is not None:
            self.beats += 1
            after = f"{self.name} {self.beats}".encode()
            self.lock = after if self.state.write_lock(self.lock, after) else None

    def commit(self, filler: int = 20) -> None:
        if self.lock is None:
            self.take_over()
        if self.lock is None:
            return
        number = self.world.written = self.world.written + 1
        data = b"%d %b\n" % (number, b"x" * filler)
        self.state.append(data, self.at, self.fence)
        self.at += len(data)
        self.folded += 1
        self.world.answered.append(number)

    def long_commit(self) -> None:
        self.commit(300)

    def fold(self) -> None:
        if self.lock is None:
            self.take_over()
        if self.lock is not None:
            rows = (b"y" * (250 if self.folded % 2 else 5),)
            self.state.replace(Picture(b"%d\n" % self.folded, rows), self.at, self.fence)
            self.at = 0

    def read(self) -> None:
        contents = self.state.read()
        folded = 0 if contents.snapshot is None else int(contents.snapshot.split(b"\n")[0])
        self.world.seen.append((folded, lines_of(contents.journal)))

    def sweep(self) -> None:
        if self.lock is not None:
            self.state.sweep(self.fence)

    def die(self) -> None:
        raise Crash


def subsequence(few: list[int], many: list[int]) -> bool:
    rest = iter(many)
    return all(each in rest for each in few)


@settings(max_examples=300)
@given(_RUNS, _STEPS)
def test_two_runs_and_a_reader_with_faults_and_crashes(actions, steps):
    """Every answered commit stands exactly once and in order, and each read shows one moment of that line."""
    with mock.patch.multiple(parts, SMALL=200, INLINE=200, FULL=1500):
        world = World(steps)
        world.runs = [Run(world, "a"), Run(world, "b")]
        for number, action in actions:
            world.runs[number].act(action)
            world.seen.append(world.observed())
        state = RegisterState(MemoryRegister(world.place), pauses=())
        past = [lines_of(each) for each in state.history()]
        folded, journal = world.observed()
    assert world.troubles <= {"state-lock-lost", "state-unsettled"}, "somebody found a state that is damaged"
    line = [number for each in past for number in each] + journal
    assert len(set(line)) == len(line), "a commit stands twice"
    assert subsequence(world.answered, line), "an answered commit is lost"
    assert sum(map(len, past)) == folded, "the snapshot has other runs than the history"
    for before, found in world.seen:
        assert line[before : before + len(found)] == found, "a read mixed two moments"


@settings(max_examples=150)
@given(_RUNS, _STEPS)
def test_what_a_crash_leaves_is_swept(actions, steps):
    """After a sweep under lock nothing stands that the head does not reach, and all that it reaches can be read."""
    with mock.patch.multiple(parts, SMALL=200, INLINE=200, FULL=1500), contextlib.suppress(Crash):
        world = World(steps)
        world.runs = [Run(world, "a"), Run(world, "b")]
        for number, action in actions:
            world.runs[number].act(action)
        world.steps.clear()
        last = Run(world, "last")
        last.take_over()
        before = world.observed()
        past = list(last.state.history())
        last.sweep()
        assert last.state.orphans() == frozenset()
        assert world.observed() == before
        assert list(last.state.history()) == past
