"""Reading a state: bytes from a backend, opened where they are sealed, folded into what they say."""

from dataclasses import dataclass

from reconciler.model.collector import paused
from reconciler.model.desired import EncryptionBlock
from reconciler.state import journal, problems, snapshot
from reconciler.state.backend import StateReader
from reconciler.state.cipher import Cipher
from reconciler.state.fold import Fold
from reconciler.state.values import Loaded, LockInfo


@dataclass(slots=True)
class Read:
    """A state as read.

    Attributes:
        fold: What it says.
        cipher: The keys met on the way.
        identity: The snapshot's first line, None where there is no snapshot.
        size: Bytes of the snapshot.
        pages: Sealed pages of the snapshot; 0 where it is plain text.
        whole: Bytes of the journal's whole lines.
        fresh: Whether the journal holds a run that the snapshot does not.
        torn: Whether the journal ends in a line that was never completely written.
        format_changed: Whether the snapshot has an older format, so that no row of it may stay.
    """

    fold: Fold
    cipher: Cipher
    identity: bytes | None = None
    size: int = 0
    pages: int = 0
    whole: int = 0
    fresh: bool = False
    torn: bool = False
    format_changed: bool = False

    def loaded(self, lock: LockInfo | None) -> Loaded:
        """Return what others may know; it goes on by itself where the fold grows."""
        fold = self.fold.copy()
        flying = tuple(fold.in_flight.values())
        return Loaded(
            fold.applied(), flying, lock, fold.fence, self.torn, self.cipher.sealed, self.cipher.rekey_due() is not None
        )

    def folded(self, pages: int) -> None:
        """Note that a new snapshot stands, of so many pages."""
        self.pages = pages
        self.format_changed = False


def read(backend: StateReader, encryption: EncryptionBlock | None, *, strict: bool = True) -> Read:
    """Read a state; one that does not exist is empty.

    Args:
        backend: Where it is kept.
        encryption: What the configuration says of it.
        strict: Whether a state in plain text is refused where it should be encrypted, and one that was moved away.

    Raises:
        Problem: If it can not be read, is damaged, or its key can not be had.
    """
    where = backend.where
    contents = backend.read()
    cipher = Cipher(encryption, where)
    journal_name = where + ".journal"
    with paused():
        found = Read(Fold(), cipher)
        if contents.snapshot is not None:
            found.fold, found.pages = snapshot.decode(contents.snapshot, where, cipher)
            found.identity = snapshot.identity(contents.snapshot)
            found.size = len(contents.snapshot)
            found.format_changed = snapshot.FORMAT.encode() not in (found.identity or b"")
        bodies, found.whole = journal.lines(contents.journal, journal_name)
        found.fresh = journal.replay(bodies, found.fold, journal_name, cipher)
        found.torn = found.whole < len(contents.journal)
    if strict:
        cipher.agree()
        if found.fold.moved_to:
            raise problems.moved_away(where, found.fold.moved_to)
    return found
