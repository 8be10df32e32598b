"""The addresses of one state, and the methods they are asked with."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Places:
    """Where a state is, and how it is asked for.

    Attributes:
        address: Of the state; a query is sent with every request.
        lock_address: Where it is locked.
        unlock_address: Where it is unlocked.
        update_method: Writes it.
        lock_method: Locks it.
        unlock_method: Unlocks it.
    """

    address: str
    lock_address: str
    unlock_address: str
    update_method: str = "POST"
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"

    @property
    def where(self) -> str:
        """The address without its query, which may say more than everybody is to read."""
        return urlunsplit(urlsplit(self.address)._replace(query=""))

    def locked(self, lock_id: str) -> str:
        """Return the address for a write under a lock."""
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(query=f"{parts.query}&ID={lock_id}" if parts.query else f"ID={lock_id}"))

    def part(self, name: str) -> str:
        """Return the address of a part: beside the state, with a name that begins with the state's."""
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}-{name}"))
