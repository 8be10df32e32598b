"""What the role of reconciler has to be allowed: for a look at a database, and as GRANTs for its owner."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from reconciler.providers.sogo.names import Names
from reconciler.providers.sogo.schema import TABLES, Lack

_WRITES = ("INSERT", "UPDATE", "DELETE")
#: What our tables and triggers need of PostfixAdmin's.
_TIES = {"domain": ("REFERENCES",), "mailbox": ("REFERENCES", "TRIGGER"), "alias": ("REFERENCES", "TRIGGER")}


class Need(NamedTuple):
    """A privilege that is needed; `name` as PostgreSQL's own functions take it."""

    privilege: str
    sort: str  # TABLE | SCHEMA | DATABASE
    name: str


def to_enter(names: Names, lack: Lack) -> Iterator[Need]:
    """What a role has to be allowed before anything else can be asked."""
    if not lack.tables:
        yield Need("USAGE", "SCHEMA", _home(names))
    if not lack.extension:
        yield Need("USAGE", "SCHEMA", names.ext)


def to_read(names: Names, lack: Lack) -> Iterator[Need]:
    """What a role has to be allowed for a plan."""
    if not lack.tables:
        for table in names.tables.values():
            yield Need("SELECT", "TABLE", _quoted(table.schema, table.name))
        if lack.alias_domain:
            yield Need("SELECT", "TABLE", _quoted(_home(names), "alias_domain"))
    if not lack.extension:
        for name in TABLES:
            yield Need("SELECT", "TABLE", _quoted(names.ext, name))


def to_write(names: Names, lack: Lack, beside: Iterable[str], database: str) -> Iterator[Need]:
    """What a role has to be allowed for every write there is.

    Args:
        names: What things are called.
        lack: What is missing, and made with the first write.
        beside: PostfixAdmin's other tables that are there.
        database: The name of the database.
    """
    if lack.tables:
        yield Need("CREATE", "SCHEMA", _home(names))
    if lack.schema:
        yield Need("CREATE", "DATABASE", database)
    elif lack.extension or lack.views:
        yield Need("CREATE", "SCHEMA", names.ext)
    if not lack.extension:
        for name in TABLES:
            yield from _each(_quoted(names.ext, name), _WRITES)
    if not lack.tables:
        for name, table in names.tables.items():
            ties = _TIES[name] if lack.extension else ()
            yield from _each(_quoted(table.schema, table.name), (*_WRITES, *ties))
        for name in sorted(beside):
            # what is used is kept up to date there; the rest is cleared
            privileges = ("SELECT", *_WRITES) if name == "quota2" else ("SELECT", "DELETE")
            yield from _each(_quoted(_home(names), name), privileges)


def grants(needs: Iterable[Need], role: str) -> Iterator[str]:
    """The statements that allow a role what it needs, one for each object."""
    for (sort, name), group in groupby(needs, lambda need: (need.sort, need.name)):
        privileges = ", ".join(need.privilege for need in group)
        yield f"GRANT {privileges} ON {sort} {name if sort == 'TABLE' else _quoted(name)} TO {_quoted(role)};"


def _each(table: str, privileges: Iterable[str]) -> Iterator[Need]:
    for privilege in privileges:
        yield Need(privilege, "TABLE", table)


def _home(names: Names) -> str:
    return names.tables["mailbox"].schema


def _quoted(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
