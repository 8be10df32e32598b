"""A PostgreSQL database: connections that are kept, and what their failures mean.

Reads are one snapshot each and can not write. A transaction of a writer knows whether its end was asked for: a
connection that breaks before that has changed nothing, one that breaks after it may have.
"""

import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import psycopg
from psycopg import AsyncConnection, IsolationLevel, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from reconciler.providers.sogo.trouble import Trouble

_ID = "groupware-database"

Connection: TypeAlias = AsyncConnection[TupleRow]

#: Errors after which the same may work at once: another transaction was in the way.
_BUSY = (
    errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected, errors.TooManyConnections,
    errors.QueryCanceled, errors.CannotConnectNow, errors.UniqueViolation,
)  # fmt: skip
#: Codes of a connection that ends: after them nobody knows what became of a transaction whose end was asked for.
_LOST = ("57P", "08", "25P03", "40003")
_LOCK_SHARE = 3  # of the patience for an answer, the share that a lock may take
_KEEPALIVE = {"keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3}  # seconds, seconds, times

# A pipeline that ends with an error is reported by the error; psycopg would print a line beside it.
logging.getLogger("psycopg").setLevel(logging.ERROR)


class Database:
    """One database, as one role."""

    def __init__(self, what: str, dsn: Callable[[], str], timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            what: What it is, for messages, such as `the database of groupware`.
            dsn: Looks the DSN up; called with each connection.
            timeout: Seconds to wait for a connection, and for each answer.
        """
        self._what, self._dsn, self._timeout = what, dsn, timeout
        self._idle: list[Connection] = []
        self._peer = "(not yet known)"

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection on one snapshot, which can not write.

        Raises:
            Trouble: If the database can not be reached or does not answer.
        """
        async with self._connection() as connection:
            await connection.set_read_only(True)
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            try:
                yield connection
                await connection.rollback()
            except psycopg.Error as error:
                raise self.trouble(error, certain=True) from None

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[Connection]:
        """A connection in a transaction, which is committed where the block ends without an error.

        Raises:
            Trouble: If it does not do it; `certain` tells whether it surely had no effect.
        """
        async with self._connection() as connection:
            await connection.set_read_only(False)
            await connection.set_isolation_level(IsolationLevel.READ_COMMITTED)
            ending = False
            try:
                yield connection
                ending = True
                await connection.commit()
            except psycopg.Error as error:
                # a server that answers the end with an error has rolled back; one that does not answer may have done it
                raise self.trouble(error, certain=not ending or not _lost(error)) from None

    async def close(self) -> None:
        """Close the connections; the next use opens one again."""
        while self._idle:
            await self._idle.pop().close()

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            yield connection
        except BaseException:
            # whatever it was, the server rolls back what was not committed
            await connection.close()
            raise
        if connection.closed:
            return
        self._idle.append(connection)

    async def _connect(self) -> Connection:
        dsn = self._dsn()
        try:
            given = conninfo_to_dict(dsn)
            readable = _readable(given)
        except psycopg.ProgrammingError:
            readable = False
        if not readable:
            raise Trouble(
                f"the DSN of {self._what} is not one that PostgreSQL's clients read",
                "dsn",
                id=_ID,
                help="write one such as postgresql://USER:PASSWORD@HOST:5432/DATABASE; in it, special characters of a "
                "password are written %40 and the like",
            )
        self._peer = _peer(given)
        milliseconds = max(1, int(self._timeout * 1000))
        defaults: dict[str, str | int] = {
            "connect_timeout": max(2, int(self._timeout)),
            "application_name": "reconciler",
            "client_encoding": "utf8",
            "tcp_user_timeout": milliseconds,
            **_KEEPALIVE,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds // _LOCK_SHARE} "
            f"-c idle_in_transaction_session_timeout={2 * milliseconds}",
        }
        try:
            return await AsyncConnection.connect(
                make_conninfo(dsn, **{name: value for name, value in defaults.items() if name not in given})
            )
        except psycopg.Error as error:
            raise self._not_connected(error) from None

    def _not_connected(self, error: psycopg.Error) -> Trouble:
        """What is wrong when there is no connection: libpq has no code for it, and the words are the server's."""
        text = (str(error).splitlines() or [""])[0]
        _, fatal, said = text.partition("FATAL:")
        said = said.strip()
        if not fatal:
            said = text.rpartition("failed: ")[2].removeprefix("connection is bad: ")
            host, _, port = self._peer.rpartition(":")
            return Trouble(
                f"{self._what} can not be reached at {self._peer}: {said}",
                "unreachable",
                id=_ID,
                help=f"check host and port of the DSN, and that PostgreSQL runs there: pg_isready -h {host} -p {port}",
                transient=True,
            )
        if "authentication failed" in said or ("role" in said and "does not exist" in said):
            return Trouble(
                f"the server {self._peer} does not accept user and password for {self._what}: {said}",
                "credentials",
                id=_ID,
                help="check the DSN that the configuration names; as administrator: ALTER ROLE … PASSWORD '…'",
            )
        return Trouble(
            f"the server {self._peer} lets nobody into {self._what}: {said}",
            "refused",
            id=_ID,
            help="check the database's name in the DSN; the server's log says more",
            transient="too many" in said or "starting up" in said or "shutting down" in said,
        )

    def trouble(self, error: psycopg.Error, *, certain: bool) -> Trouble:
        """Say what an error of a statement means.

        Args:
            error: As psycopg raises it.
            certain: Whether the transaction surely had no effect.
        """
        said = error.diag.message_primary
        if isinstance(error, errors.InsufficientPrivilege):
            return Trouble(
                f"the role of {self._what} lacks a privilege: {said}",
                "privilege",
                id="groupware-privilege",
                help="reconciler doctor says which; `python -m reconciler.providers.sogo sql` prints the GRANTs",
            )
        if isinstance(error, errors.ReadOnlySqlTransaction):
            return Trouble(
                f"{self._what} at {self._peer} can only be read: it is a standby",
                "read-only",
                id=_ID,
                help="name the primary in the DSN",
            )
        if _lost(error) or error.sqlstate is None:
            return Trouble(
                f"the connection to {self._what} at {self._peer} was lost",
                "lost",
                id=_ID,
                transient=True,
                certain=certain,
            )
        return Trouble(
            f"{self._what} says: {said} ({error.sqlstate})",
            error.sqlstate,
            id=_ID,
            transient=isinstance(error, _BUSY),
            certain=certain,
        )


def _readable(given: dict[str, str | int | None]) -> bool:
    """Whether host and port can be ones: where a password has an @ or a / as it is, pieces of it stand there."""
    host, port = str(given.get("host") or ""), str(given.get("port") or "0")
    return "@" not in host and port.replace(",", "").isdigit()


def _lost(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(_LOST)


def _peer(given: dict[str, str | int | None]) -> str:
    host = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "localhost"
    return f"{host}:{given.get('port') or os.environ.get('PGPORT') or 5432}"
