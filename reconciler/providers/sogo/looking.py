"""What a database has of what is needed, and what the role may do there; looked up in the catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.providers.sogo.columns import BESIDE
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.names import Names, Table
from reconciler.providers.sogo.privileges import Need, grants, to_enter, to_read, to_write
from reconciler.providers.sogo.schema import VERSION, VIEWS, Lack
from reconciler.providers.sogo.trouble import Trouble, together

_COLUMNS = """
SELECT c.relname, a.attname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_OURS = """
SELECT nspname::text FROM pg_catalog.pg_namespace
WHERE obj_description(oid, 'pg_namespace') = %s AND nspname <> %s ORDER BY 1 LIMIT 1
"""
_AROUND = """
SELECT current_user::text, current_database()::text,
       EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s),
       ARRAY(SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = ANY (%s))
"""
_MAY_NOT = """
SELECT n.place::int FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS n (sort, name, privilege, place)
WHERE NOT CASE n.sort
    WHEN 'TABLE' THEN has_table_privilege(n.name, n.privilege)
    WHEN 'SCHEMA' THEN has_schema_privilege(n.name, n.privilege)
    ELSE has_database_privilege(n.name, n.privilege)
END ORDER BY n.place
"""


@dataclass(frozen=True)
class Found:
    """What a database has.

    Attributes:
        lack: What is missing, and is made with the first write.
        beside: PostfixAdmin's other tables that are there.
        grants: Statements that allow the role what it has to do for a write, and may not.
    """

    lack: Lack
    beside: frozenset[str] = frozenset()
    grants: tuple[str, ...] = ()

    @property
    def lacking(self) -> str:
        """What is wrong where grants are needed."""
        return "the role lacks rights that writing needs"


async def look(connection: Connection, names: Names) -> Found:
    """Look at a database.

    Raises:
        Trouble: If what is there can not be read, or is not what is needed; `also` has the rest of it.
    """
    home = names.tables["mailbox"].schema
    there, ours = await _columns(connection, home), await _columns(connection, names.ext)
    role, database, extended, roles = await _around(connection, names)
    lost = {name: table for name, table in names.tables.items() if table.name not in there}
    lack = Lack(
        tables=len(lost) == len(names.tables),
        schema=not extended,
        extension="instance" not in ours,
        views=not ours.keys() >= set(VIEWS),
        quota2="quota2" in there,
        alias_domain="alias_domain" in there,
        roles=roles,
    )
    if lack.extension:
        await _not_elsewhere(connection, names)
    if not lack.tables:
        _fits(names, there, lost)
    closed = await _may_not(connection, to_enter(names, lack)) or await _may_not(connection, to_read(names, lack))
    if closed:
        raise _not_readable(role, closed)
    beside = frozenset(there) & frozenset(BESIDE)
    forbidden = await _may_not(connection, to_write(names, lack, beside, database))
    return Found(lack, beside, tuple(grants(forbidden, role)))


async def _not_elsewhere(connection: Connection, names: Names) -> None:
    """Where our schema is not, it must not be there by another name: all instances would look as if they were gone.

    Raises:
        Trouble: If it is.
    """
    row = await (await connection.execute(_OURS, (VERSION, names.ext))).fetchone()
    if row is not None:
        raise Trouble(
            f"the schema '{names.ext}' is not there, but '{row[0]}' is, which reconciler has made",
            "schema",
            id="groupware-schema",
            help=f"write `schema: {row[0]}` in the provider's block",
        )


async def _columns(connection: Connection, schema: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in await (await connection.execute(_COLUMNS, (schema,))).fetchall():
        found.setdefault(table, set()).add(column)
    return found


async def _around(connection: Connection, names: Names) -> tuple[str, str, bool, frozenset[str]]:
    """Role, database, whether our schema is there, and which of the daemons' roles are."""
    row = await (await connection.execute(_AROUND, (names.ext, [names.daemons, names.sogo]))).fetchone()
    assert row is not None
    return row[0], row[1], row[2], frozenset(row[3])


async def _may_not(connection: Connection, wanted: Iterable[Need]) -> list[Need]:
    """What of some privileges the role does not have."""
    needs = list(wanted)
    given = [need.sort for need in needs], [need.name for need in needs], [need.privilege for need in needs]
    rows = await (await connection.execute(_MAY_NOT, given)).fetchall()
    return [needs[place - 1] for (place,) in rows]


def _fits(names: Names, there: Mapping[str, set[str]], lost: Mapping[str, Table]) -> None:
    """Hold the tables to what is needed.

    Raises:
        Trouble: If a table or a column is missing.
    """
    troubles = [_no_table(name, table) for name, table in lost.items()]
    troubles += [
        _no_column(name, table, column, called)
        for name, table in names.tables.items()
        for column, called in table.columns.items()
        if name not in lost and called not in there[table.name]
    ]
    if troubles:
        raise together(troubles)


def _no_table(name: str, table: Table) -> Trouble:
    return Trouble(
        f"the database has no table {table.schema}.{table.name}, though it has others of PostfixAdmin's",
        "schema",
        id="groupware-schema",
        help=f"say what it is called: `tables: {{{name}: {{table: NAME}}}}`; or check the DSN",
    )


def _no_column(name: str, table: Table, column: str, called: str) -> Trouble:
    return Trouble(
        f"the table {table.schema}.{table.name} has no column '{called}'",
        "schema",
        id="groupware-schema",
        help=f"say what it is called: `tables: {{{name}: {{columns: {{{column}: NAME}}}}}}`",
    )


def _not_readable(role: str, needs: list[Need]) -> Trouble:
    listed = ", ".join(dict.fromkeys(f"{need.sort.lower()} {need.name}" for need in needs))
    return Trouble(
        f"the role {role} may not read the {listed}",
        "privilege",
        id="groupware-privilege",
        help="as the owner: " + " ".join(grants(needs, role)),
    )
