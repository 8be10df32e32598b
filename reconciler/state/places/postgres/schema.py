"""The tables of our own schema, by numbered migrations.

Only a writer migrates, under an advisory lock, and all at once: whoever reads meanwhile sees the version before or the
one after. A version is never taken back; a later one is refused.
"""

import zlib
from importlib.resources import files

from psycopg import errors

from reconciler.state.places.postgres import problems
from reconciler.state.places.postgres.line import Question, Talk

_MIGRATIONS = "migrations"
_VERSIONS = b"CREATE TABLE migration (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
_LOCK_SPACE = zlib.crc32(b"reconciler") & 0x7FFFFFFF


def migrations() -> list[bytes]:
    """Every migration as SQL; the first leads from nothing to version 1."""
    folder = files("reconciler.state.places.postgres") / _MIGRATIONS
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name)
    return [each.read_bytes() for each in found]


#: The version this program writes.
LATEST = 2


def quoted(name: str) -> bytes:
    """Return a name as an identifier of a statement that has values, where a percent sign is special."""
    return b'"%b"' % name.encode().replace(b'"', b'""').replace(b"%", b"%%")


def version(talk: Talk, schema: str) -> int:
    """Return the schema's version, 0 where there are no tables of ours.

    Raises:
        psycopg.Error: If it can not be read.
    """
    [[(there,)]] = talk.ask(Question(b"SELECT to_regclass(%s) IS NOT NULL", (_regclass(schema),)))
    if not there:
        return 0
    [[(found,)]] = talk.ask(Question(b"SELECT max(version) FROM %b.migration" % quoted(schema)))
    return int(found or 0)


def migrate(talk: Talk, schema: str, where: str) -> None:
    """Bring the schema to the latest version; nothing happens where it has it.

    Raises:
        Problem: If it has a later one, or tables of something else.
        psycopg.Error: If the server does not do it.
    """
    found = version(talk, schema)
    check(found, schema, where)
    if found == LATEST:
        return
    talk.ask(Question(b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"))
    lock = (_LOCK_SPACE, zlib.crc32(schema.encode()) & 0x7FFFFFFF)
    talk.ask(Question(b"SELECT pg_advisory_xact_lock(%s, %s)", lock))
    [[(there,)]] = talk.ask(Question(b"SELECT to_regnamespace(%s) IS NOT NULL", (_identifier(schema),)))
    if not there:
        talk.ask(Question(b"CREATE SCHEMA %b" % quoted(schema)))
    talk.ask(Question(b"SELECT set_config('search_path', %s, true)", (_identifier(schema),)))
    # another may have done it while this one waited for the lock
    found = version(talk, schema)
    check(found, schema, where)
    try:
        if found == 0:
            talk.ask(Question(_VERSIONS))
        for number, migration in enumerate(migrations()[found:], start=found + 1):
            talk.script(migration)
            talk.ask(Question(b"INSERT INTO migration (version) VALUES (%s)", (number,)))
    except errors.DuplicateTable as error:
        raise problems.foreign_schema(where, schema, error.diag.message_primary or "") from None
    talk.ask(Question(b"COMMIT"))


def check(found: int, schema: str, where: str) -> None:
    """Refuse a schema that this version does not know.

    Raises:
        Problem: If it is newer.
    """
    if found > LATEST:
        raise problems.newer(where, schema, found, LATEST)


def _identifier(schema: str) -> str:
    return '"' + schema.replace('"', '""') + '"'


def _regclass(schema: str) -> str:
    return _identifier(schema) + ".migration"
