"""Each kind of trouble has a diagnostic of its own, and leaves what was there as it was."""

import contextlib
import signal
import socket
import threading
import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from reconciler.model.diagnostic import Problem
from reconciler.model.reading import read_model
from reconciler.model.source import Origin
from reconciler.state.backend import BackendError, Contents
from reconciler.state.places.postgres.line import Question
from reconciler.state.places.postgres.settings import PostgresSettings
from reconciler.state.places.postgres.state import PostgresState
from tests.postgres.images import Image, allow, mailbox
from tests.servers import keeper, proxy
from tests.servers.postgres import running
from tests.servers.proxy import Fault, Trouble


def trouble(action, kind=BackendError):
    """The one diagnostic an action ends with."""
    with pytest.raises(kind) as caught:
        action()
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.help
    return diagnostic


def test_nobody_listens(open_state):
    """A port without a server: unreachable, named by host and port."""
    port = keeper.free_port()
    found = trouble(open_state(dsn=f"postgresql://u:geheim@127.0.0.1:{port}/d").read)
    assert found.id == "state-postgres-unreachable"
    assert f"127.0.0.1:{port}" in found.message
    assert "refused" in found.message
    assert found.help.endswith(f"pg_isready -h 127.0.0.1 -p {port}")


def test_a_mistake_beside_the_dsn_is_named_as_it_is_written():
    """No word of the code's own stands in the message, and the right one is proposed."""
    with pytest.raises(Problem) as caught:
        read_model(
            PostgresSettings, {"dsn": {"envv": "X"}, "name": "mail"}, Origin("mail.yaml", 0), "`state: postgres`"
        )
    found = caught.value.diagnostics[0]
    assert found.message == "'dsn' of `state: postgres` has no field 'envv'"
    assert found.help == "did you mean `env`?"


def test_a_host_that_is_not_there(open_state):
    """A name that leads nowhere: unreachable."""
    found = trouble(open_state(dsn="postgresql://u:geheim@no.such.host.invalid/d").read)
    assert found.id == "state-postgres-unreachable"
    assert "no.such.host.invalid:5432" in found.message


def test_a_server_that_never_answers(open_state):
    """Somebody listens and says nothing: the wait has an end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        state = open_state(dsn=f"postgresql://u:geheim@127.0.0.1:{port}/d", timeout=0.5)
        assert trouble(state.read).id == "state-postgres-timeout"


@pytest.mark.parametrize(("user", "password"), [("role", "wrong"), ("nobody_here", "x")])
def test_wrong_credentials(open_state, database, postgres_server, user, password):
    """A wrong password and a role that does not exist, which the server does not tell apart."""
    name = database.role if user == "role" else user
    found = trouble(open_state(dsn=postgres_server.dsn_for(database.name, name, password)).read)
    assert found.id == "state-postgres-credentials"
    assert name in found.message


def test_a_database_that_is_missing(open_state, database, postgres_server):
    """The name of the database is said."""
    dsn = postgres_server.dsn_for("nowhere", database.role, database.password)
    found = trouble(open_state(dsn=dsn).read)
    assert found.id == "state-postgres-database"
    assert '"nowhere"' in found.message


def test_a_server_that_lets_nobody_in(open_state, database, postgres_server):
    """A role that may not log in is refused, in the server's own words."""
    with postgres_server.connect() as connection:
        connection.execute(f"ALTER ROLE {database.role} NOLOGIN")
    found = trouble(open_state().read)
    assert found.id == "state-postgres-refused"
    assert "not permitted to log in" in found.message


def test_a_role_that_may_not_make_the_schema(open_state, database, postgres_server):
    """It is said what an administrator has to type; with that, it works."""
    with postgres_server.connect() as connection:
        connection.execute(f"REVOKE CREATE ON DATABASE {database.name} FROM {database.role}")
    state = open_state()
    assert state.read() == Contents(None, b"")
    found = trouble(lambda: state.write_lock(None, b"mine"))
    assert found.id == "state-postgres-privileges"
    assert "CREATE SCHEMA IF NOT EXISTS reconciler; ALTER SCHEMA reconciler OWNER TO" in found.help
    with postgres_server.connect(database.name) as connection:
        connection.execute(f"CREATE SCHEMA reconciler AUTHORIZATION {database.role}")
    assert state.write_lock(None, b"mine")


def test_a_role_that_may_not_use_the_tables(state, open_state, postgres_server, database):
    """Another role than the owner reads nothing until it is granted."""
    with postgres_server.connect(database.name) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
        try:
            other = open_state(dsn=postgres_server.dsn_for(database.name, "stranger", "stranger"))
            assert trouble(other.read).id == "state-postgres-privileges"
            connection.execute("GRANT USAGE ON SCHEMA reconciler TO stranger")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA reconciler TO stranger")
            assert other.read() == Contents(None, b"")
            assert trouble(lambda: other.append(b"x", 0, allow)).id == "state-postgres-privileges"
            other.close()
        finally:
            connection.execute("DROP OWNED BY stranger; DROP ROLE stranger")


def test_no_password(open_state, database, monkeypatch):
    """A server that asks for one that is nowhere: wrong credentials."""
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")
    found = trouble(open_state(dsn=database.dsn.partition(" password=")[0]).read)
    assert found.id == "state-postgres-credentials"
    assert "no password supplied" in found.message


def test_what_the_dsn_asks_of_tls_is_asked(open_state, database):
    """A server without TLS is not talked to where the DSN requires it."""
    found = trouble(open_state(dsn=f"{database.dsn} sslmode=require").read)
    assert found.id == "state-postgres-unreachable"
    assert "SSL" in found.message


@pytest.mark.parametrize(
    "dsn",
    [
        "host=h geheim",
        "postgresql://u:geheim@geheim@h/d",
        "postgresql://u:geheim/geheim@h/d",
        "postgresql://u:12/geheim@h/d",
        "postgresql://u:geheim%zz@h/d",
    ],
)
def test_a_dsn_that_is_none(open_state, dsn):
    """No word of it is repeated, also where an unescaped password makes it mean something else than it says."""
    found = trouble(open_state(dsn=dsn).read, Problem)
    assert found.id == "state-postgres-dsn"
    assert "geheim" not in str(found)


def test_a_row_that_is_held_by_somebody_else(state, database):
    """A write waits for as long as it may and then says so; nothing is written."""
    state.append(b"one\n", 0, allow)
    state.close()
    with psycopg.connect(database.dsn) as other:
        other.execute("SELECT FROM reconciler.state FOR UPDATE")
        state._line._timeout = 0.3
        assert trouble(lambda: state.append(b"two\n", 4, allow)).id == "state-postgres-timeout"
        assert state.read().journal == b"one\n"
    state.append(b"two\n", 4, allow)
    assert state.read().journal == b"one\ntwo\n"


def test_a_connection_that_the_server_has_closed_is_opened_again(state, postgres_server):
    """Between two uses a server may be restarted; nobody notices."""
    state.append(b"one\n", 0, allow)
    ends(postgres_server)
    state.append(b"two\n", 4, allow)
    assert state.read().journal == b"one\ntwo\n"


def ends(server):
    """Let the server end every connection of ours, and wait until it has."""
    with server.connect() as connection:
        ours = "FROM pg_stat_activity WHERE application_name = 'reconciler'"
        connection.execute(f"SELECT pg_terminate_backend(pid) {ours}")
        keeper.until(lambda: connection.execute(f"SELECT count(*) {ours}").fetchone() == (0,))


def test_a_connection_that_is_lost_in_the_middle(state, postgres_server):
    """The transaction has no effect, and the next one opens a connection of its own."""
    state.append(b"one\n", 0, allow)
    found = trouble(lambda: state.replace(Image(1, {}), 4, lambda _: ends(postgres_server)))
    assert found.id == "state-postgres-lost"
    assert state.read() == Contents(None, b"one\n")


@pytest.fixture
def way(postgres_server):
    """A way to the server that can be disturbed."""
    with proxy.to(postgres_server.port, proxy.postgres_request) as way:
        yield way


@pytest.fixture
def distant(open_state, database, way):
    """A state that is reached over that way, with a short patience."""
    state = open_state(dsn=make_conninfo(database.dsn, port=way.port), timeout=0.5)
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    return state


DIAGNOSED = {
    Trouble.REFUSED: "state-postgres-lost",
    Trouble.STALLED: "state-postgres-timeout",
    Trouble.TORN: "state-postgres-lost",
    Trouble.UNANSWERED: "state-postgres-lost",
}


@pytest.mark.parametrize("short", [True, False], ids=["one way", "two ways"])
@pytest.mark.parametrize("kind", DIAGNOSED, ids=str)
def test_an_append_whose_answer_does_not_come(distant, way, kind, short):
    """It ends with a diagnostic in time; the commit is there or not there, whole, and the next one knows which."""
    text = b"three\n"
    way.arm(Fault(kind, containing=b"INSERT" if short else b"COMMIT\0"))
    if not short:
        distant._migrate()
        distant._seen_last = None
    assert trouble(lambda: distant.append(text, 8, allow)).id == DIAGNOSED[kind]
    assert way.struck == 1
    way.heal()
    written = kind is Trouble.UNANSWERED
    assert distant.read().journal == b"one\ntwo\n" + (text if written else b"")
    distant.append(b"four\n", 8, allow)
    assert distant.read().journal == b"one\ntwo\nfour\n"


@pytest.mark.parametrize("kind", DIAGNOSED, ids=str)
def test_a_snapshot_whose_commit_is_not_answered(distant, way, kind):
    """Snapshot and journal are those before it or those after it."""
    image = Image(1, dict([mailbox(1)]))
    way.arm(Fault(kind, containing=b"COMMIT\0"))
    assert trouble(lambda: distant.replace(image, 8, allow)).id == DIAGNOSED[kind]
    way.heal()
    if kind is Trouble.UNANSWERED:
        assert distant.read() == Contents(image.whole(), b"")
        assert list(distant.history()) == [b"one\ntwo\n"]
    else:
        assert distant.read() == Contents(None, b"one\ntwo\n")
        assert list(distant.history()) == []


def test_a_server_that_is_gone(distant, way):
    """Every attempt fails until it is back, and then goes on."""
    way.arm(Fault(Trouble.REFUSED, times=1000))
    for action in (distant.read, distant.read_lock, lambda: distant.append(b"x", 8, allow)):
        assert trouble(action).id in ("state-postgres-lost", "state-postgres-unreachable")
    way.heal()
    assert distant.read().journal == b"one\ntwo\n"


def test_a_heartbeat_does_not_wait_for_a_slow_reading(state, database, open_state):
    """The lock is kept on a connection of its own: what the other one waits for does not hold it up."""
    assert state.write_lock(None, b"mine")
    with psycopg.connect(database.dsn) as other:
        other.execute("LOCK TABLE reconciler.journal IN ACCESS EXCLUSIVE MODE")
        reading = threading.Thread(target=state.read)
        reading.start()
        with psycopg.connect(database.dsn, autocommit=True) as look:
            keeper.until(
                lambda: look.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'relation'").fetchone()
            )
        started = time.monotonic()
        assert state.write_lock(b"mine", b"still mine")
        assert time.monotonic() - started < 5  # seconds; the reading would give up after ten
        assert reading.is_alive()
    reading.join()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM reconciler.snapshot WHERE convert_from(name, 'UTF8') LIKE '%000001%'", "has 1 rows"),
        ("UPDATE reconciler.snapshot SET content = substring(content FOR 20)", "has 2 rows of 40 bytes"),
        ("DELETE FROM reconciler.journal WHERE start = 4", "4 bytes where 8 were written"),
        ("DELETE FROM reconciler.journal WHERE start = 0", "lacks the bytes 0 to 4"),
    ],
)
def test_rows_that_somebody_took_away(state, database, damage, said):
    """A state that is not whole is not read, and it is said what is missing."""
    state.replace(Image(1, dict([mailbox(1), mailbox(2)])), 0, allow)
    state.append(b"one\n", 0, allow)
    state.append(b"two\n", 4, allow)
    with psycopg.connect(database.dsn) as connection:
        connection.execute(damage)
    found = trouble(state.read, Problem)
    assert found.id == "state-truncated"
    assert said in found.message


def test_a_loss_is_not_covered_up_by_the_next_write(state, database):
    """A snapshot by changes reckons its rows from those that were written, so what is missing stays missing."""
    before = dict([mailbox(1), mailbox(2)])
    state.replace(Image(1, before), 0, allow)
    with psycopg.connect(database.dsn) as connection:
        connection.execute("DELETE FROM reconciler.snapshot WHERE convert_from(name, 'UTF8') LIKE '%000001%'")
    state.replace(Image(2, {**before, **dict([mailbox(3)])}, before=before), 0, allow)
    assert trouble(state.read, Problem).id == "state-truncated"


def test_tables_that_are_gone_are_no_empty_state(state, database):
    """Only where none of our tables is there at all is the state empty: else a plan would create everything again."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("DROP TABLE reconciler.journal, reconciler.snapshot, reconciler.state CASCADE")
    for action in (state.read, state.read_lock, lambda: list(state.history())):
        assert trouble(action).id == "state-postgres-failed"


def test_a_deadlock_is_tried_again(state, database, postgres_server):
    """The server ends one of two transactions that wait for each other; ours is done again from its beginning."""
    asked = []
    image = Image(1, dict([mailbox(1)]))
    with postgres_server.connect(database.name) as other, postgres_server.connect() as look:
        other.execute("SET deadlock_timeout = '1h'")  # so it is ours that is ended
        other.execute("BEGIN")
        other.execute("LOCK TABLE reconciler.snapshot IN SHARE MODE")

        def want_the_row():
            other.execute("SELECT FROM reconciler.state FOR UPDATE")
            other.execute("ROLLBACK")

        wanting = threading.Thread(target=want_the_row)

        def cross(_standing):
            asked.append(1)
            if len(asked) == 1:
                wanting.start()
                waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                keeper.until(lambda: look.execute(waiting).fetchone())

        state.replace(image, 0, cross)
        wanting.join()
    assert len(asked) == 2
    assert state.read() == Contents(image.whole(), b"")


def test_a_standby_can_be_read_and_not_written():
    """A server that follows another gives what it has, and says that it can not be written."""
    with running() as server, server.database() as database, contextlib.closing(opened(database.dsn)) as state:
        state.append(b"one\n", 0, allow)
        (server.data / "standby.signal").touch()
        server.restart()
        assert state.read().journal == b"one\n"
        for action in (lambda: state.append(b"two\n", 4, allow), lambda: state.write_lock(None, b"mine")):
            assert trouble(action).id == "state-postgres-read-only"
        (server.data / "standby.signal").unlink()
        server.restart()
        state.append(b"two\n", 4, allow)


def opened(dsn):
    """A state beside the fixtures."""
    return PostgresState(lambda: dsn, name="mail")


def test_commits_wait_for_the_disk(state, database, postgres_server):
    """A role for which synchronous_commit is off has it on in our connections."""
    with postgres_server.connect() as connection:
        connection.execute(f"ALTER ROLE {database.role} SET synchronous_commit = off")
    state.close()
    assert state._line.run(lambda talk: talk.ask(Question(b"SHOW synchronous_commit"))) == [[("on",)]]


def test_a_server_that_is_killed_keeps_what_was_answered():
    """With a server that waits for the disk: after SIGKILL and a new start, every answered append is there."""
    with (
        running(durable=True) as server,
        server.database() as database,
        contextlib.closing(opened(database.dsn)) as state,
    ):
        text = b""
        for number in range(50):
            line = b"%d\n" % number
            state.append(line, len(text), allow)
            text += line
        server.daemon.signal(signal.SIGKILL)
        keeper.until(lambda: not server.daemon.alive)
        server.restart()
        assert state.read().journal == text
