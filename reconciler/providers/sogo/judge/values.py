"""What a write does, or why it is refused; what is allowed at a cluster; and the words of its rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from reconciler.model.names import domain_of
from reconciler.providers.sogo.ground import Booked, Ground
from reconciler.providers.sogo.listing import row_name
from reconciler.providers.writer import Failed, Write

LONGEST = 255  # characters of a name, in PostfixAdmin's columns


class Refused(Exception):
    """A write that a rule forbids."""

    def __init__(self, code: str, message: str, rule: str | None = None) -> None:
        """Say why, in one lower-case sentence that names the thing."""
        super().__init__(message)
        self.failed = Failed(message, code, rule=rule)


@dataclass(frozen=True)
class Statement:
    """One statement of SQL, with names in braces, and its values."""

    text: LiteralString
    values: Mapping[str, object]


@dataclass(frozen=True)
class Effect:
    """What a write does.

    Attributes:
        statements: In the database, in order.
        stale: Users of whom SOGo may hold what is no longer true.
        kick: Users whose sessions end.
    """

    statements: tuple[Statement, ...]
    stale: frozenset[str] = frozenset()
    kick: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Policy:
    """What this cluster is configured to allow.

    Attributes:
        domains: Domains that may be hosted; None: all (netcup/N5).
        alias_targets: Mailboxes that an alias may lead to; None: any number (netcup/N16).
        external_targets: Whether an alias may lead elsewhere (netcup/N16).
        default_instance: The instance of domains that nobody assigned.
    """

    domains: frozenset[str] | None = None
    alias_targets: int | None = None
    external_targets: bool = False
    default_instance: str = "main"


@dataclass(frozen=True)
class Case:
    """One write before its judge, with what it stands on.

    Attributes:
        write: The write.
        ground: What is there, as the writes before it have left it.
        policy: What is allowed here.
        password: The hash of the password it sets.
    """

    write: Write
    ground: Ground
    policy: Policy
    password: str | None

    @property
    def key(self) -> str:
        """Of what is written."""
        return self.write.key

    def booked(self, label: str) -> Booked:
        """An instance that has to be there (netcup/N5)."""
        booked = self.ground.instances.get(label)
        if booked is None:
            raise Refused("no-instance", f"there is no instance {label}", "netcup/N5")
        return booked

    def home(self, address: str) -> str:
        """The label of the instance that an address's domain is in (netcup/N5, N17)."""
        domain = domain_of(address)
        label = self.ground.homes.get(domain)
        if label is None:
            off = "is switched off, or only relayed" if domain in self.ground.closed else "is not hosted here"
            raise Refused("no-domain", f"the domain {domain} of {address} {off}", "netcup/N17")
        return label

    def free_address(self) -> None:
        """Refuse an address that is taken by whatever there is (netcup/N14)."""
        if self.key in self.ground.boxes:
            raise Refused("taken", f"{self.key} is a mailbox already", "netcup/N14")
        lead = self.ground.leads.get(row_name(self.key))
        if lead is not None:
            off = "" if lead.active else ", which is switched off"
            raise Refused("taken", f"{self.key} is an alias already{off}", "netcup/N14")
        if not self.key.isascii():
            raise Refused("local-part", f"the local part of {self.key} is not ASCII, and the daemons take no other")
        if len(self.key) > LONGEST:
            raise Refused("address", f"{self.key} is longer than {LONGEST} characters")


def said(text: LiteralString, **values: object) -> Effect:
    """Return the effect that is one statement."""
    return Effect((Statement(text, values),))


def crossed_out(name: str, *lists: Mapping[str, list[str]]) -> None:
    """Take what is gone from what stands in the way of others."""
    for standing in (standing for each in lists for standing in each.values()):
        if name in standing:
            standing.remove(name)
