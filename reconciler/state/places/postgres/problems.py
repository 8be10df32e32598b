"""The problems of state in PostgreSQL, each with its way out. None of them holds a password or a DSN."""

from reconciler.model.diagnostic import Problem, problem
from reconciler.model.source import Span
from reconciler.state.backend import BackendError


def no_driver(at: Span | None) -> Problem:
    """The library that speaks to the server is not installed."""
    return Problem(
        problem(
            "state-postgres-driver",
            "state is kept in PostgreSQL, and the library psycopg is not installed",
            at=at,
            help="pip install 'reconciler[postgres]'",
        )
    )


def bad_dsn(where: str, at: Span | None = None) -> Problem:
    """The DSN can not be taken apart. It is not repeated: any word of it may be the password."""
    return Problem(
        problem(
            "state-postgres-dsn",
            f"the DSN of {where} is not one that PostgreSQL's clients read",
            at=at,
            help="write one such as postgresql://USER@HOST:5432/DATABASE or 'host=HOST dbname=DATABASE user=USER'; "
            "in the first form, special characters of a password are written %40 and the like",
        )
    )


def password_in_clear(where: str, at: Span | None) -> Problem:
    """The configuration holds the password."""
    return Problem(
        problem(
            "state-postgres-dsn-password",
            f"the DSN of {where} has a password in it",
            at=at,
            why="the configuration is shared and kept for ever",
            help="change the password, as others may have read it, and write where the whole DSN comes from: "
            "`dsn: {env: STATE_DSN}`; or leave the password out and keep it in ~/.pgpass",
        )
    )


def no_dsn(where: str, detail: str) -> BackendError:
    """The reference to the DSN leads nowhere."""
    return BackendError(
        problem(
            "state-postgres-dsn-missing",
            f"the DSN of {where} can not be had: {detail}",
            help="set it, such as STATE_DSN=postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        )
    )


def unreachable(where: str, peer: str, detail: str) -> BackendError:
    """Nobody answers."""
    host, _, port = peer.rpartition(":")
    return BackendError(
        problem(
            "state-postgres-unreachable",
            f"the server {peer} of {where} can not be reached: {detail}",
            help=f"check host and port of the DSN, and that PostgreSQL runs there: pg_isready -h {host} -p {port}",
        )
    )


def timed_out(where: str, peer: str, seconds: float) -> BackendError:
    """The answer takes too long."""
    return BackendError(
        problem(
            "state-postgres-timeout",
            f"the server {peer} of {where} did not answer within {seconds:g} s",
            why="the network loses packets, the server is busy, or somebody else's transaction holds rows",
            help="try again; if it is always slow, set `timeout: 30` beside `dsn`",
        )
    )


def credentials(where: str, peer: str, detail: str) -> BackendError:
    """The server does not believe who we are."""
    return BackendError(
        problem(
            "state-postgres-credentials",
            f"the server {peer} does not accept user and password for {where}: {detail}",
            help="check the DSN the configuration names; as administrator: ALTER ROLE … PASSWORD '…'",
        )
    )


def no_database(where: str, peer: str, detail: str) -> BackendError:
    """The database is not there."""
    return BackendError(
        problem(
            "state-postgres-database",
            f"the server {peer} has not the database of {where}: {detail}",
            help="check its name in the DSN, or create it: createdb NAME",
        )
    )


def refused(where: str, peer: str, detail: str) -> BackendError:
    """The server answers, and lets nobody in."""
    return BackendError(
        problem(
            "state-postgres-refused",
            f"the server {peer} refuses the connection for {where}: {detail}",
            help="the server's log says more: it is starting, has no connection left, or lacks a line in pg_hba.conf",
        )
    )


def lost(where: str, peer: str) -> BackendError:
    """The connection broke in the middle."""
    return BackendError(
        problem(
            "state-postgres-lost",
            f"the connection to {peer} was lost while {where} was in use",
            why="whether the last write took effect is found out by the next run",
            help="run the command again when the server is there",
        )
    )


def privileges(where: str, schema: str, detail: str) -> BackendError:
    """The role may not do what is needed."""
    return BackendError(
        problem(
            "state-postgres-privileges",
            f"the role of {where} may not use the schema {schema}: {detail}",
            help=f"as administrator of that database: CREATE SCHEMA IF NOT EXISTS {schema}; "
            f"ALTER SCHEMA {schema} OWNER TO the role (its tables too, if there are any)",
        )
    )


def read_only(where: str, peer: str) -> BackendError:
    """The server is a copy that only follows."""
    return BackendError(
        problem(
            "state-postgres-read-only",
            f"the server {peer} of {where} can only be read: it is a standby",
            help="name the primary in the DSN, or all servers and target_session_attrs=read-write",
        )
    )


def newer(where: str, schema: str, found: int, known: int) -> Problem:
    """A later version of the program has migrated the schema."""
    return Problem(
        problem(
            "state-postgres-schema-newer",
            f"the schema {schema} of {where} has version {found}; this version of reconciler knows up to {known}",
            why="a later version of reconciler has used it",
            help="install that version or a later one",
        )
    )


def foreign_schema(where: str, schema: str, detail: str) -> Problem:
    """Tables of somebody else stand where ours belong."""
    return Problem(
        problem(
            "state-postgres-schema-foreign",
            f"the schema {schema} of {where} has tables of something else: {detail}",
            help="name a schema of its own under `state: {postgres: {schema: …}}`",
        )
    )


def failed(where: str, peer: str, detail: str) -> BackendError:
    """The server says no, in its own words."""
    return BackendError(
        problem(
            "state-postgres-failed",
            f"the server {peer} can not do what {where} needs: {detail}",
            help="the server's log says more; nothing was changed by that statement",
        )
    )
