"""A compare-and-swap, made of the server's lock.

The protocol has none: it has a lock, and writes that name its id. So the server is locked whenever the head has a lock,
each write names that lock's id, and the server refuses who names another. A commit is then one request, and a run that
lost its lock can not write any more, however late it is. What may be broken in two by a crash, and why it does no harm:

* locked, and no head written: nobody knows the owner but the server. Who comes next is refused with the id and the
  info of the lock, which say whose lease it is; `get` shows it as the lock, and it is waited for and taken over as any.
* a lock taken away from a dead owner, and nothing put in its place: the head still says that it is his. Who comes next
  takes it over again, and the server has nothing to unlock.
* the lock removed from the head, the server still locked: as the first.
* a write without an answer: whoever goes on under the same id might be overwritten by it later. So the server is
  unlocked and locked again with a new id, which the late write does not know.

Whoever only reads never locks, and sees what the head says.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from reconciler.state.backend import BackendError
from reconciler.state.places.http import problems
from reconciler.state.places.http.client import Client, refuse
from reconciler.state.places.http.envelope import NOTHING, Standing, digest, unwrap, unwrap_part, wrap, wrap_part
from reconciler.state.places.http.locks import Holder, above, key, lease_of
from reconciler.state.places.http.places import Places
from reconciler.state.places.http.server_lock import ServerLock, Taken
from reconciler.state.places.register.head import Head, decode, encode
from reconciler.state.places.register.protocol import Held, Moved, Uncertain

_LOCKED = (409, 423)
_ABSENT = (404, 410)
_NOT_KNOWN = (405, 501)
_REPEATED = 422  # GitLab: this serial was there before
#: Seconds between two looks whether another still holds what only the server knows of.
_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class _Other:
    """Somebody who holds the server's lock while the head says otherwise.

    Attributes:
        holder: Who.
        digest: The head that says otherwise; another one tells more than he does.
    """

    holder: Holder
    digest: str


class HttpRegister:
    """The register of one state at a server that speaks the protocol of Terraform's `http` backend."""

    def __init__(
        self,
        client: Client,
        places: Places,
        *,
        sleep: Callable[[float], None] = time.sleep,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep state at the other end of a client.

        Args:
            client: Makes the requests.
            places: The addresses.
            sleep: How to wait.
            steady: A clock that nobody sets, in seconds.
        """
        self._client = client
        self._places = places
        self._lock = ServerLock(client, places, sleep)
        self._steady = steady
        self._held: str | None = None  # the id this register has locked the server with
        self._last = NOTHING  # the head that stands while it has
        self._doubt: str | None = None  # a head of ours that may stand now, or later
        self._other: _Other | None = None
        self._look_at = 0.0

    @property
    def where(self) -> str:
        """The address, without its query."""
        return self._places.where

    def get(self) -> Held | None:
        """Return the head; where somebody else is known to hold the server, with his lock in it."""
        standing = self._stand()
        if self._doubt == standing.digest:
            self._last, self._doubt = standing.digest, None
            if self._held is not None and standing.lock_id is None:
                self._release(self._held)
        other = self._other
        if other is not None and (other.digest != standing.digest or not self._still_held()):
            self._other = None
        if self._other is None:
            return None if standing.head is None else Held(standing.head, standing.digest)
        head = Head() if standing.head is None else decode(standing.head, self.where)
        lock = above(self._other.holder.lock, head.lock)
        return Held(encode(replace(head, lock=lock)), f"{standing.digest}!{self._other.holder.id}")

    def put(self, data: bytes, token: str | None, lock_before: bytes | None, lock_after: bytes | None) -> str:
        """Replace the head; the server is locked before one with a lock, and unlocked after one without."""
        lease = lock_before if lock_after is None else lock_after
        lock_id, entered = self._held, False
        if lock_id is None or self._doubt is not None or (lease is not None and lease_of(lock_id) != key(lease)):
            lock_id, entered = self._enter(token, lock_before, lease or data), True
        elif token != self._last:
            raise Moved
        try:
            self._write(wrap(data, None if lock_after is None else lock_id), lock_id)
        except Uncertain:
            raise  # it may have taken effect, and is tried again
        except BackendError:
            if entered:  # nothing stands there that needs it, and others would wait for nobody
                self._release(lock_id)
            raise
        if lock_after is None:
            self._release(lock_id)
        return self._last

    def contend(self) -> None:
        """Find out who holds the server where the head names nobody, by locking it for a moment.

        It is for commands about the lock itself. A run learns it as soon as it wants the lock.
        """
        seen = self._stand()
        if self._held is None:
            self._ask(seen.digest)

    def read_part(self, name: str) -> bytes | None:
        """Return a part, None where there is none."""
        data = self._read(self._places.part(name))
        return None if data is None else unwrap_part(data)

    def write_part(self, name: str, data: bytes) -> None:
        """Write a part, or find that an earlier try has done so."""
        body = wrap_part(data)
        reply = self._client.send(self._places.update_method, self._places.part(name), body)
        if not reply.good and self.read_part(name) != data:
            refuse(self.where, reply, len(body))

    def drop_part(self, name: str) -> None:
        """Remove a part, if the server can."""
        reply = self._client.send("DELETE", self._places.part(name))
        if not reply.good and reply.status not in (*_ABSENT, *_NOT_KNOWN):
            refuse(self.where, reply)

    def list_parts(self) -> None:
        """Return None: the protocol has no listing."""

    def close(self) -> None:
        """Close the connections. The lock stays: it belongs to the state, and is given back by a `put`."""
        self._client.close()

    def _read(self, address: str) -> bytes | None:
        reply = self._client.send("GET", address)
        if reply.status in _ABSENT or (reply.good and not reply.body):
            return None
        if not reply.good:
            refuse(self.where, reply)
        return reply.body

    def _stand(self) -> Standing:
        return unwrap(self._read(self._places.address), self.where)

    def _write(self, body: bytes, lock_id: str) -> None:
        """Send a head under a lock.

        Raises:
            Moved: If the server has another lock, or none.
        """
        self._doubt = digest(body)
        reply = self._client.send(self._places.update_method, self._places.locked(lock_id), body)
        if reply.good:
            self._last, self._doubt = digest(body), None
            return
        if reply.status in _LOCKED:
            self._held = None
            raise Moved
        if reply.status == _REPEATED:
            raise Uncertain(problems.status(self.where, reply.status))
        refuse(self.where, reply, len(body))

    def _release(self, lock_id: str) -> None:
        self._held = None
        self._lock.release(lock_id)

    def _enter(self, token: str | None, before: bytes | None, lock: bytes) -> str:
        """Lock the server for a lease, and make sure that the head is still the one the token names.

        Args:
            token: The head.
            before: The lock in it; its owner is dead, or has no clear standing with the server, or is this lease.
            lock: The lease.

        Raises:
            Moved: If it is another head, or somebody else was quicker.
        """
        expected, _, held_by = (token or NOTHING).partition("!")
        # once more, as near to taking it away as can be: a heartbeat in between shows that its owner lives
        standing = self._expect(expected)
        leases = {key(lock)}
        mine, self._held = self._held, None
        if before is not None:
            leases.add(key(before))
            for lock_id in dict.fromkeys((held_by or standing.lock_id, mine)):
                if lock_id:
                    self._lock.release(lock_id, before)
        try:
            lock_id = self._lock.take(lock, leases, known=standing.head is not None)
        except Taken as taken:
            self._remember(taken.by, standing.digest)
            raise Moved from None
        try:
            self._expect(expected)
            if standing.head is None:
                self._lock.prove(lock_id, lock)
        except BaseException:
            self._lock.release(lock_id, lock)
            raise
        self._held, self._last, self._doubt, self._other = lock_id, expected, None, None
        return lock_id

    def _expect(self, expected: str) -> Standing:
        standing = self._stand()
        if standing.digest != expected:
            raise Moved
        return standing

    def _remember(self, other: Holder, head: str) -> None:
        self._other = _Other(other, head)
        self._look_at = self._steady() + _AGAIN

    def _still_held(self) -> bool:
        """Whether the other still holds the server, as far as known; looked at now and then."""
        if self._other is not None and self._steady() >= self._look_at:
            self._ask(self._other.digest)
        return self._other is not None

    def _ask(self, head: str) -> None:
        other = self._lock.ask()
        if other is None:
            self._other = None
        else:
            self._remember(other, head)
