"""A provider that tells what it has left out: the embedded platform, with a file of oddities beside it."""

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from reconciler.providers.reader import CandidReader, Oddity
from reconciler.providers.sandbox import SandboxProvider
from reconciler.providers.sandbox.access import SandboxReader

FILE = "oddities.json"


def write(folder: Path, *oddities: Oddity) -> None:
    """Have the platform of a folder be odd in these ways."""
    (folder / FILE).write_text(json.dumps([asdict(each) for each in oddities]))


class OddReader(SandboxReader):
    """Reads, and remembers what it could not express."""

    file = Path()
    found: tuple[Oddity, ...] = ()

    async def read(self):
        if self.file.exists():
            self.found = tuple(Oddity(**each) for each in json.loads(self.file.read_text()))
        return await super().read()

    async def oddities(self):
        return self.found


class OddProvider(SandboxProvider):
    """The embedded platform, with things that nobody can declare."""

    type_name = "odd"

    @cached_property
    def _reader(self) -> CandidReader:
        reader = OddReader(self.platform, self._line, self._capabilities, self.published)
        reader.file = self._base / FILE
        return reader

    def reader(self) -> CandidReader:
        return self._reader
