"""PowerDNS for tests: pdns_server from Debian's packages over SQLite, in a throw-away folder, with its HTTP API."""

import contextlib
import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import urllib3

from reconciler.model.presentation import TEXT, strings
from reconciler.model.rrsets import RRset
from tests.programs import lacking, program
from tests.servers import keeper
from tests.servers.keeper import Daemon, Keeper, ServerFailed
from tests.servers.nameserver import HOST, owns

_SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")
# Answers are cached for 20 s by default, and powerdns.com is asked whether the version is safe: both are off.
_SETTINGS = """\
launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite3
gsqlite3-pragma-synchronous=0
gsqlite3-pragma-foreign-keys=yes
local-address=127.0.0.1
local-port={port}
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
loglevel=4
write-pid=no
version-string=anonymous
security-poll-suffix=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
distributor-threads=1
retrieval-threads=1
allow-axfr-ips=127.0.0.1
expand-alias=no
default-soa-content=ns1.@ hostmaster.@ 0 3600 600 86400 300
webserver=yes
webserver-address=127.0.0.1
webserver-port={api_port}
webserver-allow-from=127.0.0.1
webserver-loglevel=none
api=yes
api-key={api_key}
"""
_TAKEN = ("Address already in use", "Unable to bind")


class Pdns:
    """A running server.

    Attributes:
        host: 127.0.0.1.
        port: Where it answers questions.
        url: Of its HTTP API.
        api_key: Of the API.
        daemon: The process.
    """

    def __init__(self, port: int, api_port: int, api_key: str, daemon: Daemon) -> None:
        """Name a running server."""
        self.host, self.port, self.api_port, self.api_key, self.daemon = HOST, port, api_port, api_key, daemon
        self._http = urllib3.PoolManager(headers={"X-API-Key": api_key})

    @property
    def address(self) -> str:
        """Host and port where it answers questions."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Of its HTTP API."""
        return f"http://{self.host}:{self.api_port}"

    def add_zone(self, zone: str, rrsets: Iterable[RRset] = (), *, soa_edit_api: str = "DEFAULT") -> None:
        """Host a zone with `ns1` of it as name server; one of that name that is there is replaced."""
        self.remove_zone(zone)
        servers = [RRset(zone, "NS", 3600, (f"ns1.{zone}.",)), RRset(f"ns1.{zone}", "A", 3600, (HOST,))]
        body = {
            "name": f"{zone}.",
            "kind": "Native",
            "nameservers": [],
            "soa_edit_api": soa_edit_api,
            "rrsets": [entry(each) for each in (*servers, *rrsets)],
        }
        self.call("POST", "/zones", body)

    def add_zone_text(self, zone: str, text: str) -> None:
        """Host a zone that is given as a whole zone file; one of that name that is there is replaced."""
        self.remove_zone(zone)
        body = {"name": f"{zone}.", "kind": "Native", "nameservers": [], "soa_edit_api": "DEFAULT", "zone": text}
        self.call("POST", "/zones", body)

    def remove_zone(self, zone: str) -> None:
        """Host a zone no more."""
        with contextlib.suppress(ServerFailed):
            self.call("DELETE", f"/zones/{zone}.")

    def patch(self, zone: str, *rrsets: Mapping[str, object]) -> None:
        """Change a zone as somebody else would: rrsets in the words of the API."""
        self.call("PATCH", f"/zones/{zone}.", {"rrsets": list(rrsets)})

    def zone_text(self, zone: str) -> str:
        """The zone as the server has it: one record a line, sorted; neither disabled records nor comments."""
        return "".join(sorted(f"{line}\n" for line in self.call("GET", f"/zones/{zone}./export").splitlines()))

    def rrset(self, zone: str, name: str, rtype: str) -> Mapping[str, Any]:
        """One rrset in the words of the API, disabled records and comments among it; empty where it is not there."""
        for each in json.loads(self.call("GET", f"/zones/{zone}."))["rrsets"]:
            if (each["name"], each["type"]) == (f"{name}.", rtype):
                return each
        return {}

    def call(self, method: str, path: str, body: object = None) -> str:
        """Call the API.

        Raises:
            ServerFailed: If the server refuses.
        """
        url = f"{self.url}/api/v1/servers/localhost{path}"
        answer = self._http.request(method, url, body=None if body is None else json.dumps(body), retries=False)
        if answer.status >= 300:
            raise ServerFailed(f"{method} {path}: {answer.status} {answer.data.decode()}")
        return answer.data.decode()

    def answers(self) -> bool:
        """Whether both ports are this process's own, and its API knows the key: it stays up if one is taken."""
        if not owns(self.daemon.pid, self.port, self.api_port):
            return False
        with contextlib.suppress(urllib3.exceptions.HTTPError, ServerFailed):
            self.call("GET", "")
            return True
        return False

    def close(self) -> None:
        """Close the connections to the API."""
        self._http.clear()


def entry(rrset: RRset, **more: object) -> dict[str, object]:
    """An rrset as the API takes it, to be put in the place of what is there."""
    values: Sequence[str] = [strings(each) if rrset.type in TEXT else each for each in rrset.values]
    records = [{"content": each, "disabled": False} for each in values]
    name = f"{rrset.name}."
    return {"name": name, "type": rrset.type, "ttl": rrset.ttl, "changetype": "REPLACE", "records": records, **more}


@contextlib.contextmanager
def running() -> Iterator[Pdns]:
    """A server that is gone when the block ends."""
    server = program("pdns_server", "pdns-server")
    if not _SCHEMA.exists():
        lacking("PowerDNS's backend for SQLite", "pdns-backend-sqlite3")
    with keeper.kept(keeper.unprivileged()) as nest:
        while True:
            started = _started(nest, server)
            if started is not None:
                break
        try:
            yield started
        finally:
            started.close()


def _started(nest: Keeper, server: str) -> Pdns | None:
    """Start a server; None where its ports were taken by somebody faster."""
    port, api_port, api_key = keeper.free_port(HOST), keeper.free_port(HOST), secrets.token_hex(16)
    folder, owner = nest.folder, keeper.unprivileged()
    (folder / "pdns.conf").write_text(_SETTINGS.format(folder=folder, port=port, api_port=api_port, api_key=api_key))
    _database(folder / "pdns.sqlite3", owner)
    daemon = nest.start([server, f"--config-dir={folder}"], owner=owner, log="pdns.log")
    found = Pdns(port, api_port, api_key, daemon)
    daemon.wait(lambda: found.answers() or _taken(daemon))
    if found.answers():
        return found
    found.close()
    daemon.stop()
    daemon.log.write_text("")
    return None


def _taken(daemon: Daemon) -> bool:
    return any(words in daemon.tail() for words in _TAKEN)


def _database(path: Path, owner: keeper.Owner | None) -> None:
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(_SCHEMA.read_text())
    if owner is not None:
        os.chown(path, *owner)
