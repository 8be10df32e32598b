"""What a provider offers that can make archives of its mailboxes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from reconciler.providers.archive.manifest import Counts, Manifest


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back.

    Attributes:
        counts: How much of each was added.
        notes: What else to know, a sentence each.
    """

    counts: Counts
    notes: tuple[str, ...] = ()


class Archivist(Protocol):
    """A provider, for archives of its mailboxes. Every method may raise ProviderError."""

    async def back_up(self, address: str, to: Path) -> Manifest:
        """Make an archive of a mailbox; see `making`, which makes the folder whole or not at all."""
        ...

    async def restore(self, archive: Path, address: str) -> Restored:
        """Add what an archive holds to a mailbox that is there; nothing that it has is deleted.

        Args:
            archive: The folder, whose files were verified.
            address: The mailbox, which may be another than the archive's.
        """
        ...


@runtime_checkable
class MakesBackups(Protocol):
    """A provider that has an archivist; its capability `makes_backups` says the same."""

    def archivist(self) -> Archivist:
        """The way in for archives."""
        ...
