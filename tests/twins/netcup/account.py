"""A customer account at netcup: its domains, its sessions, its limits, and the troubles that can be switched on."""

import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

PROPAGATION = 600.0  # seconds until a changed record is deployed


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@dataclass(slots=True)
class Record:
    """A record of a zone that the CCP interface has."""

    id: int
    hostname: str
    type: str
    priority: str
    destination: str
    changed: float

    def shown(self, now: float) -> dict[str, object]:
        """As the interface tells it."""
        return {
            "id": str(self.id),
            "hostname": self.hostname,
            "type": self.type,
            "priority": self.priority,
            "destination": self.destination,
            "deleterecord": False,
            "state": "yes" if now - self.changed >= PROPAGATION else "unknown",
        }


@dataclass(frozen=True, slots=True)
class CloudRecord:
    """A record of a zone on CloudDNS."""

    identifier: str
    name: str
    type: str
    rdata: str
    ttl: int
    immutable: bool = False

    @property
    def input(self) -> tuple[str, str, str, int]:
        """The four fields by which it is made and deleted."""
        return self.name, self.type, self.rdata, self.ttl


@dataclass(slots=True)
class Revision:
    """A state of a zone on CloudDNS."""

    identifier: str
    created: float
    serial: int
    records: tuple[CloudRecord, ...]
    state: str = "committed"


@dataclass(slots=True)
class Domain:
    """A domain of the account; its zone is in one of two places.

    Attributes:
        records: On CCP, by number.
        revisions: On CloudDNS, oldest first.
        challenges: On CloudDNS, scope and value of each ACME challenge, with the second it was made.
    """

    id: int
    fqdn: str
    cloud: bool = False
    ttl: str = "86400"
    serial: int = 2026112201
    refresh: str = "28800"
    retry: str = "7200"
    expire: str = "1209600"
    dnssec: bool = False
    records: dict[int, Record] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    challenges: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(slots=True)
class Troubles:
    """What reality does at times.

    Attributes:
        lost_sessions: That many of the next calls find their session gone.
        new_spelling: Whether a lost session is told in the newer words.
        broken: That many of the next answers are a page of a proxy.
        swallowed: Action whose next request is done, with its answer lost on the way.
        garbled: Whether the page in place of an answer comes as a good one, with status 200.
        refused: Types whose data the server refuses.
        altered: Types whose data the server alters while it takes it.
        before_update: Called once, just before the next change is made: somebody else in between.
        plain: Whether the REST interface tells data without quotes and closing dots, and names in full.
        partial: Whether an update on CCP that is refused has made the records before the bad one.
    """

    lost_sessions: int = 0
    new_spelling: bool = False
    broken: int = 0
    swallowed: str = ""
    garbled: bool = False
    refused: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()
    before_update: Callable[[], None] | None = None
    plain: bool = False
    partial: bool = False


class Account:
    """Everything behind the two interfaces."""

    def __init__(self, clock: Clock | None = None, *, limit: int = 180, session_seconds: float = 30.0) -> None:
        """Make an account without domains.

        Args:
            clock: Its time.
            limit: Requests a minute that the CCP interface takes.
            session_seconds: How long a session lives after it was last used.
        """
        self.clock = clock or Clock()
        self.limit, self.session_seconds = limit, session_seconds
        self.customer, self.key, self.password = "12345", "K" * 50, "P" * 46
        self.token = "T" * 64
        self.domains: dict[str, Domain] = {}
        self.sessions: dict[str, float] = {}
        self.requests: deque[float] = deque()
        self.calls: list[str] = []
        self.troubles = Troubles()
        self.lock = threading.RLock()
        self._next = 11_758_160

    def number(self) -> int:
        """A number no record, revision or domain has yet."""
        self._next += 1
        return self._next

    def add_domain(self, fqdn: str, *, cloud: bool = False, ttl: int = 86400) -> Domain:
        """Register a domain, with a zone on CCP or on CloudDNS."""
        domain = Domain(self.number(), fqdn, cloud=cloud, ttl=str(ttl))
        self.domains[fqdn] = domain
        return domain

    def add_record(self, fqdn: str, hostname: str, rtype: str, destination: str, priority: str = "0") -> Record:
        """Put a record into a zone on CCP, past all rules: as an old one, or one made in the control panel."""
        record = Record(self.number(), hostname, rtype, priority, destination, self.clock() - PROPAGATION)
        domain = self.domains[fqdn]
        domain.records[record.id] = record
        domain.serial += 1
        return record

    def commit(self, domain: Domain, records: tuple[CloudRecord, ...]) -> Revision:
        """Make the next revision of a zone on CloudDNS."""
        domain.serial += 1
        revision = Revision(str(self.number()), self.clock(), domain.serial, records)
        domain.revisions.append(revision)
        return revision

    def open_session(self) -> str:
        """Begin a session."""
        session = secrets.token_urlsafe(48)[:50]
        self.sessions[session] = self.clock()
        return session

    def session_lives(self, session: object) -> bool:
        """Whether a session is there; using it keeps it."""
        if not isinstance(session, str) or session not in self.sessions:
            return False
        if self.clock() - self.sessions[session] > self.session_seconds:
            del self.sessions[session]
            return False
        if self.troubles.lost_sessions > 0:
            self.troubles.lost_sessions -= 1
            del self.sessions[session]
            return False
        self.sessions[session] = self.clock()
        return True

    def too_many(self) -> bool:
        """Count a request, and say whether it is one too many within a minute."""
        now = self.clock()
        while self.requests and now - self.requests[0] >= 60:
            self.requests.popleft()
        self.requests.append(now)
        return len(self.requests) > self.limit

    def meddled(self) -> None:
        """Let somebody else in, once, where a test wants that."""
        meddle, self.troubles.before_update = self.troubles.before_update, None
        if meddle is not None:
            meddle()
