"""What tables and columns are called: PostfixAdmin's names, unless the configuration maps them to others.

SQL is written with names in braces: `{mailbox}` is a table, `{mailbox_quota}` a column of it, `{ext}` the schema of
what is ours. A column that a schema does not have is left out of what is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import LiteralString

from psycopg import sql

from reconciler.providers.sogo.columns import BESIDE, COLUMNS
from reconciler.providers.sogo.hashing import LOCKED

SCHEMA = "public"

#: What is written into columns that not every schema has: as PostfixAdmin itself does.
_MORE: Mapping[str, Mapping[str, LiteralString]] = {
    "domain": {"description": "'reconciler'", "transport": "'virtual'", "password_expiry": "365"},
    "mailbox": {
        "local_part": "%(local)s::text",
        "maildir": "%(domain)s::text || '/' || %(local)s::text || '/'",
        "token_validity": "now()",
        "password_expiry": "now() + interval '365 days'",
    },
    "alias": {},
}


@dataclass(frozen=True)
class Table:
    """One table: its name, and its columns by the name PostfixAdmin has for them; without those it does not have."""

    name: str
    columns: Mapping[str, str]
    schema: str = SCHEMA

    @property
    def identifier(self) -> sql.Identifier:
        """The name as SQL has it."""
        return sql.Identifier(self.schema, self.name)


def _standard() -> dict[str, Table]:
    return {name: Table(name, {column: column for column in columns}) for name, columns in COLUMNS.items()}


@dataclass(frozen=True)
class Names:
    """All names of one groupware.

    Attributes:
        ext: The schema of our own tables and views.
        tables: `domain`, `mailbox` and `alias`.
        default_instance: Label of the instance of domains that nobody has assigned.
        daemons: Role that Postfix and Dovecot read with.
        sogo: Role that SOGo reads with.
    """

    ext: str = "groupware"
    tables: Mapping[str, Table] = field(default_factory=_standard)
    default_instance: str = "main"
    daemons: str = "mailread"
    sogo: str = "sogo"

    def fill(self, text: LiteralString, **more: sql.Composable) -> sql.Composed:
        """Return SQL with its names filled in."""
        return sql.SQL(text).format(**self._marks, **more)

    def said(self, text: LiteralString) -> bytes:
        """The same for a statement that is said again and again, in the one encoding of our connections."""
        filled = self._said.get(text)
        if filled is None:
            filled = self._said[text] = self.fill(text).as_bytes()
        return filled

    @cached_property
    def _said(self) -> dict[str, bytes]:
        return {}

    def beside(self, name: str) -> sql.Identifier:
        """One of PostfixAdmin's other tables: they stand where the mailboxes do."""
        return sql.Identifier(self.tables["mailbox"].schema, name)

    @property
    def home(self) -> sql.Identifier:
        """The schema of the mailboxes."""
        return sql.Identifier(self.tables["mailbox"].schema)

    def has(self, table: str, column: str) -> bool:
        """Whether a table has a column that schemas can do without."""
        return column in self.tables[table].columns

    @cached_property
    def _marks(self) -> dict[str, sql.Composable]:
        return {
            "ext": sql.Identifier(self.ext),
            "default_instance": sql.Literal(self.default_instance),
            "locked": sql.Literal(LOCKED),
            "daemons": sql.Identifier(self.daemons),
            "sogo": sql.Identifier(self.sogo),
            **{name: table.identifier for name, table in self.tables.items()},
            **dict(self._columns()),
            **{f"t_{name}": self.beside(name) for name in BESIDE},
            **dict(self._optional()),
            "is_backup": self._column("d", "domain", "backupmx", sql.SQL("false")),
            "old_path": self._old_path(),
        }

    def _columns(self) -> Iterator[tuple[str, sql.Composable]]:
        for name, table in self.tables.items():
            for column, called in table.columns.items():
                yield f"{name}_{column}", sql.Identifier(called)

    def _optional(self) -> Iterator[tuple[str, sql.Composable]]:
        """Columns that not every schema has, with what is written into them, and how a row is marked as changed."""
        for name, more in _MORE.items():
            there = [(column, value) for column, value in more.items() if self.has(name, column)]
            called = [sql.Identifier(self.tables[name].columns[column]) for column, _ in there]
            yield f"{name}_more", sql.SQL("").join(sql.SQL(", {}").format(each) for each in called)
            yield f"{name}_more_values", sql.SQL("").join(sql.SQL(", " + value) for _, value in there)
            touched = self.tables[name].columns.get("modified")
            when = sql.SQL("") if touched is None else sql.SQL(", {} = now()").format(sql.Identifier(touched))
            yield f"{name}_touched", when

    def _column(self, alias: str, table: str, column: str, otherwise: sql.Composable) -> sql.Composable:
        called = self.tables[table].columns.get(column)
        return otherwise if called is None else sql.Identifier(alias, called)

    def _old_path(self) -> sql.Composed:
        """Where the files of a mailbox are that was there before us: what PostfixAdmin keeps, or domain and name."""
        return sql.SQL("COALESCE(NULLIF(rtrim({}, '/'), ''), {} || '/' || split_part({}, '@', 1))").format(
            self._column("m", "mailbox", "maildir", sql.SQL("''")),
            sql.Identifier("m", self.tables["mailbox"].columns["domain"]),
            sql.Identifier("m", self.tables["mailbox"].columns["username"]),
        )
