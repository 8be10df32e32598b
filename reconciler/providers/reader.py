"""What planning is given of a provider: reading, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.rrsets import RRsetKey, ZoneContent
from reconciler.providers.capabilities import Capabilities


class ProviderError(Exception):
    """A provider can not be read at all: unreachable, refused, or its data is not what it should be.

    Attributes:
        help: What to do about it, in a form that can be typed where possible.
        transient: Whether trying again later may work.
        id: Of the page that `explain` prints.
        also: What else is wrong, where a provider has found several things at once.
    """

    id: str = "provider-failed"
    also: "tuple[ProviderError, ...]" = ()

    def __init__(self, message: str, *, help: str | None = None, transient: bool = False) -> None:  # noqa: A002
        """Say what is wrong in one lower-case sentence that names the thing."""
        super().__init__(message)
        self.help = help
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way into a mailbox: protocol, host name, TCP port, and how it is encrypted."""

    protocol: str  # imap | pop3 | submission | webmail | caldav | carddav
    host: str
    port: int
    security: str  # tls | starttls | none
    path: str = ""


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """A DNS record a mail provider asks for; the owner name is relative to the domain, `@` for itself."""

    name: str
    type: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What a mail provider publishes for a domain: the source of the records mail needs and of `credentials`.

    Attributes:
        mx: Preference and host of each mail exchanger.
        spf: Mechanisms in order, without version and `all`, such as `include:_spf.example.net`.
        spf_all: The provider's own advice: pass | neutral | softfail | fail.
        dkim: Records that publish the keys.
        endpoints: Ways into a mailbox.
    """

    mx: tuple[tuple[int, str], ...]
    spf: tuple[str, ...] = ()
    spf_all: str = "softfail"
    dkim: tuple[PublishedRecord, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A line of a team's statement (mailbox-org/M15): when, what, whose, and how much in cents."""

    on: str  # ISO date
    text: str
    address: str
    cents: int


class Reader(Protocol):
    """A mail provider, for reading. Every method may raise ProviderError."""

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        ...

    async def read(self) -> Sequence[Live]:
        """Everything the account has, of every kind the provider hosts."""
        ...

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        """The named resources as they are now; a key that is not there is missing from the answer."""
        ...


@runtime_checkable
class MailReader(Reader, Protocol):
    """A reader of a provider that hosts mail."""

    def mail_settings(self, domain: str) -> MailSettings:
        """What to publish for a domain, and how its users log in."""
        ...

    async def statement(self, team: str) -> Sequence[Booking]:
        """The bookings of a team's account, oldest first; empty where the provider has no teams."""
        ...


#: The ids that oddities have; each has an `explain` page.
ODDITIES = frozenset(
    {
        "groupware-address-twice",
        "groupware-alias-of-nothing",
        "groupware-alias-loop",
        "groupware-not-expressible",
        "groupware-leaving",
        "groupware-orphaned-storage",
        "groupware-privilege",
    }
)

#: Those that nobody wants to stay: something that has begun and not ended, or that keeps every run from working.
PENDING = frozenset({"groupware-leaving", "groupware-privilege"})


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that a provider has and that no declaration can express; it is left alone.

    Attributes:
        id: One of `ODDITIES`.
        message: One lower-case sentence that names the thing.
        help: What to do about it, in a form that can be typed where possible.
        kind: Of the resource that it concerns; None where it is of none.
        key: Which.
        stops: Whether nothing can be planned while the resource is declared, or one that a run of ours left.
        may_go: Whether it can be deleted all the same: then only a declaration of it stops planning.
    """

    id: str
    message: str
    help: str | None = None
    kind: Kind | None = None
    key: str = ""
    stops: bool = False
    may_go: bool = False


@runtime_checkable
class CandidReader(MailReader, Protocol):
    """A reader that tells what it has left out."""

    async def oddities(self) -> Sequence[Oddity]:
        """What the last `read` found and could not express, in a stable order; empty before the first."""
        ...


class ZoneReader(Protocol):
    """A DNS provider, for reading. Every method may raise ProviderError."""

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""
        ...

    async def zones(self) -> Sequence[str]:
        """The zones it hosts, as domain keys."""
        ...

    async def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone."""
        ...


@runtime_checkable
class NamedZoneReader(ZoneReader, Protocol):
    """A zone reader that is asked for names, since its host may not let it list a zone."""

    async def read_names(self, zone: str, keys: Sequence[RRsetKey]) -> ZoneContent:
        """Every rrset of a zone, or, where it can not be listed (`ZoneContent.whole`), at least those asked for.

        Args:
            zone: The zone's key.
            keys: Owner names and types. Beside these, whatever would be in the way of them is looked for: a CNAME at
                each name, and records of the common types where a CNAME is asked for.
        """
        ...
