"""The places of `bench/state.py`: each with its own client for the bare rate, and a way to count what is written."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from reconciler.model.desired import EncryptionBlock, StateBlock
from reconciler.state import StateStore, open_state
from tests.servers import keeper, postgres, s3, terraform_http


class Place(Protocol):
    """A place for many states."""

    def store(self, name: str, encryption: EncryptionBlock | None) -> StateStore:
        """A state of that name, as a configuration would open it."""
        ...

    def bare(self, lines: Sequence[bytes]) -> float:
        """Seconds to make the same bytes durable, one after the other, by the place's own client."""
        ...

    def counting(self) -> AbstractContextManager[Callable[[], int]]:
        """Count bytes for a block: written to files, sent to the server, or added to the server's log."""
        ...

    def rows(self) -> int | None:
        """SQL rows written so far, None where there are none."""
        ...


class _Local:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, name: str, encryption: EncryptionBlock | None) -> StateStore:
        return open_state(StateBlock("local", f"{name}.json", self._folder, encryption=encryption))

    def bare(self, lines: Sequence[bytes]) -> float:
        path = self._folder / "bare"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            at = os.pwrite(descriptor, b"warm", 0)
            os.fsync(descriptor)
            started = time.perf_counter()
            for line in lines:
                at += os.pwrite(descriptor, line, at)
                os.fsync(descriptor)
            return time.perf_counter() - started
        finally:
            os.close(descriptor)
            path.unlink()

    @contextlib.contextmanager
    def counting(self) -> Iterator[Callable[[], int]]:
        def written() -> int:
            lines = Path("/proc/self/io").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))

        yield written

    def rows(self) -> int | None:
        return None


class _Postgres:
    def __init__(self, folder: Path, server: postgres.Server, database: postgres.Database) -> None:
        self._folder, self._server, self._database = folder, server, database
        self._dsn = _secret(folder, "dsn", database.dsn)

    def store(self, name: str, encryption: EncryptionBlock | None) -> StateStore:
        settings = {"dsn": self._dsn, "name": name, "timeout": "60"}
        return open_state(StateBlock("postgres", settings, self._folder, encryption=encryption))

    def bare(self, lines: Sequence[bytes]) -> float:
        import psycopg

        with psycopg.connect(self._database.dsn, autocommit=True, options="-c search_path=bare") as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS bare")
            connection.execute("CREATE TABLE IF NOT EXISTS bare (n bigserial PRIMARY KEY, line bytea NOT NULL)")
            for _ in range(10):  # psycopg prepares a statement when it is asked often
                connection.execute("INSERT INTO bare (line) VALUES (%b)", (b"warm",))
            started = time.perf_counter()
            for line in lines:
                connection.execute("INSERT INTO bare (line) VALUES (%b)", (line,))
            return time.perf_counter() - started

    @contextlib.contextmanager
    def counting(self) -> Iterator[Callable[[], int]]:
        with self._server.connect(self._database.name) as connection:
            # a page's first change after a checkpoint adds the whole page: that is the moment's cost, not a write's
            for each in ("ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"):
                connection.execute(each)
            keeper.until(lambda: connection.execute("SHOW full_page_writes").fetchone() == ("off",))

            def logged() -> int:
                (position,) = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone() or (0,)
                return int(position)

            yield logged
            for each in ("ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()"):
                connection.execute(each)

    def rows(self) -> int | None:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
        counts = "sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'reconciler'"
        with self._server.connect(self._database.name) as connection:
            # a session's counts are complete when it has ended
            keeper.until(lambda: connection.execute(asked, (self._database.role,)).fetchone() == (0,))
            (count,) = connection.execute(f"SELECT {counts}").fetchone() or (0,)
            return int(count)


class _Sent:
    """Counts what this process sends."""

    @contextlib.contextmanager
    def counting(self) -> Iterator[Callable[[], int]]:
        sent = 0
        real = socket.socket.sendall

        def counted(each: socket.socket, data: bytes, *flags: int) -> None:
            nonlocal sent
            sent += len(data)
            real(each, data, *flags)

        socket.socket.sendall = counted  # type: ignore[method-assign]
        try:
            yield lambda: sent
        finally:
            del socket.socket.sendall  # what it hid is inherited

    def rows(self) -> int | None:
        return None


class _S3(_Sent):
    def __init__(self, folder: Path, store: s3.Store, bucket: str) -> None:
        self._folder, self._store, self._bucket = folder, store, bucket
        self._keys = {name: _secret(folder, name, getattr(store, name)) for name in ("access_key", "secret_key")}

    def store(self, name: str, encryption: EncryptionBlock | None) -> StateStore:
        settings = {"bucket": self._bucket, "key": f"{name}.json", "endpoint": self._store.endpoint, **self._keys}
        return open_state(StateBlock("s3", {**settings, "timeout": "60"}, self._folder, encryption=encryption))

    def bare(self, lines: Sequence[bytes]) -> float:
        client = self._store.client()
        client.put_object(Bucket=self._bucket, Key="bare", Body=b"warm")
        started = time.perf_counter()
        for line in lines:
            client.put_object(Bucket=self._bucket, Key="bare", Body=line)
        seconds = time.perf_counter() - started
        client.close()
        return seconds


class _Http(_Sent):
    def __init__(self, folder: Path, root: str) -> None:
        self._folder, self._root = folder, root

    def store(self, name: str, encryption: EncryptionBlock | None) -> StateStore:
        settings = {"address": f"{self._root}/{name}", "timeout": "60"}
        return open_state(StateBlock("http", settings, self._folder, encryption=encryption))

    def bare(self, lines: Sequence[bytes]) -> float:
        import urllib3

        with urllib3.PoolManager() as pool:
            pool.request("POST", f"{self._root}/bare", body=b"{}")
            started = time.perf_counter()
            for line in lines:
                pool.request("POST", f"{self._root}/bare", body=line)
            return time.perf_counter() - started


def _secret(folder: Path, name: str, text: str) -> dict[str, str]:
    path = folder / name
    path.touch(0o600)
    path.write_text(text)
    return {"file": str(path)}


@contextlib.contextmanager
def _on_local(folder: Path) -> Iterator[Place]:
    yield _Local(folder)


@contextlib.contextmanager
def _on_postgres(folder: Path) -> Iterator[Place]:
    with postgres.running(durable=True) as server, server.database() as database:
        yield _Postgres(folder, server, database)


@contextlib.contextmanager
def _on_s3(folder: Path) -> Iterator[Place]:
    with s3.moto() as store, store.bucket() as bucket:
        yield _S3(folder, store, bucket)


@contextlib.contextmanager
def _on_ceph(folder: Path) -> Iterator[Place]:
    with s3.ceph() as store, store.bucket() as bucket:
        yield _S3(folder, store, bucket)


@contextlib.contextmanager
def _on_http(folder: Path) -> Iterator[Place]:
    with terraform_http.running() as root:
        yield _Http(folder, root)


#: By name: takes a folder for files.
PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "local": _on_local,
    "postgres": _on_postgres,
    "s3": _on_s3,
    "ceph": _on_ceph,
    "http": _on_http,
}
