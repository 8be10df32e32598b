"""BIND for tests: named from Debian's packages, in a throw-away folder, with zones that come and go."""

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
options {{
    directory "{folder}";
    pid-file none;
    session-keyfile none;
    lock-file none;
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    dnssec-validation no;
    empty-zones-enable no;
    notify no;
    allow-query {{ 127.0.0.1; }};
    allow-new-zones yes;
    zone-statistics no;
    masterfile-format text;
    tcp-clients 200;
    serial-query-rate 1000;
}};
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "{watch}"; }}; }};
"""
_RNDC = 'options {{ default-key "{watch}"; default-server 127.0.0.1; default-port {control}; }};\n'
_TAKEN = "address in use"


class Bind(NameServer):
    """A running named."""

    def __init__(self, port: int, daemon: Daemon, keys: Mapping[str, Key], watch: Key, folder: Path) -> None:
        super().__init__(port, daemon, keys)
        self._key, self._folder, self._numbers = watch, folder, itertools.count()

    @property
    def _watch(self) -> Key:
        return self._key

    def rndc(self, *words: str) -> None:
        """Give named an order."""
        run(program("rndc", "bind9-utils"), "-c", self._folder / "rndc.conf", *words)

    def _add(self, zone: str, text: str, *, transfer: bool, update: bool) -> None:
        # named removes the file of a zone that is gone in its own time
        path = self._folder / f"{zone}.{next(self._numbers)}.zone"
        path.write_text(text)
        names = "".join(f' key "{key.name}";' for key in self.keys.values())
        may_transfer = f'key "{self._key.name}";' + names * transfer
        may_update = names if update else "none;"
        self.rndc(
            "addzone",
            zone,
            f'{{ type primary; file "{path.name}"; allow-transfer {{ {may_transfer} }}; '
            f"allow-update {{ {may_update} }}; }};",
        )

    def _remove(self, zone: str) -> None:
        self.rndc("delzone", "-clean", zone)


@contextlib.contextmanager
def running() -> Iterator[Bind]:
    """A named that is gone when the block ends."""
    owner = keeper.unprivileged()
    named = program("named", "bind9")
    with keeper.kept(owner) as nest:
        while True:
            server = _started(nest, named)
            if server is not None:
                break
        yield server


def _started(nest: Keeper, named: str) -> Bind | None:
    """Start a named; None where its ports were taken by somebody faster."""
    watch = Key("watch", ALGORITHM, base64.b64encode(secrets.token_bytes(32)).decode())
    port, control, all_keys = keeper.free_port(HOST), keeper.free_port(HOST), keys()
    statements = "".join(_statement(key) for key in (watch, *all_keys.values()))
    folder = nest.folder
    (folder / "named.conf").write_text(
        statements + _CONF.format(folder=folder, port=port, control=control, watch=watch.name)
    )
    (folder / "rndc.conf").write_text(statements + _RNDC.format(control=control, watch=watch.name))
    # it stays up when its ports are taken, and shares them with another named of the same user
    daemon = nest.start(
        [named, "-g", "-n", "1", "-U", "1", "-c", folder / "named.conf"], owner=keeper.unprivileged(), log="named.log"
    )
    daemon.wait(lambda: owns(daemon.pid, port, control) or _TAKEN in daemon.tail())
    daemon.wait(lambda: "running" in daemon.tail() or _TAKEN in daemon.tail())
    if _TAKEN not in daemon.tail() and owns(daemon.pid, port, control):
        return Bind(port, daemon, all_keys, watch, folder)
    daemon.stop()
    daemon.log.write_text("")
    return None


def _statement(key: Key) -> str:
    return f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};\n'
