"""What the platform shows: every object, or those that are named, as values of the model."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from reconciler.model.collector import paused
from reconciler.model.kinds import Kind
from reconciler.model.live import Fact, Live
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Team
from reconciler.providers.sandbox.billing import Account, day
from reconciler.providers.sandbox.session import Session

_CHUNK = 1000  # keys in one question

# Row types differ by query; each builder knows its own.
_Rows: TypeAlias = Iterable[tuple[Any, ...]]
_Build: TypeAlias = Callable[[Session, _Rows], Iterator[Live]]

_ACCOUNT = """
SELECT a.id, a.address, a.plan, a.balance, a.team, a.opened_at, a.due_at, a.paid, a.suspended_at,
       CASE WHEN t.billing = 'shared' THEN t.master ELSE a.id END, a.owner, t.label, t.billing, a.handed_over,
       a.used, a.messages, a.contacts, a.events, p.balance
FROM teams t JOIN accounts a ON a.team = t.id
JOIN accounts p ON p.id = CASE WHEN t.billing = 'shared' THEN t.master ELSE a.id END
"""
_SELECT: Mapping[Kind, tuple[str, str, str]] = {  # query, column of the key, order
    Kind.INSTANCE: (
        """SELECT number, label, booked, ready_at, allocated, used, domains, mailboxes, aliases, ordered_at
        FROM instances""",
        "label",
        "number",
    ),
    Kind.DOMAIN: (
        "SELECT d.id, d.name, i.label, i.number FROM domains d JOIN instances i ON i.number = d.instance",
        "d.name",
        "d.id",
    ),
    Kind.MAILBOX: (
        "SELECT id, address, owner, quota, instance, used, messages, contacts, events FROM mailboxes",
        "address",
        "id",
    ),
    Kind.ALIAS: (
        """SELECT a.id, a.address, a.instance, m.address FROM aliases a
        LEFT JOIN targets t ON t.alias = a.id LEFT JOIN mailboxes m ON m.id = t.mailbox""",
        "a.address",
        "a.id, m.address",
    ),
    Kind.TEAM: (f"{_ACCOUNT} AND a.id = t.master", "t.label", "t.id"),
    Kind.MEMBER: (f"{_ACCOUNT} AND a.id <> t.master", "a.address", "a.id"),
}


def everything(session: Session) -> list[Live]:
    """Every object of every kind."""
    lives: list[Live] = []
    with paused():
        for kind, (query, _, order) in _SELECT.items():
            rows = session.db.execute(f"{query} ORDER BY {order}")
            lives.extend(_BUILD[kind](session, rows))
    return lives


def named(session: Session, kind: Kind, keys: Sequence[str]) -> dict[str, Live]:
    """The named objects of one kind; those that are not there are missing."""
    if kind not in _SELECT:
        return {}
    query, column, order = _SELECT[kind]
    found: dict[str, Live] = {}
    keys = sorted(keys)  # neighbours stand on the same pages
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        condition = "AND" if kind in (Kind.TEAM, Kind.MEMBER) else "WHERE"
        rows = session.db.execute(f"{query} {condition} {column} IN ({marks}) ORDER BY {order}", chunk)
        found.update((live.resource.key, live) for live in _BUILD[kind](session, rows))
    return found


def _instances(session: Session, rows: _Rows) -> Iterator[Live]:
    for number, label, booked, ready_at, allocated, used, domains, mailboxes, aliases, ordered_at in rows:
        facts: dict[str, Fact] = {
            "number": str(number),
            "allocated": allocated,
            "used": used,
            "domains": domains,
            "mailboxes": mailboxes,
            "aliases": aliases,
            "ordered": day(ordered_at),
        }
        yield Live(Instance(label, booked), str(number), ready_at <= session.now, facts)


def _domains(_: Session, rows: _Rows) -> Iterator[Live]:
    for made, name, label, number in rows:
        yield Live(Domain(name, label), str(made), True, {"number": str(number)})


def _mailboxes(_: Session, rows: _Rows) -> Iterator[Live]:
    empty: dict[int, Mapping[str, Fact]] = {}  # a hundred thousand new mailboxes share what they do not hold
    for made, address, owner, quota, number, used, messages, contacts, events in rows:
        if not (used or messages or contacts or events):
            facts = empty.get(number)
            if facts is None:
                facts = empty[number] = _content(number, 0, 0, 0, 0)
        else:
            facts = _content(number, used, messages, contacts, events)
        yield Live(Mailbox(address, owner, quota), str(made), True, facts)


def _content(number: int, used: int, messages: int, contacts: int, events: int) -> Mapping[str, Fact]:
    return {"number": str(number), "used": used, "messages": messages, "contacts": contacts, "events": events}


def _aliases(_: Session, rows: _Rows) -> Iterator[Live]:
    facts: dict[int, Mapping[str, Fact]] = {}
    now: tuple[int, str, int] | None = None
    targets: list[str] = []
    for made, address, number, target in rows:
        if now is not None and now[0] != made:
            yield Live(Alias(now[1], tuple(targets)), str(now[0]), True, facts[now[2]])
            targets = []
        now = (made, address, number)
        if target is not None:  # someone deleted the mailbox behind the platform's back
            targets.append(target)
        if number not in facts:
            facts[number] = {"number": str(number)}
    if now is not None:
        yield Live(Alias(now[1], tuple(targets)), str(now[0]), True, facts[now[2]])


def _teams(session: Session, rows: _Rows) -> Iterator[Live]:
    for row in rows:
        holder = Account(*row[:10])
        label, billing = row[11:13]
        yield Live(Team(label, holder.address, billing, holder.plan), str(holder.team), True, _account(session, row))


def _members(session: Session, rows: _Rows) -> Iterator[Live]:
    for row in rows:
        holder = Account(*row[:10])
        resource = Member(holder.address, row[11], row[10], holder.plan)
        yield Live(resource, str(holder.id), True, {**_account(session, row), "handed_over": bool(row[13])})


def _account(session: Session, row: tuple[Any, ...]) -> dict[str, Fact]:
    holder = Account(*row[:10])
    used, messages, contacts, events, balance = row[14:19]
    standing = holder.standing(session.policy, session.now)
    content: dict[str, Fact] = {"used": used, "messages": messages, "contacts": contacts, "events": events}
    facts: dict[str, Fact] = {"standing": standing, "balance": balance, **content}
    if standing == "trial":
        facts["trial_until"] = day(holder.opened_at + session.policy.trial)
    return facts


_BUILD: Mapping[Kind, _Build] = {
    Kind.INSTANCE: _instances,
    Kind.DOMAIN: _domains,
    Kind.MAILBOX: _mailboxes,
    Kind.ALIAS: _aliases,
    Kind.TEAM: _teams,
    Kind.MEMBER: _members,
}
