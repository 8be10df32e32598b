"""Object stores for tests: moto's server, and a real one, Ceph's gateway over a cluster of three processes in memory.

Ceph 16 is what Debian 12 has (`radosgw`, `ceph-mon`, `ceph-osd`: 60 MB to fetch, 270 MB on disk). It is up in a second.
"""

import atexit
import contextlib
import functools
import os
import secrets
import socket
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.programs import program
from tests.servers import keeper
from tests.servers.keeper import Daemon

_HERE = Path(__file__).parent
_HOST = "127.0.0.1"
_CEPH = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
_CLUSTER = """
set -eu
export CEPH_CONF=ceph.conf
: > keyring; mkdir mon osd
monmaptool --create --fsid "$1" --addv a "[v2:127.0.0.1:$2]" monmap > /dev/null
ceph-mon --mkfs -i a --monmap monmap
ceph-mon -f -i a &
uuid=$(cat /proc/sys/kernel/random/uuid)
timeout 30 ceph osd new "$uuid"
ceph-osd -i 0 --mkfs --osd-uuid "$uuid"
ceph-osd -f -i 0 &
timeout 60 radosgw-admin user create --uid tests --display-name tests --access-key "$4" --secret-key "$5"
exec radosgw -f -n client.admin --rgw-frontends "beast endpoint=127.0.0.1:$3"
"""


@dataclass(frozen=True)
class Store:
    """A running store.

    Attributes:
        name: `moto` or `ceph`.
        endpoint: Its address.
        access_key: Of a user who may do everything.
        secret_key: That user's.
        daemon: The process.
    """

    name: str
    endpoint: str
    access_key: str
    secret_key: str
    daemon: Daemon

    def client(self):
        """Return a client for what a test does behind the back of the code."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @contextlib.contextmanager
    def bucket(self) -> Iterator[str]:
        """An empty bucket, which is gone with its content when the block ends."""
        name = f"state-{secrets.token_hex(6)}"
        client = self.client()
        client.create_bucket(Bucket=name)
        try:
            yield name
        finally:
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
                for each in page.get("Contents", ()):
                    client.delete_object(Bucket=name, Key=each["Key"])
            client.delete_bucket(Bucket=name)
            client.close()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_HOST, port), 1):
        return True
    return False


@contextlib.contextmanager
def moto() -> Iterator[Store]:
    """A store of moto's."""
    with keeper.kept() as nest:
        port = keeper.free_port()
        daemon = nest.start([sys.executable, _HERE / "moto_app.py", str(port)])
        daemon.wait(lambda: _listens(port), 60)
        yield Store("moto", f"http://{_HOST}:{port}", "tests", secrets.token_hex(12), daemon)


@contextlib.contextmanager
def ceph() -> Iterator[Store]:
    """A store of Ceph's; without its packages a test is skipped, and fails in CI."""
    for name in _CEPH:
        program(name, "radosgw ceph-mon ceph-osd")
    with keeper.kept() as nest:
        ports = keeper.free_port(), keeper.free_port()
        fsid, secret = str(uuid.uuid4()), secrets.token_hex(12)
        template = _HERE.joinpath("ceph.conf").read_text()
        values = {"fsid": fsid, "port": str(ports[0]), "folder": str(nest.folder)}
        for name, value in values.items():
            template = template.replace(f"@{name}@", value)
        nest.folder.joinpath("ceph.conf").write_text(template)
        words = ["bash", "-c", _CLUSTER, "cluster", fsid, *map(str, ports), "tests", secret]
        # what the shell starts in the background stays in its group, and ends with it
        daemon = nest.start(words, env={**os.environ, "CEPH_CONF": str(nest.folder / "ceph.conf")}, grace=0.5)
        daemon.wait(lambda: _listens(ports[1]), 60)
        yield Store("ceph", f"http://{_HOST}:{ports[1]}", "tests", secret, daemon)


_servers = contextlib.ExitStack()
atexit.register(_servers.close)
_KINDS = {"moto": moto, "ceph": ceph}


@functools.cache
def _running(name: str) -> Store:
    """One store of a kind a process, however many conftests have imported the fixture."""
    return _servers.enter_context(_KINDS[name]())


@pytest.fixture(scope="session", params=sorted(_KINDS, reverse=True))
def s3_store(request: pytest.FixtureRequest) -> Store:
    """Every kind of store there is, one after the other; the same for all tests of this worker."""
    return _running(request.param)


@pytest.fixture(scope="session")
def moto_store() -> Store:
    """The store that is always there."""
    return _running("moto")


@pytest.fixture
def s3_bucket(s3_store: Store) -> Iterator[str]:
    """An empty bucket."""
    with s3_store.bucket() as name:
        yield name


@pytest.fixture
def moto_bucket(moto_store: Store) -> Iterator[str]:
    """An empty bucket of the store that is always there."""
    with moto_store.bucket() as name:
        yield name
