"""Where the state of a soak is kept: a folder, or a real server that is gone when the soak is."""

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.servers import postgres, s3, terraform_http


def _secret(folder: Path, name: str, text: str) -> dict[str, str]:
    """A reference to a secret in a file, so that whoever reads the configuration needs nothing else."""
    path = folder / name
    path.touch(0o600)
    path.write_text(text)
    return {"file": str(path)}


@contextlib.contextmanager
def _local(folder: Path) -> Iterator[str]:
    yield json.dumps({"local": str(folder / "state/mail.json")})


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    with postgres.running() as server, server.database() as database:
        yield json.dumps({"postgres": {"dsn": _secret(folder, "dsn", database.dsn), "name": "mail"}})


@contextlib.contextmanager
def _s3(folder: Path, running: Callable[[], AbstractContextManager[s3.Store]]) -> Iterator[str]:
    with running() as store, store.bucket() as bucket:
        keys = {name: _secret(folder, name, getattr(store, name)) for name in ("access_key", "secret_key")}
        yield json.dumps({"s3": {"bucket": bucket, "key": "mail.json", "endpoint": store.endpoint, **keys}})


@contextlib.contextmanager
def _http(folder: Path) -> Iterator[str]:
    with terraform_http.running() as root:
        yield json.dumps({"http": {"address": f"{root}/mail"}})


#: By name: takes a folder, yields the `state:` block as JSON.
PLACES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "local": _local,
    "postgres": _postgres,
    "s3": partial(_s3, running=s3.moto),
    "ceph": partial(_s3, running=s3.ceph),
    "http": _http,
}
