"""A connection to PostgreSQL: opened when needed, bounded in time, given up after any failure.

A `Line` is used by one thread at a time. What is asked together goes out together (libpq's pipeline mode), so a
transaction that looks, decides and writes takes two ways to the server and back.
"""

import contextlib
import math
import os
import select
import socket
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from reconciler.model.diagnostic import Problem
from reconciler.state.postgres import problems

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
       set_config('client_encoding', 'UTF8', false),
       set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
                                        ELSE current_setting('synchronous_commit') END, false)
"""
_PIPELINES = psycopg.capabilities.has_pipeline()


class Question(NamedTuple):
    """A statement and its values."""

    statement: bytes
    values: tuple[Value, ...] = ()


class Talk:
    """The use of an open connection by one transaction.

    Attributes:
        expired: Whether an answer took too long; the connection is then cut.
    """

    def __init__(self, connection: "psycopg.Connection[TupleRow]", timeout: float) -> None:
        """Talk over a connection, with a number of seconds for each answer."""
        self.expired = False
        self._connection = connection
        self._timeout = timeout

    def ask(self, *questions: Question) -> list[list[TupleRow]]:
        """Have statements carried out, in order; when one fails, those behind it are not.

        Raises:
            psycopg.Error: If one fails, or the answer does not come in time.
        """
        together = len(questions) > 1 and _PIPELINES
        with self._deadline():
            with self._connection.pipeline() if together else contextlib.nullcontext():
                cursors = [self._connection.cursor(binary=True).execute(*question) for question in questions]
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def script(self, statements: bytes) -> None:
        """Have a text of several statements carried out.

        Raises:
            psycopg.Error: As `ask`.
        """
        with self._deadline():
            self._connection.execute(statements)

    @contextlib.contextmanager
    def _deadline(self) -> Iterator[None]:
        """Cut the connection when the time is over: libpq itself would wait for a silent peer without end."""
        # the server stops a slow statement by itself and says so: it is given the time for that
        timer = threading.Timer(self._timeout + min(1.0, self._timeout / 4), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _cut(self) -> None:
        self.expired = True
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as peer:
            peer.shutdown(socket.SHUT_RDWR)


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
        self._open: list[psycopg.Connection[TupleRow]] = []
        weakref.finalize(self, _close, self._open)

    def run(self, work: Callable[[Talk], T]) -> T:
        """Do work that is one transaction, again if the server has rolled it back because of another one.

        Raises:
            BackendError: If the server can not be reached or does not do it.
            Problem: What the work raises; the transaction is then rolled back.
        """
        with self._guard:
            for attempt in range(1, _ATTEMPTS + 1):
                talk: Talk | None = None
                try:
                    talk = Talk(self._connected(), self._timeout)
                    return work(talk)
                except (errors.SerializationFailure, errors.DeadlockDetected) as error:
                    _close(self._open)
                    if attempt == _ATTEMPTS:
                        raise self._problem(error, expired=False) from None
                except BaseException as error:
                    # whatever it was, the server rolls back what was not committed
                    _close(self._open)
                    if isinstance(error, psycopg.Error):
                        raise self._problem(error, expired=talk is not None and talk.expired) from None
                    raise
            raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Close the connection; the next work opens one."""
        with self._guard:
            _close(self._open)

    def _connected(self) -> "psycopg.Connection[TupleRow]":
        if self._open and not _idle(self._open[0]):
            _close(self._open)
        if not self._open:
            self._open.append(self._connect())
            milliseconds = str(max(1, int(self._timeout * 1000)))
            Talk(self._open[0], self._timeout).ask(Question(_PREPARE, (milliseconds, str(_ABANDONED))))
        return self._open[0]

    def _connect(self) -> "psycopg.Connection[TupleRow]":
        dsn = self._dsn()
        try:
            given = conninfo_to_dict(dsn)
        except psycopg.ProgrammingError:
            raise problems.bad_dsn(self._where) from None
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
            return problems.unreachable(self._where, self._peer, text.rpartition("failed: ")[2])
        said = said.strip()
        if "database" in said and "does not exist" in said:
            return problems.no_database(self._where, self._peer, said)
        if "authentication failed" in said or ("role" in said and "does not exist" in said):
            return problems.credentials(self._where, self._peer, said)
        return problems.refused(self._where, self._peer, said)

    def _problem(self, error: psycopg.Error, *, expired: bool) -> Problem:
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


def _idle(connection: "psycopg.Connection[TupleRow]") -> bool:
    """Whether a connection can be used: a server that closes one says so while nobody listens."""
    if connection.closed or connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def _close(connections: "list[psycopg.Connection[TupleRow]]") -> None:
    while connections:
        with contextlib.suppress(psycopg.Error):
            connections.pop().close()
