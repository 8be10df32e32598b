"""The values of state: an intent, its end, a lock, and what loading finds.

The first two are tuples: there is one of each for every operation of a run, and a frozen dataclass takes four times as
long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from reconciler.model.desired import NOTHING_REMEMBERED, Remembered
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.model.resources import FieldValue

#: What a write in flight is known by: two of them never run on one thing of one provider at once.
Place: TypeAlias = tuple[str, Kind, str]


_NO_FIELDS: Mapping[str, FieldValue] = {}


class Intent(NamedTuple):
    """A write about to be made, durable before the provider is called. It never holds a secret.

    Attributes:
        action: create, update or delete.
        kind: Of what.
        key: Which.
        provider: The configured provider's name.
        fields: What is intended: every field for a create, the changed ones for an update, none for a delete.
        precondition: Fingerprint of the live resource the write was planned on.
        remember: What state is to remember once it is done.
        password: Whether the write sets a password, which no reading can verify.
        release: Whether the resource leaves state when the write is done: our part of a shared value is withdrawn.
        before: What the write replaces, for the history: the changed fields of an update, every field for a delete.
    """

    action: Action
    kind: Kind
    key: str
    provider: str
    fields: Mapping[str, FieldValue] = _NO_FIELDS
    precondition: str = ""
    remember: Remembered = NOTHING_REMEMBERED
    password: bool = False
    release: bool = False
    before: Mapping[str, FieldValue] = _NO_FIELDS

    @property
    def place(self) -> Place:
        """Provider, kind and key."""
        return self.provider, self.kind, self.key

    @property
    def operation(self) -> str:
        """The operation's id, such as `create mailbox anna@example.org`."""
        return f"{self.action} {self.kind} {self.key}"


class Ended(NamedTuple):
    """How an operation ended, and what state holds because of it.

    Attributes:
        action: The operation's action; `adopt`, `forget` and `operator` end without having begun.
        kind: Of what.
        key: Which.
        provider: The configured provider's name.
        done: False where it failed; it may have left something all the same, which `applied` then holds.
        applied: The resource as it now is; None leaves state as it was, unless `gone`.
        gone: The resource is no longer ours.
        message: Why it failed, or what recovery found.
    """

    action: Action
    kind: Kind
    key: str
    provider: str
    done: bool = True
    applied: Applied | None = None
    gone: bool = False
    message: str = ""

    @property
    def place(self) -> Place:
        """Provider, kind and key."""
        return self.provider, self.kind, self.key


@dataclass(frozen=True, slots=True)
class LockInfo:
    """A lease on the state.

    Attributes:
        id: Unique to this lease; `state unlock` asks for it.
        owner: The user's name.
        host: The machine's name.
        pid: The process.
        started: The process's start in clock ticks since boot, where the system tells; it unmasks a reused pid.
        operation: The command that holds it.
        since: Seconds since the epoch, by the owner's clock.
        expires: Seconds since the epoch, by the owner's clock; the heartbeat moves it on.
        fence: Raised by each acquisition.
        term: Seconds the lease lasts without a heartbeat; 0 where another program holds it that never says it lives.
        ci: The pipeline's run, where it is one.
    """

    id: str
    owner: str
    host: str
    pid: int
    operation: str
    since: float
    expires: float
    fence: int
    started: int = 0
    term: float = 60.0
    ci: str = ""

    def __str__(self) -> str:
        at = f"@{self.host}" if self.host else ""
        process = f"process {self.pid}, " if self.pid else ""
        run = f", {self.ci}" if self.ci else ""
        return f"{self.owner}{at} ({process}{self.operation}{run})"


@dataclass(frozen=True, slots=True)
class RunHeader:
    """The first entry of each run in the journal.

    Attributes:
        run: The run's own id.
        lineage: Of the state.
        serial: One more than the run's before it.
        fence: The fencing serial of the lock it holds.
        operation: The command, such as `apply`.
        who: User and host.
        ci: The pipeline's run, where it is one.
        at: Seconds since the epoch.
        plan: Digest of the plan it carries out, where that is known from the start.
        took_over: The dead owner's lock that this run took over, if it did.
        onto: Lineage and serial of what it replaces, where that is not the run before it: a state was pushed.
    """

    run: str
    lineage: str
    serial: int
    fence: int
    operation: str = ""
    who: str = ""
    ci: str = ""
    at: float = 0.0
    plan: str = ""
    took_over: LockInfo | None = None
    onto: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading finds.

    Attributes:
        applied: The resources, as the last durable entry leaves them.
        in_flight: Writes that began and whose end is not known: a run died.
        lock: Who holds the state, if anyone.
        fence: The highest fencing serial that has written.
        torn: Whether the journal ends in an entry that was never completely written; it counts as not written.
        sealed: Whether it is encrypted.
        rekey_due: Whether it is encrypted for others than the configuration names, so that no run may write.
    """

    applied: AppliedState
    in_flight: tuple[Intent, ...] = ()
    lock: LockInfo | None = None
    fence: int = 0
    torn: bool = False
    sealed: bool = False
    rekey_due: bool = False
