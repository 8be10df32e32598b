"""What is used of octoDNS, which has no types of its own."""

from collections.abc import Mapping, Sequence
from logging import Logger
from typing import Protocol


class OctoRrset(Protocol):
    """An rrset in presentation form."""

    rdatas: Sequence[str]


class OctoRecord(Protocol):
    """All records of one owner and type.

    Attributes:
        fqdn: The owner, with the closing dot.
        octodns: Settings of one host's own that hang on it.
    """

    _type: str
    fqdn: str
    ttl: int
    values: Sequence[str]
    octodns: Mapping[str, object]

    def to_rrset(self) -> OctoRrset:
        """Its data in presentation form."""
        ...


class OctoZone(Protocol):
    """A zone; its name has the closing dot."""

    name: str

    @property
    def records(self) -> set[OctoRecord]:
        """All of them."""
        ...


class OctoPlan(Protocol):
    """Changes to a zone.

    Attributes:
        exists: Whether the zone is there; some providers make it where it is not.
    """

    exists: bool


class OctoProvider(Protocol):
    """A DNS host's provider.

    Attributes:
        SUPPORTS: Record types it takes.
        SUPPORTS_MULTIVALUE_PTR: Whether a name can have several PTR records.
        log: Where it logs to.
    """

    SUPPORTS: set[str]
    SUPPORTS_MULTIVALUE_PTR: bool
    log: Logger

    def populate(self, zone: OctoZone, *, target: bool, lenient: bool) -> bool | None:
        """Read a zone's records into it, and tell whether it is there."""
        ...

    def supports(self, record: OctoRecord) -> bool:
        """Whether it takes a record."""
        ...

    def apply(self, plan: OctoPlan) -> int:
        """Make a plan's changes, and tell how many."""
        ...


class OctoClass(Protocol):
    """A provider's class."""

    __name__: str
    __mro__: tuple[type, ...]

    def __call__(self, name: str, **arguments: object) -> OctoProvider:
        """Make a provider."""
        ...
