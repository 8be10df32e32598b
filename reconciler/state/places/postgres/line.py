"""A connection to PostgreSQL: opened when needed, bounded in time, given up after any failure.

A `Line` is used by one thread at a time. What is asked together goes out together (libpq's pipeline mode), so a
transaction that looks, decides and writes takes two ways to the server and back.
"""

import contextlib
import math
import os
import select
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from reconciler.model.diagnostic import Problem
from reconciler.state.places.postgres import problems
from reconciler.state.places.postgres.watch import Watch

T = TypeVar("T")
Value: TypeAlias = bytes | str | int | Sequence[bytes] | None

_ATTEMPTS = 3  # of a transaction that the server rolls back because of another one
_ABANDONED = 60_000  # milliseconds after which the server gives up a transaction whose client has gone silent
_DEFAULTS: dict[str, str | int] = {
    "application_name": "reconciler",
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "gssencmode": "disable",
}
# Without waiting for the disk a commit would not be durable; who set it off for other programs keeps it off for those.
_PREPARE = b"""
SELECT set_config('statement_timeout', %s, false), set_config('idle_in_transaction_session_timeout', %s, false),
       set_config('client_encoding', 'UTF8', false), set_config('default_transaction_read_only', 'off', false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                                        ELSE current_setting('synchronous_commit') END, false)
"""
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
_PIPELINES = psycopg.capabilities.has_pipeline()


class Question(NamedTuple):
    """A statement and its values."""

    statement: bytes
    values: tuple[Value, ...] = ()


class Talk:
    """An open connection, as a transaction uses it."""

    def __init__(self, connection: "psycopg.Connection[TupleRow]", timeout: float) -> None:
        """Talk over a connection, with a number of seconds for each answer."""
        self._connection = connection
        self._watch = Watch(connection.fileno(), timeout)

    @property
    def expired(self) -> bool:
        """Whether an answer took too long; the connection is then cut."""
        return self._watch.expired

    @property
    def ready(self) -> bool:
        """Whether it can be used: a server that closes a connection says so while nobody listens."""
        if self._connection.closed or self._connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN)
        return not poll.poll(0)

    def ask(self, *questions: Question) -> list[list[TupleRow]]:
        """Have statements carried out, in order; when one fails, those behind it are not.

        Raises:
            psycopg.Error: If one fails, or the answer does not come in time.
        """
        together = len(questions) > 1 and _PIPELINES
        with self._watch.limited():
            with self._connection.pipeline() if together else contextlib.nullcontext():
                cursors = [self._connection.cursor(binary=True).execute(*question) for question in questions]
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def script(self, statements: bytes) -> None:
        """Have a text of several statements carried out.

        Raises:
            psycopg.Error: As `ask`.
        """
        with self._watch.limited():
            self._connection.execute(statements)

    def close(self) -> None:
        """Close the connection."""
        self._watch.close()
        with contextlib.suppress(psycopg.Error):
            self._connection.close()


class Line:
    """One connection and who may use it."""

    def __init__(self, dsn: Callable[[], str], where: str, schema: str, timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            dsn: Gives the DSN when it is needed, password included.
            where: The state, as messages name it.
            schema: Its schema, as messages name it.
            timeout: Seconds for each answer, and for connecting.
        """
        self._dsn = dsn
        self._where = where
        self._schema = schema
        self._timeout = timeout
        self._peer = "(not yet known)"
        self._guard = threading.Lock()
        self._open: list[Talk] = []  # one at most
        weakref.finalize(self, _close, self._open)

    def run(self, work: Callable[[Talk], T]) -> T:
        """Do work that is one transaction, again if the server has rolled it back because of another one.

        Raises:
            BackendError: If the server can not be reached or does not do it.
            Problem: What the work raises; the transaction is then rolled back.
        """
        with self._guard:
            for _ in range(_ATTEMPTS - 1):
                with contextlib.suppress(*_AGAIN):
                    return self._once(work)
            try:
                return self._once(work)
            except _AGAIN as error:
                raise self._problem(error) from None

    def close(self) -> None:
        """Close the connection; the next work opens one."""
        with self._guard:
            _close(self._open)

    def _once(self, work: Callable[[Talk], T]) -> T:
        try:
            return work(self._connected())
        except BaseException as error:
            expired = any(talk.expired for talk in self._open)
            # whatever it was, the server rolls back what was not committed
            _close(self._open)
            if not isinstance(error, psycopg.Error) or isinstance(error, _AGAIN):
                raise
            raise self._problem(error, expired=expired) from None

    def _connected(self) -> Talk:
        if self._open and not self._open[0].ready:
            _close(self._open)
        if not self._open:
            self._open.append(Talk(self._connect(), self._timeout))
            milliseconds = str(max(1, int(self._timeout * 1000)))
            self._open[0].ask(Question(_PREPARE, (milliseconds, str(_ABANDONED))))
        return self._open[0]

    def _connect(self) -> "psycopg.Connection[TupleRow]":
        dsn = self._dsn()
        try:
            given = conninfo_to_dict(dsn)
        except psycopg.ProgrammingError:
            raise problems.bad_dsn(self._where) from None
        if not _plausible(given):
            raise problems.bad_dsn(self._where)
        defaults: dict[str, str | int] = {**_DEFAULTS, "connect_timeout": math.ceil(self._timeout)}
        self._peer = _peer(given)
        try:
            return psycopg.connect(
                make_conninfo(dsn, **{name: value for name, value in defaults.items() if name not in given}),
                autocommit=True,
            )
        except psycopg.Error as error:
            raise self._not_connected(error) from None

    def _not_connected(self, error: psycopg.Error) -> Problem:
        """What is wrong when there is no connection: libpq has no code for it, and the words are the server's."""
        if isinstance(error, errors.ConnectionTimeout):
            return problems.timed_out(self._where, self._peer, max(2, math.ceil(self._timeout)))
        text = (str(error).splitlines() or [""])[0]
        _, fatal, said = text.partition("FATAL:")
        if not fatal:
            said = text.rpartition("failed: ")[2].removeprefix("connection is bad: ")
            return (problems.credentials if "no password" in said else problems.unreachable)(
                self._where, self._peer, said
            )
        said = said.strip()
        if "database" in said and "does not exist" in said:
            return problems.no_database(self._where, self._peer, said)
        if "authentication failed" in said or ("role" in said and "does not exist" in said):
            return problems.credentials(self._where, self._peer, said)
        return problems.refused(self._where, self._peer, said)

    def _problem(self, error: psycopg.Error, *, expired: bool = False) -> Problem:
        if expired or isinstance(error, errors.QueryCanceled):
            return problems.timed_out(self._where, self._peer, self._timeout)
        said = error.diag.message_primary
        if isinstance(error, errors.InsufficientPrivilege):
            return problems.privileges(self._where, self._schema, said or "")
        if isinstance(error, errors.ReadOnlySqlTransaction):
            return problems.read_only(self._where, self._peer)
        if isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P01").startswith(
            ("57P", "08", "25P03")
        ):
            return problems.lost(self._where, self._peer)
        return problems.failed(self._where, self._peer, f"{said} ({error.sqlstate})" if said else str(error))


def _peer(given: dict[str, str | int | None]) -> str:
    host = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "localhost"
    return f"{host}:{given.get('port') or os.environ.get('PGPORT') or 5432}"


def _plausible(given: dict[str, str | int | None]) -> bool:
    """Whether the parts of a DSN are such: a password whose `@` or `/` is not escaped ends up in host, port or name."""
    ports = str(given.get("port") or "").split(",")
    names = f"{given.get('host')}{given.get('hostaddr')}{given.get('dbname')}"
    return "@" not in names and all(port.isdecimal() for port in ports if port)


def _close(talks: list[Talk]) -> None:
    while talks:
        talks.pop().close()
