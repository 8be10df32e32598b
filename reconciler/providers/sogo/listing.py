"""What the database has, as values of the model: every object, or those that are named.

A row is shown where its name is the one form in which names are compared: Postfix and Dovecot ask in lower case, so a
row in any other form is never found by them. What can not be shown is told apart (see `oddities`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString, TypeAlias

from psycopg import sql

from reconciler.model.collector import paused
from reconciler.model.kinds import Kind
from reconciler.model.live import Fact, Live
from reconciler.model.names import BadName, address_key, domain_key
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from reconciler.providers.sogo import questions
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.looking import Found
from reconciler.providers.sogo.names import Names

# Row types differ by query; each builder knows its own.
_Rows: TypeAlias = Iterable[tuple[Any, ...]]

#: Number of the instance of domains that nobody assigned, as long as nothing is booked for it.
UNBOOKED = 0

_QUERY: Mapping[Kind, LiteralString] = {
    Kind.DOMAIN: questions.DOMAINS,
    Kind.MAILBOX: questions.MAILBOXES,
    Kind.ALIAS: questions.ALIASES,
}


class Listing:
    """Questions to one database, in the words of its names."""

    def __init__(self, connection: Connection, names: Names, found: Found) -> None:
        """Take a connection that reads, and what `look` has found."""
        self._connection, self._names, self._found = connection, names, found

    async def everything(self) -> list[Live]:
        """Every object of every kind."""
        if self._found.lack.tables:
            return []
        with paused():
            lives = [*instances(await self.rows(questions.INSTANCES))]
            for kind, query in _QUERY.items():
                lives += _BUILD[kind](await self.rows(query + " ORDER BY 1"))
            if not self._found.lack.extension:
                lives += mailboxes(await self.rows(questions.LEAVING))
        return lives

    async def named(self, kind: Kind, keys: Sequence[str]) -> dict[str, Live]:
        """The named objects of one kind; those that are not there are missing."""
        if self._found.lack.tables or not keys:
            return {}
        if kind is Kind.INSTANCE:
            found = {live.resource.key: live for live in instances(await self.rows(questions.INSTANCES))}
            return {key: found[key] for key in keys if key in found}
        if kind not in _QUERY:
            return {}
        given = {"names": [row_name(key) for key in keys]}
        lives = list(_BUILD[kind](await self.rows(_QUERY[kind] + questions.NAMED[kind], given)))
        if kind is Kind.MAILBOX and not self._found.lack.extension:
            lives += mailboxes(await self.rows(questions.LEAVING + " AND v.username = ANY (%(names)s)", given))
        return {live.resource.key: live for live in lives}

    async def rows(self, query: LiteralString, given: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Ask a question.

        Args:
            query: SQL, with names in braces; `{instance}` and the like are our own tables.
            given: Its parameters.
        """
        ours: dict[str, sql.Composable] = {name: sql.Identifier(self._names.ext, name) for name in questions.OURS}
        if self._found.lack.extension:
            ours = {name: sql.Identifier(name) for name in questions.OURS}
            query = questions.EMPTY + query
        hosted = self._names.fill(questions.HOSTED)
        composed = self._names.fill(query, **ours, hosted=hosted)
        return await (await self._connection.execute(composed, given)).fetchall()


def row_name(key: str) -> str:
    """The name of a row from a key: PostfixAdmin has `@example.org` for what the files call `*@example.org`."""
    return key[1:] if key.startswith("*@") else key


def key_of(name: str) -> str | None:
    """The key of a row by its name, None where no daemon finds a row of that name."""
    if name.startswith("@"):
        domain = name[1:]
        return f"*@{domain}" if _is_domain(domain) else None
    try:
        return name if address_key(name) == name else None
    except BadName:
        return None


def targets_of(goto: str) -> tuple[str, ...]:
    """Where an alias's row leads: keys, sorted; a name that can not be one stays as it is written."""
    return tuple(sorted({_key_or_text(part.strip()) for part in goto.split(",") if part.strip()}))


def instances(rows: _Rows) -> Iterator[Live]:
    """Instances, with what is given out of each (netcup/N2, N3)."""
    for number, label, storage, ordered, domains, given, used, boxes, aliases in rows:
        facts: dict[str, Fact] = {
            "number": str(number),
            "allocated": given,
            "used": used,
            "domains": domains,
            "mailboxes": boxes,
            "aliases": aliases,
            "ordered": None if ordered is None else ordered.date().isoformat(),
        }
        yield Live(Instance(label, storage), str(number), True, facts)


def domains(rows: _Rows) -> Iterator[Live]:
    """Domains, each in the instance it is assigned to."""
    for name, label, number in rows:
        if _is_domain(name):
            yield Live(Domain(name, label), name, True, {"number": str(number)})


def mailboxes(rows: _Rows) -> Iterator[Live]:
    """Mailboxes; one whose deletion has begun is not ready, and will not be."""
    for name, owner, quota, login, storage, ready, used, messages in rows:
        if key_of(name) is not None:
            facts: dict[str, Fact] = {} if used is None else {"used": used, "messages": messages}
            yield Live(Mailbox(name, owner, quota if quota > 0 else None, login), storage or name, ready, facts)


def aliases(rows: _Rows) -> Iterator[Live]:
    """Aliases, with who may send as each where that is not just who gets its mail (netcup/N16)."""
    for name, goto, followers, apart, boxes in rows:
        key = key_of(name)
        if key is None:
            continue
        to = targets_of(goto)
        senders = apart or [user for user in followers if user in to]
        follows = key.startswith("*@") or (not apart and set(senders) == set(boxes))
        yield Live(Alias(key, to, None if follows else tuple(sorted(senders))), name)


_BUILD = {Kind.DOMAIN: domains, Kind.MAILBOX: mailboxes, Kind.ALIAS: aliases}


def _is_domain(name: str) -> bool:
    try:
        return domain_key(name) == name
    except BadName:
        return False


def _key_or_text(text: str) -> str:
    try:
        return address_key(text)
    except BadName:
        return text
