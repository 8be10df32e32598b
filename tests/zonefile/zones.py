"""Zone files in a folder, and what BIND says about them."""

import asyncio
import subprocess
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from reconciler.model.rrsets import RRset, RRsetChange, ZoneContent
from reconciler.providers.writer import Outcome
from reconciler.providers.zonefile import ZonefileProvider, ZonefileSettings
from tests.programs import program

ZONE = "example.org"
TODAY = date(2026, 11, 22)
HEAD = """\
$TTL 3600
@ IN SOA ns1 hostmaster 2026010101 3600 600 86400 300
@ IN NS ns1
ns1 IN A 192.0.2.53
"""


def named_checkzone(path: Path, zone: str = ZONE) -> None:
    """Fail if BIND would not load the file; skip where BIND's tool is not installed, unless this is CI."""
    tool = program("named-checkzone", "bind9-utils")
    done = subprocess.run([tool, "-k", "ignore", zone, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


class Zone:
    """One zone file and the provider that edits it."""

    def __init__(self, folder: Path, text: str | bytes, *, today: date = TODAY, **settings: object) -> None:
        self.path = folder / f"{ZONE}.zone"
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.provider = ZonefileProvider(
            "zones", ZonefileSettings(directory=".", **settings), folder, today=lambda: today
        )

    @property
    def text(self) -> str:
        return self.path.read_bytes().decode("latin-1")

    def read(self) -> ZoneContent:
        return asyncio.run(self._read())

    async def _read(self) -> ZoneContent:
        return await self.provider.zone_reader().read(ZONE)

    def change(self, *changes: RRsetChange) -> Outcome:
        return asyncio.run(self._change(changes))

    async def _change(self, changes: Sequence[RRsetChange]) -> Outcome:
        return await self.provider.zone_writer().change(ZONE, changes)

    def put(self, name: str, rtype: str, values: Sequence[str], ttl: int | None = None) -> Outcome:
        full = ZONE if name == "@" else f"{name}.{ZONE}"
        before = self.read().rrsets.get((full, rtype))
        seconds = ttl if ttl is not None else before.ttl if before else 3600
        after = RRset(full, rtype, seconds, tuple(sorted(values))) if values else None
        return self.change(RRsetChange(before, after))
