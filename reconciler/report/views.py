"""What renderers show that no other room has a value for: the command line fills these."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.plan.document import Operation
from reconciler.providers.reader import Booking


class Status(StrEnum):
    """How an operation ended; the words are those of `reconciler.apply.result.Status`.

    `moved` was not tried: the live object is no longer what was planned on. `skipped` was not tried: something it needs
    was not done. `waiting` is a person's to do or a provider's, or comes after such a thing. `not started`: the run was
    stopped before.
    """

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    MOVED = "moved"
    WAITING = "waiting"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One operation's end.

    Attributes:
        message: Why it is not done.
        rule: A platform's rule that spoke.
        because: For skipped and waiting: the id of the operation it comes after.
    """

    operation: Operation
    status: Status
    message: str = ""
    rule: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run's end: every operation of the plan, in its order.

    Attributes:
        interrupted: It was stopped from outside.
        halted: It stopped by itself, as state could not be written any more.
        kept: What state could not take is kept in a local file.
    """

    outcomes: Sequence[OutcomeView]
    interrupted: bool = False
    halted: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class InstanceView:
    """An instance (netcup/N2, N3). Sizes are bytes; None where the provider does not tell."""

    label: str
    provider: str
    number: str | None = None
    ready: bool = True
    booked: int | None = None
    allocated: int | None = None
    used: int | None = None
    domains: Sequence[str] = ()
    mailboxes: int = 0
    aliases: int = 0
    managed: bool = True
    declared_at: str | None = None


@dataclass(frozen=True, slots=True)
class DomainView:
    """A domain: where it lives, what is in it, and who serves its records. `declared_at` is a place in a file."""

    name: str
    provider: str
    instance: str | None = None
    number: str | None = None
    mailboxes: Sequence[str] = ()
    aliases: Sequence[str] = ()
    dns: str | None = None
    records: Sequence[str] = ()
    managed: bool = True
    declared_at: str | None = None


@dataclass(frozen=True, slots=True)
class AddressView:
    """A mailbox, an alias or a team's account. `kind` is the word for it; sizes are bytes.

    `login` and `send_as` are None where the provider does not tell, which is: as usual. `sends_as` is what a mailbox
    can send as beside itself, where that is not its aliases.
    """

    address: str
    kind: str
    provider: str
    to: Sequence[str] = ()
    owner: str | None = None
    quota: int | None = None
    used: int | None = None
    messages: int | None = None
    aliases: Sequence[str] = ()
    login: bool | None = None
    send_as: Sequence[str] | None = None
    sends_as: Sequence[str] | None = None
    team: str | None = None
    plan: str | None = None
    standing: str | None = None
    protect: bool = False
    password_version: int | None = None
    managed: bool = True
    declared_at: str | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account of a team: role is master or member; balance is cents (mailbox-org/M14)."""

    address: str
    role: str
    plan: str | None = None
    standing: str | None = None
    balance: int | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team with the standing of each account, and its statement where it was asked for (mailbox-org/M6, M15)."""

    label: str
    provider: str
    billing: str | None = None
    accounts: Sequence[AccountView] = ()
    statement: Sequence[Booking] | None = None
    managed: bool = True
    declared_at: str | None = None
