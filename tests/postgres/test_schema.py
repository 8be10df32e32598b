"""The tables of the schema: who makes them, in which versions, under which names."""

import json
import threading

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.diagnostic import Problem
from reconciler.state.backend import Contents
from reconciler.state.places.postgres import schema as tables
from reconciler.state.places.postgres.line import Line
from tests.postgres.images import Image, allow, mailbox

ODD = ["mail", 'a"b', "a b", "ünï", "100%s", "%(x)s", "{}", "Mixed", "select", "a.b", "'; DROP TABLE x; --", "\\"]


def version_1(database):
    """Make the schema as the first version has it, with a state in it."""
    first = tables.migrations()[0].decode()
    with psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE SCHEMA reconciler; SET search_path = reconciler")
        connection.execute(tables._VERSIONS.decode())
        connection.execute(first)
        connection.execute("INSERT INTO migration VALUES (1)")
        connection.execute(
            "INSERT INTO state (name, identity, head, row_count, row_bytes) VALUES ('mail', 'i', 'h', 1, 2)"
        )
        connection.execute("INSERT INTO snapshot SELECT id, 'a', '{}' FROM state")


def version_of(database):
    """The version the schema says it has."""
    with psycopg.connect(database.dsn) as connection:
        return connection.execute("SELECT max(version) FROM reconciler.migration").fetchone()[0]


def test_every_migration_is_known():
    """The version this program writes is that of its last migration."""
    assert len(tables.migrations()) == tables.LATEST


def test_an_older_schema_is_read_as_it_is_and_migrated_by_the_next_writer(database, open_state):
    """Reading changes nothing; the first write brings the schema to the latest version and keeps what was there."""
    version_1(database)
    state = open_state()
    expected = Contents(b"ih{}\n]}\n", b"")
    assert state.read() == expected
    assert version_of(database) == 1
    assert state.write_lock(None, b"mine")
    assert version_of(database) == tables.LATEST
    assert state.read() == expected
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM reconciler.resources").fetchone() == (1,)


def test_a_newer_schema_is_refused(database, open_state, state):
    """Neither read nor written, by whoever meets it first, and also where it appears under a writer's hands."""
    state.append(b"one\n", 0, allow)
    with psycopg.connect(database.dsn) as connection:
        connection.execute("INSERT INTO reconciler.migration VALUES (99)")
    fresh = open_state()
    actions = {
        "read": fresh.read,
        "lock": lambda: fresh.write_lock(None, b"mine"),
        "append": lambda: state.append(b"two\n", 4, allow),
        "replace": lambda: state.replace(Image(1, {}), 4, allow),
    }
    for action in actions.values():
        with pytest.raises(Problem) as caught:
            action()
        assert caught.value.diagnostics[0].id == "state-postgres-schema-newer"
        assert "version 99" in str(caught.value)
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT lock, journal_bytes FROM reconciler.state").fetchall() == [(None, 4)]


def test_tables_of_somebody_else_are_not_touched(database, open_state):
    """A schema in which a table of the same name stands is refused, whole."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE SCHEMA reconciler; CREATE TABLE reconciler.state (federal text)")
    with pytest.raises(Problem) as caught:
        open_state().append(b"", 0, allow)
    assert caught.value.diagnostics[0].id == "state-postgres-schema-foreign"
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'reconciler'::regnamespace")
        assert found.fetchall() == [("state",)]


def test_writers_that_come_together_migrate_once(database):
    """Six connections find no tables; each goes on with one schema, and each migration was made once."""
    lines = [Line(lambda: database.dsn, "here", "reconciler", 10.0) for _ in range(6)]
    start, failed = threading.Barrier(len(lines)), []

    def migrate(line):
        start.wait()
        try:
            line.run(lambda talk: tables.migrate(talk, "reconciler", "here"))
        except Problem as error:
            failed.append(error)

    threads = [threading.Thread(target=migrate, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in lines:
        line.close()
    assert failed == []
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute("SELECT version FROM reconciler.migration ORDER BY version").fetchall()
        assert found == [(number,) for number in range(1, tables.LATEST + 1)]


@pytest.mark.parametrize("schema", ODD)
def test_a_schema_may_have_any_name(open_state, schema):
    """Names that need quoting, that look like a placeholder, or like more than a name."""
    state = open_state("mail", schema=schema)
    assert state.read() == Contents(None, b"")
    assert state.write_lock(None, b"mine")
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    state.replace(Image(1, dict([mailbox(1)])), 8, allow)
    assert state.read() == Contents(Image(1, dict([mailbox(1)])).whole(), b"")
    assert list(state.history()) == [b"one\ntwo\n"]


def test_states_of_one_schema_do_not_touch_each_other(open_state):
    """Each name is a state of its own, whatever is in the name."""
    for number, name in enumerate(ODD):
        state = open_state(name)
        assert state.write_lock(None, b"%d" % number)
        state.append(b"%d\n" % number, 0, allow)
    for number, name in enumerate(ODD):
        state = open_state(name)
        assert state.read_lock() == b"%d" % number
        assert state.read() == Contents(None, b"%d\n" % number)
        state.close()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_row_may_have_any_name(state, name):
    """Law: rows come back in the order of the bytes of their names, whatever those are."""
    rows = {name: b"1", "m": b"2", "ä": b"3"}
    image = Image(1, rows)
    state.replace(image, 0, allow)
    assert state.read().snapshot == image.whole()


def test_a_database_of_another_encoding(postgres_server, open_state):
    """In a database of LATIN1 rows may be named as they like."""
    with postgres_server.connect() as connection:
        connection.execute("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    state = open_state(dsn=postgres_server.dsn_for("western"))
    image = Image(1, {"mailbox 例@example.org": '{"key":"例"}'.encode()})
    state.replace(image, 0, allow)
    assert state.read().snapshot == image.whole()
    state.close()
    with postgres_server.connect() as connection:
        connection.execute("DROP DATABASE western")


def test_people_can_ask_for_resources_in_sql(open_state, database):
    """The view shows plain resources as columns, and nothing of pages that are sealed, whatever they look like."""
    open_state("plain").replace(Image(1, dict([mailbox(1, quota=7)])), 0, allow)
    sealed = {"page 0000": b'"YWdlLWVuY3J5cHRpb24"', "page 0001": b'{"kind":"secret"}', "page 0002": b"\xff\xfe"}
    open_state("sealed").replace(Image(1, sealed), 0, allow)
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute("SELECT * FROM reconciler.resources").fetchall()
        assert found == [("plain", "mailbox", "u000001@example.org", "groupware", {"quota": 7})]
        narrowed = "SELECT key FROM reconciler.resources WHERE kind = 'mailbox' AND (fields ->> 'quota')::int > 6"
        assert connection.execute(narrowed).fetchall() == [("u000001@example.org",)]
        assert "secret" not in json.dumps(found)


def test_a_role_may_be_shown_resources_alone(open_state, database, postgres_server):
    """Who is granted the view needs no right to the tables."""
    open_state("plain").replace(Image(1, dict([mailbox(1)])), 0, allow)
    with postgres_server.connect(database.name) as connection:
        connection.execute("CREATE ROLE viewer")
        connection.execute("GRANT USAGE ON SCHEMA reconciler TO viewer; GRANT SELECT ON reconciler.resources TO viewer")
        connection.execute("SET ROLE viewer")
        assert connection.execute("SELECT kind FROM reconciler.resources").fetchall() == [("mailbox",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM reconciler.snapshot")
        connection.execute("RESET ROLE; DROP OWNED BY viewer; DROP ROLE viewer")
