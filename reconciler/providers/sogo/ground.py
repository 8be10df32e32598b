"""What a batch of writes stands on: read and locked at its beginning, and kept in step with each write that is judged.

The rows that a rule asks about are locked until the transaction ends, instances first and each kind in the order of its
names, so that two runs neither give out the same storage twice nor wait for one another in a circle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.listing import UNBOOKED, row_name, targets_of
from reconciler.providers.sogo.looking import Found
from reconciler.providers.sogo.names import Names
from reconciler.providers.sogo.questions import HOSTED
from reconciler.providers.writer import Write

_SOME = 6  # names that an answer lists at most

_INSTANCES: LiteralString = """
SELECT i.label, i.number, i.storage FROM {ext}.instance i
WHERE i.label = ANY (%(labels)s)
   OR i.number IN (SELECT instance FROM {ext}.domain_instance WHERE domain = ANY (%(domains)s))
ORDER BY i.number FOR UPDATE
"""
_DOMAINS: LiteralString = """
SELECT d.{domain_domain}, {hosted}, COALESCE(i.label, {default_instance}) FROM {domain} d
LEFT JOIN {ext}.domain_instance di ON di.domain = d.{domain_domain}
LEFT JOIN {ext}.instance i ON i.number = di.instance
WHERE d.{domain_domain} = ANY (%(domains)s)
"""
_GIVEN: LiteralString = """
SELECT COALESCE(i.label, {default_instance}), COALESCE(sum(GREATEST(m.{mailbox_quota}, 0)), 0)::bigint
FROM {mailbox} m
LEFT JOIN {ext}.domain_instance di ON di.domain = m.{mailbox_domain}
LEFT JOIN {ext}.instance i ON i.number = di.instance
WHERE COALESCE(i.label, {default_instance}) = ANY (%(labels)s) GROUP BY 1
"""
_MAILBOXES: LiteralString = """
SELECT m.{mailbox_username}, m.{mailbox_quota}, m.{mailbox_active} AND left(m.{mailbox_password}, 1) <> {locked},
       COALESCE((SELECT u.bytes FROM {ext}.usage u WHERE u.username = m.{mailbox_username}), 0)
FROM {mailbox} m WHERE m.{mailbox_username} = ANY (%(names)s) ORDER BY 1 FOR UPDATE
"""
_ALIASES: LiteralString = """
SELECT a.{alias_address}, a.{alias_goto}, a.{alias_active} FROM {alias} a
WHERE a.{alias_address} = ANY (%(names)s) ORDER BY 1 FOR UPDATE
"""
#: Aliases that lead to a mailbox which is to go.
_LEADING: LiteralString = """
SELECT a.{alias_address}, a.{alias_goto} FROM {alias} a
WHERE string_to_array(replace(lower(a.{alias_goto}), ' ', ''), ',') && %(names)s::text[] ORDER BY 1
"""
_INSIDE: LiteralString = """
SELECT m.{mailbox_domain}, m.{mailbox_username} FROM {mailbox} m WHERE m.{mailbox_domain} = ANY (%(domains)s)
UNION SELECT a.{alias_domain}, a.{alias_address} FROM {alias} a WHERE a.{alias_domain} = ANY (%(domains)s) ORDER BY 1, 2
"""
_RELATED: LiteralString = """
SELECT alias_domain, target_domain FROM {t_alias_domain}
WHERE alias_domain = ANY (%(domains)s) OR target_domain = ANY (%(domains)s) ORDER BY 1
"""
_ASSIGNED: LiteralString = """
SELECT COALESCE(i.label, {default_instance}), d.{domain_domain} FROM {domain} d
LEFT JOIN {ext}.domain_instance di ON di.domain = d.{domain_domain}
LEFT JOIN {ext}.instance i ON i.number = di.instance
WHERE d.{domain_domain} <> 'ALL' AND COALESCE(i.label, {default_instance}) = ANY (%(labels)s) ORDER BY 2
"""


@dataclass
class Booked:
    """An instance: its number, and bytes booked (None where nothing limits them) and given out."""

    number: int
    storage: int | None
    given: int = 0

    @property
    def free(self) -> int | None:
        """Bytes that are left to give out."""
        return None if self.storage is None else self.storage - self.given


@dataclass
class Box:
    """A mailbox: bytes it may use and does use, and whether its user can log in."""

    quota: int
    login: bool
    used: int = 0


@dataclass(frozen=True)
class Lead:
    """An alias: who gets its mail, and whether it is switched on."""

    to: tuple[str, ...]
    active: bool


@dataclass
class Ground:
    """The part of the world that a batch touches; `judge` keeps it in step.

    Attributes:
        instances: By label; also the one of domains that nobody assigned.
        homes: Domains that mail is taken for, and the label of the instance of each.
        closed: Domains that are here and switched off, or only relayed.
        boxes: Mailboxes by address.
        leads: Aliases by row name, without the rows that mailboxes have among them.
        leading: Of mailboxes that are to go, the aliases that lead to each.
        inside: Of domains that are to go, addresses in each.
        related: Of domains that are to go, domains that PostfixAdmin has tied to each.
        assigned: Of instances that are to go, domains in each.
        beside: PostfixAdmin's other tables that are there.
    """

    instances: dict[str, Booked] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    boxes: dict[str, Box] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    leading: dict[str, list[str]] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    related: dict[str, list[str]] = field(default_factory=dict)
    assigned: dict[str, list[str]] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Wanted:
    """The names that a batch speaks of."""

    labels: frozenset[str]
    domains: frozenset[str]
    addresses: frozenset[str]
    ending: Mapping[Kind, Sequence[str]]

    @property
    def given(self) -> dict[str, object]:
        """As parameters of the questions; sorted, so that everybody locks in one order."""
        return {
            "labels": sorted(self.labels),
            "domains": sorted(self.domains),
            "names": sorted(map(row_name, self.addresses)),
        }


async def read_ground(connection: Connection, names: Names, found: Found, batch: Sequence[Write]) -> Ground:
    """Read and lock what some writes stand on.

    Args:
        connection: In a transaction.
        names: What things are called.
        found: What the database has.
        batch: The writes.
    """
    return await _Reading(connection, names, found).ground(_wanted(batch, names.default_instance))


def _wanted(batch: Sequence[Write], default: str) -> _Wanted:
    labels, domains, addresses = {default}, set[str](), set[str]()
    ending: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for write in batch:
        if write.kind is Kind.INSTANCE:
            labels.add(write.key)
        elif write.kind is Kind.DOMAIN:
            domains.add(write.key)
            if isinstance(write.after, Domain) and write.after.instance:
                labels.add(write.after.instance)
        else:
            addresses.update((write.key, *_named(write)))
        if write.action is Action.DELETE:
            ending[write.kind].append(write.key)
    domains.update(map(domain_of, addresses))
    return _Wanted(frozenset(labels), frozenset(domains), frozenset(addresses), ending)


def _named(write: Write) -> Iterator[str]:
    """The other addresses an alias's write speaks of."""
    for alias in (write.after, write.before.resource if write.before else None):
        if isinstance(alias, Alias):
            yield from alias.to
            yield from alias.send_as or ()


class _Reading:
    def __init__(self, connection: Connection, names: Names, found: Found) -> None:
        self._connection, self._names, self._found = connection, names, found

    async def ground(self, wanted: _Wanted) -> Ground:
        ground = Ground(beside=self._found.beside)
        for label, number, storage in await self._ask(_INSTANCES, wanted.given):
            ground.instances[label] = Booked(number, storage)
        ground.instances.setdefault(self._names.default_instance, Booked(UNBOOKED, None))
        for domain, hosted, label in await self._ask(_DOMAINS, wanted.given):
            if hosted:
                ground.homes[domain] = label
            else:
                ground.closed.add(domain)
        for label, given in await self._ask(_GIVEN, {"labels": sorted(ground.instances)}):
            ground.instances[label].given = given
        for address, quota, login, used in await self._ask(_MAILBOXES, wanted.given):
            ground.boxes[address] = Box(max(quota, 0), login, used)
        for address, goto, active in await self._ask(_ALIASES, wanted.given):
            if address not in ground.boxes:
                ground.leads[address] = Lead(targets_of(goto), active)
        await self._endings(ground, wanted.ending)
        return ground

    async def _endings(self, ground: Ground, ending: Mapping[Kind, Sequence[str]]) -> None:
        """Read what would stand in the way of what is to go."""
        boxes, domains, labels = ending[Kind.MAILBOX], ending[Kind.DOMAIN], ending[Kind.INSTANCE]
        if boxes:
            for address, goto in await self._ask(_LEADING, {"names": boxes}):
                for box in set(boxes) & set(targets_of(goto)) - {address}:
                    ground.leading.setdefault(box, []).append(address)
        if domains:
            _collect(ground.inside, await self._ask(_INSIDE, {"domains": domains}))
            if "alias_domain" in self._found.beside:
                for one, other in await self._ask(_RELATED, {"domains": domains}):
                    _collect(ground.related, ((each, f"{one} → {other}") for each in (one, other) if each in domains))
        if labels:
            _collect(ground.assigned, await self._ask(_ASSIGNED, {"labels": labels}))

    async def _ask(self, question: LiteralString, given: Mapping[str, object]) -> list[tuple[Any, ...]]:
        composed = self._names.fill(question, hosted=self._names.fill(HOSTED))
        return await (await self._connection.execute(composed, given)).fetchall()


def _collect(into: dict[str, list[str]], rows: Iterable[tuple[Any, ...]]) -> None:
    for key, value in rows:
        into.setdefault(key, []).append(value)


def listed(names: Sequence[str]) -> str:
    """Some names for a message, and how many more there are."""
    more = len(names) - _SOME
    return ", ".join(names[:_SOME]) + (f" and {more} more" if more > 0 else "")
