"""The plan document, `reconciler.plan/1`: the one list that `report` describes and `apply` carries out.

Values here are frozen and know no I/O. `operations` stands in execution order; `after` names only operations that stand
before. The digest covers everything but itself; nothing in a plan tells the time of day, so the same inputs give the
same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from reconciler.dns.preview import Held, Preview
from reconciler.model.fingerprint import ABSENT
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import FieldValue

FORMAT = "reconciler.plan/1"

#: Fields that live in state alone (model.desired.Remembered); changing only these calls no provider, except that a new
#: `password_version` sets the password.
STATE_FIELDS = frozenset({"protect", "password_version", "contribution"})


def raises_password(before: FieldValue, after: FieldValue) -> bool:
    """Whether a change of `password_version` sets the password: a lower version, or none, is remembered and no more."""
    return isinstance(after, int) and (not isinstance(before, int) or after > before)


def operation_id(action: Action, kind: Kind, key: str) -> str:
    """The id of an operation, such as `delete alias info@example.org`: unique in a plan, and readable."""
    return f"{action} {kind} {key}"


class Change(NamedTuple):
    """One field's two values; None on the side where the resource is not there."""

    before: FieldValue
    after: FieldValue


class Dependency(NamedTuple):
    """An operation that must have succeeded first, and the rule that says so."""

    operation: str
    rule: str
    reason: str


class Backup(NamedTuple):
    """The archive of a mailbox that goes.

    Attributes:
        to: Its folder, relative to the configuration's root folder where it lies below it.
        made: When it was made, as ISO 8601 in UTC, where it is there already; None where it is yet to be made.
    """

    to: str
    made: str | None = None


class Operation(NamedTuple):
    """One step. A named tuple, as plans have hundreds of thousands: it is made four times as fast as a dataclass.

    Attributes:
        id: See `operation_id`.
        provider: The configured provider's name.
        after: What must have succeeded first.
        fields: For create and delete every field, for update and adopt those that differ.
        loses_data: Content is destroyed (data-loss guard).
        costs_money: The bill changes (money guard).
        changes_routing: Mail of a domain that receives today goes elsewhere (mail-routing guard).
        precondition: Fingerprint of the live resource this step was planned on.
        replaces: The other half of a replace.
        notes: What a reader should know: bounce windows, sender names, what is lost with amounts.
        steps: For `operator`: what the person does, one step a line.
        backup: For a delete: the archive without which nothing is deleted.
    """

    id: str
    action: Action
    kind: Kind
    key: str
    provider: str
    after: tuple[Dependency, ...] = ()
    fields: Mapping[str, Change] = MappingProxyType({})
    loses_data: bool = False
    costs_money: bool = False
    changes_routing: bool = False
    precondition: str = ABSENT
    replaces: str | None = None
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    backup: Backup | None = None

    @property
    def of_copy(self) -> bool:
        """Whether it is about the copy at a provider that the resource has left, and not about the resource."""
        return self.id.endswith(f" at {self.provider}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard that refuses: which, because of what, and what would be consent.

    `consent` holds options to type; it is empty where no option helps (a protected mailbox, a suspended team).
    """

    guard: str
    operations: tuple[str, ...]
    consent: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """A managed resource that someone else changed: what state says, what the provider has, and what the plan does.

    `fields` holds last applied as `before` and live as `after`; it is empty where the resource is gone.
    `resolution` is one of: restore (the plan puts it right), accept (the declaration already agrees), recreate, forget,
    delete.
    """

    kind: Kind
    key: str
    provider: str
    fields: Mapping[str, Change]
    gone: bool
    resolution: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live resource that neither YAML nor state knows: listed, never touched."""

    kind: Kind
    key: str
    provider: str


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An instance's storage over the run, in bytes given out as quotas (netcup/N10)."""

    instance: str
    booked: int
    start: int
    peak: int
    end: int


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """Something to know that stops nothing; `id` has an `explain` page.

    Attributes:
        where: Place in the files, where it has one.
        help: What to do about something that a provider has; other warnings say so in their message.
    """

    id: str
    message: str
    where: str | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """A plan.

    Attributes:
        config_digest: Of the configuration it was made from.
        lineage: Of the state it was made from; empty if there was none yet.
        serial: Of that state.
        held: What is desired and waits for its time: the phases of MX switches.
        previews: What the plan does to the DNS of each domain whose records it changes.
    """

    config_digest: str
    lineage: str
    serial: int
    operations: tuple[Operation, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    held: tuple[Held, ...] = ()
    previews: tuple[Preview, ...] = ()

    def __repr__(self) -> str:
        """Say how much it is, not what: others print values in passing, asyncio the result of a task among them."""
        return f"<Plan of {len(self.operations)} operations>"

    @property
    def summary(self) -> dict[str, int]:
        """Number of operations of each action."""
        counts = dict.fromkeys((str(action) for action in Action), 0)
        for operation in self.operations:
            counts[operation.action] += 1
        return counts

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.operations
