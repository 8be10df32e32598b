"""A PostfixAdmin server that has been lived in: everything on it was made by PostfixAdmin's own command line."""

from pathlib import Path

import yaml

from tests.servers.cluster import Cluster

PASSWORD = "old5ecret9"
_ROWS = (
    ("domain", "add", "lantern.example", "--description", "the old shop"),
    ("domain", "add", "candle.example"),
    ("mailbox", "add", "anna@lantern.example", "--name", "Anna Beispiel", "--quota", "2048"),
    ("mailbox", "add", "ben@lantern.example", "--name", "Ben Muster", "--quota", "1024"),
    ("mailbox", "add", "shop@candle.example", "--name", "Candle Shop", "--quota", "1024"),
    ("alias", "add", "info@lantern.example", "--goto", "anna@lantern.example,ben@lantern.example"),
    ("alias", "add", "postmaster@lantern.example", "--goto", "anna@lantern.example"),
    ("alias", "add", "*@candle.example", "--goto", "shop@candle.example"),
    ("alias", "add", "jobs@lantern.example", "--goto", "carla@lantern.example"),  # who has left long ago
    ("alias", "add", "press@lantern.example", "--goto", "agency@elsewhere.example"),
    ("alias", "update", "ben@lantern.example", "--goto", "ben@elsewhere.example", "--goto-mailbox", "1"),
)


def settle(host: Cluster, folder: Path) -> dict[str, str]:
    """Fill PostfixAdmin, and begin a repository that has no more than the provider's block.

    Args:
        host: The cluster.
        folder: The repository's; made here.
    """
    assert host.admin is not None
    for module, task, *rest in _ROWS:
        secret = ("--password", PASSWORD, "--password2", PASSWORD) if (module, task) == ("mailbox", "add") else ()
        host.admin.cli(module, task, *rest, *secret)
    folder.mkdir(parents=True)
    block = {"version": 1, "state": {"local": "state/mail.json"}, "providers": {"groupware": host.provider}}
    (folder / "mail.yaml").write_text(yaml.safe_dump(block, sort_keys=False))
    return host.environment
