"""The places state can be kept in, seen from outside: opened anew, looked into, and made to fail at a step.

A step is whatever a place does one after the other on its way to being durable: a call of the system for local files, a
request for a place behind a network.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from psycopg.conninfo import make_conninfo

from reconciler.model.desired import StateBlock
from reconciler.state.backend import StateWriter
from reconciler.state.places.http import open_http
from reconciler.state.places.local import LocalFiles
from reconciler.state.places.postgres.state import PostgresState
from reconciler.state.places.register import RegisterState
from tests.backends.disk import Disk
from tests.backends.memory import Memory, Steps, Stored, unreachable
from tests.servers import proxy
from tests.servers.postgres import Database, Server
from tests.servers.proxy import Fault, Proxy
from tests.servers.s3 import Store
from tests.servers.terraform_http import Server as TerraformServer
from tests.servers.terraform_http import serving

if TYPE_CHECKING:
    from reconciler.state.places.s3.client import Client

#: Seconds a client waits for an answer where nothing is to go wrong, and where silence is what is tested.
PATIENT, IMPATIENT = 20.0, 0.25
#: Seconds between repetitions of a request without a clear answer.
PAUSES = (0.01, 0.02, 0.03)


class Place(Protocol):
    """A place that holds one state, empty at first.

    Attributes:
        name: The backend's.
        has_parts: Whether it stores parts under fresh names before a head that names them.
    """

    name: str
    has_parts: bool

    def open(self, timeout: float = PATIENT) -> StateWriter:
        """Return a new client of what is stored."""
        ...

    def raw(self) -> bytes:
        """Return everything that is stored, in whatever form it is."""
        ...

    def arm(self, fault: Fault | None) -> None:
        """Let a fault happen to clients, and count steps from here; None lets all be well again."""
        ...

    @property
    def steps(self) -> int:
        """Steps taken since `arm`."""
        ...

    @property
    def struck(self) -> int:
        """How many of them met the fault."""
        ...

    def running(self) -> contextlib.AbstractContextManager[None]:
        """Stand in the way for a block in which faults may happen."""
        ...

    def anew(self) -> None:
        """Let clients opened from now on find another state, empty."""
        ...

    def backup(self) -> Callable[[], None]:
        """Make a copy of the snapshot as an administrator does; return what puts it back."""
        ...


class InMemory:
    """The example that the others are compared with."""

    name = "memory"
    has_parts = False

    def __init__(self, steps: Steps | None = None) -> None:
        self.stored = Stored()
        self._steps = steps or Steps(unreachable)

    def anew(self) -> None:
        self.stored = Stored()

    def backup(self) -> Callable[[], None]:
        copy = self.stored.snapshot

        def put_back() -> None:
            self.stored.snapshot = copy

        return put_back

    def open(self, timeout: float = PATIENT) -> StateWriter:
        return Memory(self.stored, self._steps)

    def raw(self) -> bytes:
        stored = self.stored
        return b"\n--\n".join([stored.snapshot or b"", stored.journal, *stored.folded, stored.lock or b""])

    def arm(self, fault: Fault | None) -> None:
        self._steps.arm(fault)

    @property
    def steps(self) -> int:
        return self._steps.taken

    @property
    def struck(self) -> int:
        return self._steps.struck

    def running(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Local:
    """Files in a folder."""

    name = "local"
    has_parts = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "state"
        self.folder.mkdir(parents=True)
        self.path = self.folder / "mail.json"
        self.disk = Disk(self.folder)

    def anew(self) -> None:
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def backup(self) -> Callable[[], None]:
        copy = self.path.read_bytes()
        return lambda: _discard(self.path.write_bytes(copy))

    def open(self, timeout: float = PATIENT) -> StateWriter:
        return LocalFiles(self.path)

    def raw(self) -> bytes:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return b"".join(b"%b\n%b\n" % (str(path).encode(), path.read_bytes()) for path in files)

    def arm(self, fault: Fault | None) -> None:
        self.disk.arm(fault)

    @property
    def steps(self) -> int:
        return self.disk.steps.taken

    @property
    def struck(self) -> int:
        return self.disk.steps.struck

    def running(self) -> contextlib.AbstractContextManager[None]:
        return self.disk.spinning()


class _Remote:
    """A place behind a network: every client goes through a proxy.

    Attributes:
        way: The proxy.
    """

    def __init__(self, way: Proxy) -> None:
        self.way = way
        self._number = 1

    @property
    def key(self) -> str:
        """What the state is called there."""
        return f"mail{self._number}"

    def anew(self) -> None:
        self._number += 1

    def arm(self, fault: Fault | None) -> None:
        self.way.heal()
        self.way.arm(fault)

    @property
    def steps(self) -> int:
        return self.way.requests

    @property
    def struck(self) -> int:
        return self.way.struck

    def running(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Postgres(_Remote):
    """A database of its own."""

    name = "postgres"
    has_parts = False

    def __init__(self, way: Proxy, server: Server, database: Database) -> None:
        super().__init__(way)
        self.server, self.database = server, database

    def dsn(self, **changed: str | int) -> str:
        """The DSN through the proxy."""
        return make_conninfo(self.database.dsn, **{"port": self.way.port, **changed})

    def open(self, timeout: float = PATIENT) -> StateWriter:
        return PostgresState(self.dsn, name=self.key, timeout=timeout)

    def backup(self) -> Callable[[], None]:
        state = "SELECT id, identity, head, row_count, row_bytes FROM reconciler.state WHERE name = %s"
        with self.server.connect(self.database.name) as connection:
            id_, *head = connection.execute(state, (self.key,)).fetchone() or ()
            rows = connection.execute("SELECT * FROM reconciler.snapshot WHERE state = %s", (id_,)).fetchall()

        def put_back() -> None:
            columns = "identity = %s, head = %s, row_count = %s, row_bytes = %s"
            with self.server.connect(self.database.name) as connection, connection.transaction():
                connection.execute(f"UPDATE reconciler.state SET {columns} WHERE id = %s", (*head, id_))
                connection.execute("DELETE FROM reconciler.snapshot WHERE state = %s", (id_,))
                for row in rows:
                    connection.execute("INSERT INTO reconciler.snapshot VALUES (%s, %s, %s)", row)

        return put_back

    def raw(self) -> bytes:
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'reconciler' ORDER BY 1"
        found = []
        with self.server.connect(self.database.name) as connection:
            for (table,) in connection.execute(tables).fetchall():
                rows = connection.execute(f'SELECT * FROM reconciler."{table}" ORDER BY 1, 2')
                found += [table.encode(), *(b"%b\n" % _bytes(value) for row in rows for value in row)]
        return b"".join(found)


def _discard(_: object) -> None:
    """Return nothing."""


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


class Http(_Remote):
    """A server that speaks the protocol of Terraform's `http` backend."""

    name = "http"
    has_parts = True

    def __init__(self, way: Proxy, server: TerraformServer) -> None:
        super().__init__(way)
        self.server = server

    def open(self, timeout: float = PATIENT) -> StateWriter:
        settings = {"address": f"http://127.0.0.1:{self.way.port}/{self.key}", "timeout": str(timeout)}
        register = open_http(StateBlock("http", settings, Path()))
        return RegisterState(register, pauses=PAUSES)

    def backup(self) -> Callable[[], None]:
        state = self.server.state(self.key)
        copy = state.data

        def put_back() -> None:
            state.data = copy

        return put_back

    def raw(self) -> bytes:
        stored = sorted(self.server.states.all.items())
        return b"".join(
            b"%b\n%b\n%b\n" % (name.encode(), state.data or b"", _bytes(state.lock)) for name, state in stored
        )


class S3(_Remote):
    """A bucket."""

    name = "s3"
    has_parts = True

    def __init__(self, way: Proxy, store: Store, bucket: str) -> None:
        super().__init__(way)
        self.store, self.bucket = store, bucket
        self._connected: dict[float, Client] = {}

    def open(self, timeout: float = PATIENT) -> StateWriter:
        from reconciler.state.places.s3 import client
        from reconciler.state.places.s3.register import S3Register

        there = client.Place(self.bucket, self.key, f"http://127.0.0.1:{self.way.port}", "us-east-1", timeout)
        if timeout not in self._connected:  # boto3 takes longer to make one than a run takes
            keys = client.Keys(self.store.access_key, self.store.secret_key)
            self._connected[timeout] = client.connected(there, keys)
        return RegisterState(S3Register(there, lambda: self._connected[timeout]), pauses=PAUSES)

    def backup(self) -> Callable[[], None]:
        with contextlib.closing(self.store.client()) as client:
            copy = client.get_object(Bucket=self.bucket, Key=self.key)["Body"].read()

        def put_back() -> None:
            with contextlib.closing(self.store.client()) as client:
                client.put_object(Bucket=self.bucket, Key=self.key, Body=copy)

        return put_back

    def raw(self) -> bytes:
        with contextlib.closing(self.store.client()) as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
            names = [each["Key"] for page in pages for each in page.get("Contents", ())]
            return b"".join(
                b"%b\n%b\n" % (name.encode(), client.get_object(Bucket=self.bucket, Key=name)["Body"].read())
                for name in names
            )


@contextlib.contextmanager
def on_s3(store: Store) -> Iterator[S3]:
    """An empty bucket, and a proxy in front of its store."""
    port = urlsplit(store.endpoint).port
    assert port is not None
    with store.bucket() as bucket, proxy.to(port, proxy.http_request) as way:
        yield S3(way, store, bucket)


@contextlib.contextmanager
def on_http() -> Iterator[Http]:
    """A server without any state, and a proxy in front of it."""
    with serving() as server, proxy.to(server.port, proxy.http_request) as way:
        yield Http(way, server)


@contextlib.contextmanager
def on_postgres(server: Server) -> Iterator[Postgres]:
    """An empty database, and a proxy in front of its server."""
    with server.database() as database, proxy.to(server.port, proxy.postgres_request) as way:
        yield Postgres(way, server, database)
