"""The server's own lock: taken, given back, asked for, and tried out before it is relied on."""

import contextlib
import time
from collections.abc import Callable, Collection

from reconciler.state.backend import BackendError
from reconciler.state.places.http import problems
from reconciler.state.places.http.client import Client, NeverSent, Reply, refuse
from reconciler.state.places.http.envelope import wrap
from reconciler.state.places.http.locks import Holder, fresh_id, holder, lock_info
from reconciler.state.places.http.places import Places
from reconciler.state.places.register.head import Head, encode
from reconciler.state.places.register.protocol import Uncertain

_LOCKED = (409, 423)
_UNKNOWN = (405, 501)
_GONE = (404, 410)
#: Seconds before each further try to lock: who looks, or has just finished, is gone in a moment.
_PAUSES = (0.05, 0.2)
_RELEASES = 2  # tries
_LOOKING = b"looking"


class Taken(Exception):
    """Somebody else holds the lock."""

    def __init__(self, by: Holder) -> None:
        """Name who."""
        super().__init__(by.id)
        self.by = by


class ServerLock:
    """LOCK and UNLOCK at one address."""

    def __init__(self, client: Client, places: Places, sleep: Callable[[float], None] = time.sleep) -> None:
        """Lock nothing yet.

        Args:
            client: Makes the requests.
            places: The addresses.
            sleep: How to wait.
        """
        self._client = client
        self._places = places
        self._sleep = sleep
        self._proven = False

    def take(self, lock: bytes, leases: Collection[str], *, known: bool) -> str:
        """Lock the server; return the id it is locked with.

        Args:
            lock: The lease it is locked for.
            leases: Whose locks are taken away: of this lease, and of the one that is taken over.
            known: Whether a state stands at the address.

        Raises:
            Taken: If somebody else holds it.
        """
        for pause in (*_PAUSES, None):
            lock_id = fresh_id(lock)
            other = self._request(lock_id, lock, known)
            if other is None:
                return lock_id
            if other.lease in leases:
                self.release(other.id, lock)
            elif pause is None:
                raise Taken(other)
            else:
                self._sleep(pause)
        raise Uncertain(problems.status(self._places.where, _LOCKED[0]))

    def ask(self) -> Holder | None:
        """Return who holds the server, found out by locking it for a moment."""
        lock_id = fresh_id(_LOOKING)
        other = self._request(lock_id, _LOOKING, known=True)
        if other is None:
            self.release(lock_id, _LOOKING)
        return other

    def release(self, lock_id: str, lock: bytes = _LOOKING) -> None:
        """Unlock the server, if it is locked with that id; where that fails, the lock ends as a dead owner's does."""
        for _ in range(_RELEASES):
            with contextlib.suppress(BackendError):
                if not self._unlock(lock_id, lock).passing:
                    return

    def prove(self, lock_id: str, lock: bytes) -> None:
        """Make sure, where no state stands yet, that the server lets nobody write or unlock with another id.

        Raises:
            BackendError: If it does.
        """
        if self._proven:
            return
        other = fresh_id(lock)
        while other == lock_id:
            other = fresh_id(lock)
        where = self._places.where
        empty = wrap(encode(Head()), None)
        reply = self._client.send(self._places.update_method, self._places.locked(other), empty)
        if reply.good:
            self._client.send("DELETE", self._places.address)
            raise problems.unfenced(where)
        if reply.status in (401, 403, 413):
            refuse(where, reply, len(empty))
        reply = self._unlock(other, lock)
        if reply.status in (*_UNKNOWN, *_GONE):
            raise problems.lockless(where, self._places.unlock_method, reply.status)
        if reply.good:
            raise problems.unfenced(where)
        self._proven = True

    def _request(self, lock_id: str, lock: bytes, known: bool) -> Holder | None:
        """Lock the server; return who has it instead."""
        info = lock_info(lock_id, lock, self._places.where)
        try:
            reply = self._client.send(self._places.lock_method, self._places.lock_address, info)
        except NeverSent:
            raise
        except BackendError:
            self.release(lock_id, lock)
            raise
        if reply.good:
            return None
        if reply.status in _LOCKED:
            return holder(reply.body, info)
        if reply.status in _UNKNOWN or (known and reply.status in _GONE):
            raise problems.lockless(self._places.where, self._places.lock_method, reply.status)
        self.release(lock_id, lock)  # a server that fails may have locked all the same
        return refuse(self._places.where, reply, len(info))

    def _unlock(self, lock_id: str, lock: bytes) -> Reply:
        info = lock_info(lock_id, lock, self._places.where)
        return self._client.send(self._places.unlock_method, self._places.unlock_address, info)
