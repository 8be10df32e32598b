"""What reconciler needs in the database, as SQL: tables where PostfixAdmin's are not there, what is ours, and views."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from reconciler.providers.sogo.names import Names

#: The comment of our schema: what a later version would have to change.
VERSION = "reconciler 1"

#: The tables of our own.
TABLES = ("instance", "domain_instance", "storage", "send_as", "usage", "leaving", "stale")

#: The views, the ones that read others first.
VIEWS = ("sogo_users", "domain_alias", "closed", "alias_target", "sender_login", "login", "hosted")


@dataclass(frozen=True)
class Lack:
    """What a database has not of what is needed.

    Attributes:
        tables: Whether `domain`, `mailbox` and `alias` are all missing.
        schema: Whether our schema is.
        extension: Whether what stands in it is.
        views: Whether one of the views is.
        quota2: Whether PostfixAdmin's table of what is used is there.
        alias_domain: Whether its table of alias domains is.
        roles: Of the roles of daemons and SOGo those that are there, to be given their rights.
    """

    tables: bool = False
    schema: bool = False
    extension: bool = False
    views: bool = False
    quota2: bool = False
    alias_domain: bool = False
    roles: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return self.tables or self.schema or self.extension or self.views


def _readers(names: Names) -> tuple[tuple[str, str], ...]:
    return ("daemons", names.daemons), ("sogo", names.sogo)


@cache
def _text(name: str) -> LiteralString:
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")


def statements(names: Names, lack: Lack) -> Sequence[sql.Composed]:
    """What makes the missing, in order; each is a script of several statements, and all belong in one transaction."""
    parts = [names.fill(_text("tables"))] if lack.tables else []
    if lack.schema:
        parts.append(names.fill("CREATE SCHEMA {ext};\n"))
    if lack.extension:
        parts.append(names.fill(_text("extension")))
        if lack.quota2:
            parts.append(names.fill(_text("usage"), quota2=names.beside("quota2"), home=names.home))
    if lack.views or lack.extension:
        parts.append(views(names, alias_domain=lack.alias_domain))
        parts += [names.fill(_text(part)) for part, role in _readers(names) if role in lack.roles]
    return parts


def views(names: Names, *, alias_domain: bool) -> sql.Composed:
    """What makes the views, or makes them anew.

    Args:
        names: What things are called.
        alias_domain: Whether there is a table of alias domains.
    """
    if alias_domain:
        source = names.fill("SELECT alias_domain, target_domain FROM {t_alias_domain} WHERE active")
    else:
        source = sql.SQL("SELECT NULL::varchar AS alias_domain, NULL::varchar AS target_domain WHERE false").format()
    return names.fill(_text("views"), domain_alias=source)


def drop_views(names: Names) -> sql.Composed:
    """What takes the views away, before an upgrade of PostfixAdmin that changes the type of a column."""
    listed = sql.SQL(", ").join(sql.Identifier(names.ext, view) for view in VIEWS)
    return sql.SQL("DROP VIEW IF EXISTS {};\n").format(listed)
