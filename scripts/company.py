"""The company of `examples/cluster`, put on a running cluster: a copy of its files, with where the cluster is."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from scripts.house import ROOT, House, copy_examples
from tests.servers.cluster import Cluster
from tests.servers.cluster.site import write

ZONES = ("meadow.example", "orchard.example")
#: What its first plan asks for.
CONSENT = ("--yes", "--allow-cost", "instance:meadow")

_NOTE = "# Where the cluster is that `make cluster` has started.\n"


def settle(host: Cluster, folder: Path) -> House:
    """Make a copy of the example that speaks to a cluster, and the zones of its domains.

    Args:
        host: The cluster.
        folder: The copy's; made here.
    """
    copy_examples(ROOT / "examples/cluster", folder)
    return move_in(host, folder)


def move_in(host: Cluster, folder: Path) -> House:
    """Let a copy of the example that is there speak to a cluster, and make the zones of its domains."""
    for zone in ZONES:
        host.names.add_zone(zone)
    (folder / "provider.yaml").write_text(_NOTE + yaml.safe_dump({"providers": providers(host)}, sort_keys=False))
    secrets = {**host.environment, "TSIG_SECRET": host.names.key_secret}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in secrets.items())
    write(folder / "environment", exports + _path(), mode=0o600)
    return House(folder, secrets)


def _path() -> str:
    """What lets a shell find the command that belongs to this Python."""
    return f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH\n"


def providers(host: Cluster) -> Mapping[str, object]:
    """The blocks of the cluster and of its name server."""
    names = host.names
    key = {"name": names.key_name, "algorithm": names.key_algorithm, "secret": {"env": "TSIG_SECRET"}}
    return {
        "groupware": {**host.provider, "published": {"mx": "10 mail.meadow.example"}},
        "names": {"type": "rfc2136", "server": names.address, "key": key, "zones": list(ZONES)},
    }


def logins(house: House) -> Iterator[tuple[str, str]]:
    """Addresses of those who may log in, and the password of each, once their mailboxes are made."""
    declared = yaml.safe_load((house.folder / "mail.yaml").read_text())["mailboxes"]
    for address, mailbox in declared.items():
        if mailbox.get("login", True):
            yield address, (house.folder / mailbox["password"]["generate"]["to"]).read_text().strip()
