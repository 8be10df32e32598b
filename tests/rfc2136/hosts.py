"""Providers of zones on the tests' name servers."""

import base64
from pathlib import Path

from reconciler.providers.rfc2136 import Rfc2136Provider, Rfc2136Settings
from tests.servers.nameserver import ALGORITHM, Key, NameServer

ZONE = "example.org"
HEAD = f"""\
{ZONE}. 3600 IN SOA ns1.{ZONE}. hostmaster.{ZONE}. 1 3600 600 86400 300
{ZONE}. 3600 IN NS ns1.{ZONE}.
ns1.{ZONE}. 3600 IN A 127.0.0.1
"""


def settings(host: NameServer, folder: Path, key: Key | None = None, **more: object) -> Rfc2136Settings:
    """Settings of a provider whose key's secret is in a file."""
    known = key or host.keys[ALGORITHM]
    (folder / f"{known.name}.secret").write_text(known.secret + "\n")
    block = {
        "server": host.address,
        "zones": [ZONE],
        "key": {"name": known.name, "algorithm": known.algorithm, "secret": {"file": f"{known.name}.secret"}},
        **more,
    }
    return Rfc2136Settings.model_validate(block)


def provider_of(host: NameServer, folder: Path, key: Key | None = None, **more: object) -> Rfc2136Provider:
    """A provider of a server's zones."""
    return Rfc2136Provider("dns", settings(host, folder, key, **more), folder)


def stranger(key: Key) -> Key:
    """A key of the same name with another secret."""
    return key._replace(secret=base64.b64encode(b"quite another secret of 32 bytes").decode())
