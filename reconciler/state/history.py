"""History: what every run did, from the journals that were folded and the one that was not yet."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.model.resources import FieldValue
from reconciler.state import journal, problems
from reconciler.state.cipher import Cipher
from reconciler.state.codec import Data
from reconciler.state.values import RunHeader

Fields = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of one run.

    Attributes:
        action: create, update, delete, adopt, forget or operator.
        kind: Of what.
        key: Which.
        provider: The configured provider's name.
        before: The values it did away with.
        after: The values it left: every field of what it created or adopted, the changed ones of an update.
        done: None where the run ended before its outcome was known.
        message: Why it failed, or what a later run found.
        at: Seconds since the epoch at which it was recorded.
        password: Whether it set a password.
        password_version: Which one, where it is numbered.
        found: Where `done` is None, what a later run found out.
    """

    action: str
    kind: str
    key: str
    provider: str
    before: Fields
    after: Fields
    done: bool | None
    message: str
    at: float
    password: bool = False
    password_version: int | None = None
    found: "Found | None" = None

    @property
    def outcome(self) -> str:
        """How it ended: `done`, `failed`, or `unknown`."""
        return "unknown" if self.done is None else "done" if self.done else "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """What a later run found out of a write whose end its own run did not record.

    Attributes:
        serial: Of the later run.
        done: Whether the write had taken effect.
        message: What it found, as recorded.
    """

    serial: int
    done: bool
    message: str


@dataclass(slots=True)
class Run:
    """One run.

    Attributes:
        header: Who, when, with which command.
        plan: Digest of the plan it carried out, empty where there was none.
        steps: What it did, in the order it was recorded; what was in flight at its end comes last. Of many, the wanted.
        counts: How many steps there were, by action and outcome, wanted or not.
        acknowledged: Operator operations a person said are done, with the note.
    """

    header: RunHeader
    plan: str = ""
    steps: list[Step] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    acknowledged: dict[str, str] = field(default_factory=dict)


#: Told a run's header, and an entry that ends or began a step: whether the step is to be kept in memory.
Wanted = Callable[[RunHeader, Data], bool]


def every(_header: RunHeader, _entry: Data) -> bool:
    """Want each step."""
    return True


def runs(parts: Iterable[bytes], where: str, cipher: Cipher, wanted: Wanted = every) -> Iterator[Run]:
    """Yield every run, oldest first; one that left writes in flight is completed where a later one found out.

    A crash can leave a run in two journals: it is told once. Two runs of one serial are both told: a state that was
    lost, or put back from a backup, goes on with serials that there were before.

    Args:
        parts: Journals, oldest first.
        where: The place, for messages.
        cipher: Opens what is sealed.
        wanted: Which steps are kept; all are counted.

    Raises:
        Problem: If a journal is damaged.
    """
    current: _Reading | None = None
    open_: _Open = {}
    seen: set[tuple[str, int, str]] = set()
    for part in parts:
        bodies, _ = journal.lines(part, where)
        skipping = False
        for number, entry in journal.entries(bodies, where, cipher):
            try:
                if "run" in entry:
                    header = journal.read_run(entry, where)
                    skipping = (header.lineage, header.serial, header.run) in seen
                    if not skipping:
                        if current is not None:
                            yield current.close()
                        current = _Reading(header, wanted, open_)
                        seen.add((header.lineage, header.serial, header.run))
                elif not skipping and current is not None:
                    current.add(entry)
            except (KeyError, TypeError, ValueError) as error:
                raise problems.journal_damaged(where, number, f"an entry has no meaning ({error!r})") from None
    if current is not None:
        yield current.close()


#: Steps whose end is not known: the run, the step's place in it, None if it is not wanted, and the entry that began it.
_Open: TypeAlias = dict[tuple[str, str, str], tuple[Run, int | None, Data]]


class _Reading:
    """A run that is being read: entries of one commit come before the time at which it was made."""

    def __init__(self, header: RunHeader, wanted: Wanted, open_: _Open) -> None:
        self._run = Run(header, header.plan)
        self._wanted = wanted
        self._open = open_
        self._begun: dict[tuple[str, str, str], Data] = {}
        self._untimed: list[tuple[Data, Data | None]] = []

    def add(self, entry: Data) -> None:
        if "begin" in entry:
            self._begun[_place(entry)] = entry
        elif "end" in entry:
            begun = self._begun.pop(_place(entry), None)
            if begun is None:
                begun = self._find_out(entry)
            self._run.counts[entry["end"], "done" if entry["done"] else "failed"] += 1
            if self._wanted(self._run.header, entry):
                self._untimed.append((entry, begun))
        elif "ack" in entry:
            self._run.acknowledged[entry["ack"]] = entry["note"]
        elif "plan" in entry:
            self._run.plan = entry["plan"]
        elif "t" in entry:
            self._stamp(self._run.header.at + entry["t"])

    def close(self) -> Run:
        self._stamp(self._run.header.at)
        for place, begun in self._begun.items():
            self._run.counts[begun["begin"], "unknown"] += 1
            wanted = self._wanted(self._run.header, begun)
            self._open[place] = self._run, len(self._run.steps) if wanted else None, begun
            if wanted:
                self._run.steps.append(_step(begun["begin"], begun, begun, None, self._run.header.at))
        return self._run

    def _find_out(self, end: Data) -> Data | None:
        """Tell the run that left a write in flight what became of it; return what it had written down of it."""
        left = self._open.pop(_place(end), None)
        if left is None:
            return None
        run, number, begun = left
        if number is not None:
            found = Found(self._run.header.serial, end["done"], end.get("message", ""))
            run.steps[number] = replace(run.steps[number], found=found)
        return begun

    def _stamp(self, at: float) -> None:
        for end, begun in self._untimed:
            self._run.steps.append(_step(end["end"], end, begun or {}, end["done"], at))
        self._untimed.clear()


def _place(entry: Data) -> tuple[str, str, str]:
    return entry["provider"], entry["kind"], entry["key"]


def _step(action: str, entry: Data, begun: Data, done: bool | None, at: float) -> Step:
    before = values(begun.get("before") or entry.get("before") or {})
    wanted = values(begun.get("fields") or {})
    left = values(entry.get("fields") or {})
    after = {name: left.get(name, value) for name, value in wanted.items()} if wanted else left
    if not begun and before:
        # what touched state alone: the values that changed say more than all of them
        after = {name: value for name, value in left.items() if before.get(name) != value}
        before = {name: before[name] for name in after if name in before} if left else before
    password = bool(begun.get("password"))
    version = begun.get("remember", {}).get("password_version") if password else None
    return Step(
        action, entry["kind"], entry["key"], entry["provider"], before, after, done, entry.get("message", ""), at,
        password, version,
    )  # fmt: skip


def values(data: Data) -> dict[str, FieldValue]:
    """Return fields as resources have them: what JSON calls a list is a tuple."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
