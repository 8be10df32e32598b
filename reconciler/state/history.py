"""History: what every run did, from the journals that were folded and the one that was not yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(slots=True)
class Run:
    """One run.

    Attributes:
        header: Who, when, with which command.
        plan: Digest of the plan it carried out, empty where there was none.
        steps: What it did, in the order it was recorded; what was in flight at its end comes last.
        acknowledged: Operator operations a person said are done, with the note.
    """

    header: RunHeader
    plan: str = ""
    steps: list[Step] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)


def runs(parts: Iterable[bytes], where: str, cipher: Cipher) -> Iterator[Run]:
    """Yield every run, oldest first.

    A crash can leave a run in two journals: one whose serial was seen already is skipped.

    Args:
        parts: Journals, oldest first.
        where: The place, for messages.
        cipher: Opens what is sealed.

    Raises:
        Problem: If a journal is damaged.
    """
    current: _Reading | None = None
    last = 0
    for part in parts:
        bodies, _ = journal.lines(part, where)
        skipping = False
        for number, entry in journal.entries(bodies, where, cipher):
            try:
                if "run" in entry:
                    header = journal.read_run(entry, where)
                    skipping = header.serial <= last
                    if not skipping:
                        if current is not None:
                            yield current.close()
                        current, last = _Reading(header), header.serial
                elif not skipping and current is not None:
                    current.add(entry)
            except (KeyError, TypeError, ValueError) as error:
                raise problems.journal_damaged(where, number, f"an entry has no meaning ({error!r})") from None
    if current is not None:
        yield current.close()


class _Reading:
    """A run that is being read: entries of one commit come before the time at which it was made."""

    def __init__(self, header: RunHeader) -> None:
        self._run = Run(header, header.plan)
        self._begun: dict[tuple[str, str, str], Data] = {}
        self._untimed: list[tuple[Data, Data | None]] = []

    def add(self, entry: Data) -> None:
        if "begin" in entry:
            self._begun[_place(entry)] = entry
        elif "end" in entry:
            self._untimed.append((entry, self._begun.pop(_place(entry), None)))
        elif "ack" in entry:
            self._run.acknowledged[entry["ack"]] = entry["note"]
        elif "plan" in entry:
            self._run.plan = entry["plan"]
        elif "t" in entry:
            self._stamp(self._run.header.at + entry["t"])

    def close(self) -> Run:
        self._stamp(self._run.header.at)
        for begun in self._begun.values():
            self._run.steps.append(_step(begun["begin"], begun, begun, None, self._run.header.at))
        return self._run

    def _stamp(self, at: float) -> None:
        for end, begun in self._untimed:
            self._run.steps.append(_step(end["end"], end, begun or {}, end["done"], at))
        self._untimed.clear()


def _place(entry: Data) -> tuple[str, str, str]:
    return entry["provider"], entry["kind"], entry["key"]


def _step(action: str, entry: Data, begun: Data, done: bool | None, at: float) -> Step:
    before: dict[str, Any] = begun.get("before") or entry.get("before") or {}
    wanted: dict[str, Any] = begun.get("fields") or {}
    left: dict[str, Any] = entry.get("fields") or {}
    after = {name: left.get(name, value) for name, value in wanted.items()} if wanted else left
    if not begun and before:
        # what touched state alone: the values that changed say more than all of them
        after = {name: value for name, value in left.items() if before.get(name) != value}
        before = {name: before[name] for name in after if name in before} if left else before
    return Step(
        action, entry["kind"], entry["key"], entry["provider"], before, after, done, entry.get("message", ""), at
    )
