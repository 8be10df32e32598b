"""The resources: frozen values in which desired, actual and applied are compared by plain equality.

A field that the configuration leaves open is None in the desired value; the differ then takes the actual value, so an
open field is never a change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, TypeAlias

from reconciler.model.kinds import Kind

#: A field's value in plans, state and reports. Lists are tuples; an alias with one target is that target.
FieldValue: TypeAlias = str | int | bool | tuple[str, ...] | None
Fields: TypeAlias = dict[str, FieldValue]


class Billing(StrEnum):
    """How a team pays; chosen once (mailbox-org/M9)."""

    SHARED = "shared"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Instance:
    """A groupware instance: booked storage on a mail cluster (netcup/N1)."""

    kind: ClassVar[Kind] = Kind.INSTANCE
    label: str
    storage: int | None = None  # bytes booked

    @property
    def key(self) -> str:
        """The instance's label."""
        return self.label

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        return {"storage": self.storage}


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain inside one instance (netcup/N5)."""

    kind: ClassVar[Kind] = Kind.DOMAIN
    name: str
    instance: str | None = None

    @property
    def key(self) -> str:
        """The domain's A-label form."""
        return self.name

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        return {"instance": self.instance}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox, which is a user of the groupware as well (netcup/N8)."""

    kind: ClassVar[Kind] = Kind.MAILBOX
    address: str
    owner: str | None = None
    quota: int | None = None  # bytes
    login: bool | None = None  # False: its user can not log in; mail goes on arriving

    @property
    def key(self) -> str:
        """The address."""
        return self.address

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        fields: Fields = {"owner": self.owner, "quota": self.quota}
        if self.login is not None:
            fields["login"] = self.login
        return fields


@dataclass(frozen=True, slots=True)
class Alias:
    """One more address of a mailbox (netcup/N16); several targets where the provider can.

    Attributes:
        to: Keys of who receives its mail, sorted.
        send_as: Keys of the mailboxes that may send as it, sorted; None: the right follows its targets.
    """

    kind: ClassVar[Kind] = Kind.ALIAS
    address: str
    to: tuple[str, ...] = ()
    send_as: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The address."""
        return self.address

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        fields: Fields = {"to": self.to[0] if len(self.to) == 1 else self.to}
        if self.send_as is not None:
            fields["send_as"] = self.send_as
        return fields


@dataclass(frozen=True, slots=True)
class Team:
    """A team of independent accounts around a master account (mailbox-org/M1)."""

    kind: ClassVar[Kind] = Kind.TEAM
    label: str
    master: str | None = None
    billing: str | None = None  # a value of Billing
    plan: str | None = None  # the master's

    @property
    def key(self) -> str:
        """The team's label."""
        return self.label

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        return {"master": self.master, "billing": self.billing, "plan": self.plan}


@dataclass(frozen=True, slots=True)
class Member:
    """An account of a team other than its master (mailbox-org/M4)."""

    kind: ClassVar[Kind] = Kind.MEMBER
    address: str
    team: str | None = None
    owner: str | None = None
    plan: str | None = None

    @property
    def key(self) -> str:
        """The address."""
        return self.address

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        return {"team": self.team, "owner": self.owner, "plan": self.plan}


@dataclass(frozen=True, slots=True)
class Record:
    """The values of one class inside an rrset: what is ours there, and no more.

    Attributes:
        name: Owner name, fully qualified A-label form without the closing dot.
        type: RR type, upper case.
        value_class: Which values of the rrset it speaks of: empty for all of them; for TXT a class such as `spf`, or
            the quoted text itself where no class is known.
        zone: The zone it stands in.
        ttl: Seconds; of the whole rrset.
        values: RDATA in presentation form, sorted.
    """

    kind: ClassVar[Kind] = Kind.RECORD
    name: str
    type: str
    value_class: str = ""
    zone: str | None = None
    ttl: int | None = None
    values: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Owner name, type and value class, such as `example.org TXT spf`."""
        return f"{self.name} {self.type} {self.value_class}" if self.value_class else f"{self.name} {self.type}"

    def fields(self) -> Fields:
        """The fields by which two states of it differ."""
        return {"zone": self.zone, "ttl": self.ttl, "values": self.values}


Resource: TypeAlias = Instance | Domain | Mailbox | Alias | Team | Member | Record


_CLASSES: dict[Kind, Callable[..., Resource]] = {
    Kind.INSTANCE: Instance,
    Kind.DOMAIN: Domain,
    Kind.MAILBOX: Mailbox,
    Kind.ALIAS: Alias,
    Kind.TEAM: Team,
    Kind.MEMBER: Member,
}
#: Fields that not every provider tells: where one is None, `fields()` leaves it out.
_OPTIONAL: dict[Kind, tuple[str, ...]] = {Kind.MAILBOX: ("login",), Kind.ALIAS: ("send_as",)}


def _tuple(value: FieldValue) -> tuple[str, ...]:
    if value is None:
        return ()
    return (str(value),) if isinstance(value, (str, int)) else tuple(value)


def make(kind: Kind, key: str, fields: Mapping[str, FieldValue]) -> Resource:
    """Build a resource from its key and fields: the inverse of `resource.fields()`.

    Raises:
        TypeError: If a field does not belong to the kind.
    """
    given: dict[str, object] = dict(fields)
    if kind is Kind.RECORD:
        given["values"] = _tuple(fields.get("values"))
        return Record(*split_record_key(key), **given)  # type: ignore[arg-type]
    if kind is Kind.ALIAS:
        given["to"] = _tuple(fields.get("to"))
        if given.get("send_as") is not None:
            given["send_as"] = _tuple(fields["send_as"])
    return _CLASSES[kind](key, **given)


def field_names(kind: Kind) -> tuple[str, ...]:
    """Every field that `fields()` of a kind may hold: those it always has, then those only some have."""
    return (*make(kind, "key", {}).fields(), *_OPTIONAL.get(kind, ()))


def with_fields(resource: Resource, changed: Mapping[str, FieldValue]) -> Resource:
    """Return the resource with some fields replaced, in the form `fields()` gives them."""
    given: dict[str, object] = dict(changed)
    for name in ("to", "values"):
        if name in given:
            given[name] = _tuple(changed[name])
    if given.get("send_as") is not None:
        given["send_as"] = _tuple(changed["send_as"])
    return replace(resource, **given)  # type: ignore[arg-type]


def split_record_key(key: str) -> tuple[str, str, str]:
    """Return owner name, type and value class of a record's key."""
    name, _, rest = key.partition(" ")
    type_, _, value_class = rest.partition(" ")
    return name, type_, value_class
