"""Knot DNS for tests: knotd from Debian's packages, in a throw-away folder, with zones that come and go."""

import base64
import contextlib
import itertools
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.programs import program
from tests.servers import keeper
from tests.servers.keeper import Daemon, Keeper
from tests.servers.nameserver import ALGORITHM, HOST, Key, NameServer, keys, owns, run

_CONF = """\
server:
    rundir: "{folder}/run"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 2
    background-workers: 4
log:
  - target: stderr
    any: info
database:
    storage: "{folder}/db"
    journal-db-max-size: 100M
    kasp-db-max-size: 20M
    timer-db-max-size: 20M
control:
    listen: "{folder}/knot.sock"
key:
{keys}acl:
  - id: watch
    key: {watch}
    action: transfer
  - id: transfer
    key: [{names}]
    action: transfer
  - id: update
    key: [{names}]
    action: update
template:
  - id: default
    storage: "{folder}"
    journal-content: none
    zonefile-sync: -1
    zonefile-load: whole
    serial-policy: increment
"""
_TAKEN = "address already in use"


class Knot(NameServer):
    """A running knotd."""

    def __init__(self, port: int, daemon: Daemon, keys: Mapping[str, Key], watch: Key, folder: Path) -> None:
        super().__init__(port, daemon, keys)
        self._key, self._folder, self._numbers = watch, folder, itertools.count()

    @property
    def _watch(self) -> Key:
        return self._key

    def knotc(self, *words: str) -> None:
        """Give knotd an order, and wait until it is carried out."""
        run(program("knotc", "knot"), "-b", "-s", self._folder / "knot.sock", *words)

    def _add(self, zone: str, text: str, *, transfer: bool, update: bool) -> None:
        path = self._folder / f"{zone}.{next(self._numbers)}.zone"
        path.write_text(text)
        allowed = ["watch", *["transfer"] * transfer, *["update"] * update]
        self.knotc("conf-begin")
        self.knotc("conf-set", f"zone[{zone}.]")
        self.knotc("conf-set", f"zone[{zone}.].file", path.name)
        self.knotc("conf-set", f"zone[{zone}.].acl", *allowed)
        self.knotc("conf-commit")
        keeper.until(lambda: self.hosts(zone), what=f"the zone {zone}")

    def _remove(self, zone: str) -> None:
        self.knotc("conf-begin")
        self.knotc("conf-unset", f"zone[{zone}.]")
        self.knotc("conf-commit")


@contextlib.contextmanager
def running() -> Iterator[Knot]:
    """A knotd that is gone when the block ends."""
    owner = keeper.unprivileged()
    knotd = program("knotd", "knot")
    with keeper.kept(owner) as nest:
        while True:
            server = _started(nest, knotd)
            if server is not None:
                break
        yield server


def _started(nest: Keeper, knotd: str) -> Knot | None:
    """Start a knotd; None where its port was taken by somebody faster."""
    watch = Key("watch", ALGORITHM, base64.b64encode(secrets.token_bytes(32)).decode())
    port, all_keys, folder = keeper.free_port(HOST), keys(), nest.folder
    conf = _CONF.format(
        folder=folder,
        port=port,
        watch=watch.name,
        keys="".join(map(_statement, (watch, *all_keys.values()))),
        names=", ".join(key.name for key in all_keys.values()),
    )
    (folder / "knot.conf").write_text(conf)
    # zones can be added to a running server only where its settings are in a database
    start = 'umask 022; mkdir -p run db; knotc -C confdb conf-import -f knot.conf && exec "$1" -C confdb'
    daemon = nest.start(
        ["/bin/sh", "-euc", start.replace("knotc", program("knotc", "knot")), "sh", knotd],
        owner=keeper.unprivileged(),
        log="knotd.log",
    )
    daemon.wait(lambda: owns(daemon.pid, port) or _TAKEN in daemon.tail())
    daemon.wait(lambda: (folder / "knot.sock").exists() or _TAKEN in daemon.tail())
    if _TAKEN not in daemon.tail() and owns(daemon.pid, port):
        return Knot(port, daemon, all_keys, watch, folder)
    daemon.stop()
    daemon.log.write_text("")
    return None


def _statement(key: Key) -> str:
    return f"  - id: {key.name}\n    algorithm: {key.algorithm}\n    secret: {key.secret}\n"
