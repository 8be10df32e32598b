"""PostgreSQL for tests: the newest one that Debian's packages have put here, as a server of our own."""

import contextlib
import functools
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.programs import lacking
from tests.servers import keeper
from tests.servers.keeper import Daemon, Keeper, Owner

_HOST = "127.0.0.1"
_ROOT = Path("/usr/lib/postgresql")
_START = (
    'export PATH="$1:$PATH"; shift; [ -d data ] || initdb -D data "$1" "$2" "$3" "$4" "$5" "$6"; shift 6; exec "$@"'
)
_INITDB = (
    "--username=postgres",
    "--pwfile=password",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)
_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "jit": "off",
    "autovacuum": "off",
    "log_min_messages": "warning",
}
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """Where the server's programs are; a test that needs them is skipped without, and fails in CI."""
    found = sorted(_ROOT.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        lacking("PostgreSQL's server", "postgresql-15")
    return found[-1].parent


@dataclass(frozen=True)
class Database:
    """An empty database and a role that may make schemas in it, and nothing else."""

    name: str
    role: str
    password: str
    dsn: str


@dataclass
class Server:
    """A running server, of which `postgres` is the superuser.

    Attributes:
        host: 127.0.0.1.
        port: Where it listens.
        password: Of the superuser.
        daemon: The process.
        data: Folder of the server's data.
        start: Starts a process on port and data.
    """

    host: str
    port: int
    password: str
    daemon: Daemon
    data: Path
    start: Callable[[], Daemon]

    @property
    def dsn(self) -> str:
        """The superuser's way in, password included."""
        return self.dsn_for()

    def dsn_for(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A way in; the password is the superuser's unless another is given."""
        return make_conninfo(
            host=self.host, port=self.port, dbname=database, user=user, password=password or self.password
        )

    def restart(self) -> None:
        """End the process, if it has not ended, and start another on the same port and data."""
        self.daemon.stop()
        self.daemon = self.start()
        self.daemon.wait(self.answers)

    def answers(self) -> bool:
        """Whether it lets us in: another server on that port would not know the password."""
        with contextlib.suppress(psycopg.OperationalError), self.connect():
            return True
        return False

    @contextlib.contextmanager
    def connect(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection of the superuser, in which every statement is a transaction."""
        with psycopg.connect(self.dsn_for(database), autocommit=True) as connection:
            yield connection

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """A fresh database with a role of its own."""
        name, password = f"db_{secrets.token_hex(6)}", secrets.token_hex(12)
        role = f"role_{name}"
        create = ("CREATE DATABASE {0}", "CREATE ROLE {1} LOGIN PASSWORD {2}", "GRANT CREATE ON DATABASE {0} TO {1}")
        names = sql.Identifier(name), sql.Identifier(role), sql.Literal(password)
        with self.connect() as connection:
            for each in create:
                connection.execute(sql.SQL(each).format(*names))
        yield Database(name, role, password, self.dsn_for(name, role, password))
        with self.connect() as connection:
            for each in ("DROP DATABASE {0} WITH (FORCE)", "DROP ROLE {1}"):
                connection.execute(sql.SQL(each).format(*names))


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """A server that is gone when the block ends.

    Args:
        durable: Whether a commit waits for the disk, as it does by default; without, tests are faster.
    """
    owner = keeper.unprivileged()
    programs = binaries()
    with keeper.kept(owner) as nest:
        password = secrets.token_hex(16)
        (nest.folder / "password").write_text(password)
        if owner is not None:
            os.chown(nest.folder / "password", *owner)
        yield _started(nest, programs, password, owner, durable=durable)


def _started(nest: Keeper, programs: Path, password: str, owner: Owner | None, *, durable: bool) -> Server:
    while True:
        port = keeper.free_port(_HOST)
        settings = {**_SETTINGS, **({} if durable else _CARELESS), "port": str(port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        start = functools.partial(
            nest.start,
            ["/bin/sh", "-euc", _START, "sh", programs, *_INITDB, "postgres", "-D", "data", *options],
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
            owner=owner,
            stop=signal.SIGINT,
        )
        server = Server(_HOST, port, password, start(), nest.folder / "data", start)
        try:
            server.daemon.wait(server.answers)
        except keeper.ServerFailed:
            if "Address already in use" not in server.daemon.tail():
                raise
            server.daemon.stop()
            server.daemon.log.write_text("")
            continue
        return server
