"""The lock as a lease: it ends by itself when its owner dies, and a late owner can not write any more.

Everything rests on one compare-and-swap of a small value, which every backend can offer, and on the fence, which each
backend calls in the same step as a write. Clocks are not part of that: they only decide when a lock may be taken over,
and as two machines' clocks differ, an owner counts as dead when no heartbeat was *seen* for a whole term, or when its
lease ended so long ago that no clock can be that wrong.
"""

import contextlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from reconciler.model.diagnostic import Problem
from reconciler.state import problems
from reconciler.state.backend import BackendError, Standing, StateWriter
from reconciler.state.values import LockInfo
from reconciler.state.who import Who, who

FORMAT = "reconciler.lock/1"
_FAMILY = "reconciler.lock/"
#: Seconds a lease lasts without a heartbeat.
TERM = 60.0
#: Seconds that the clocks of two runners may differ by: five minutes fast here, five minutes slow there.
SKEW = 600.0
_NUMBER = (int, float)
_TYPES = {
    "id": (str,),
    "host": (str,),
    "pid": (int,),
    "since": _NUMBER,
    "expires": _NUMBER,
    "fence": (int,),
    "started": (int,),
    "term": _NUMBER,
}
_LOOK_AGAIN, _LOOK_LEAST = 0.2, 2.0  # seconds between two looks at another's lock: at first, and in the end


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time comes from: wall clock, a clock that nobody sets, and sleep, in seconds; how long a lease lasts."""

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    term: float = TERM
    steady: Callable[[], float] = time.monotonic
    who: Callable[[], Who] = who


def encode(info: LockInfo) -> bytes:
    """Return a lock's bytes."""
    return orjson.dumps({"format": FORMAT, **asdict(info)}) + b"\n"


def decode(data: bytes, where: str) -> LockInfo:
    """Return the lock some bytes hold.

    Raises:
        Problem: If they are of a later version, or no lock at all.
    """
    try:
        fields: dict[str, Any] = orjson.loads(data)
        format_ = fields.pop("format")
        if isinstance(format_, str) and format_.startswith(_FAMILY) and format_ != FORMAT:
            raise problems.newer(where + ".lock", format_)  # its owner may be at work: nobody is told to remove it
        info = LockInfo(**fields)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise problems.lock_damaged(where + ".lock") from None
    if format_ != FORMAT or not all(type(getattr(info, name)) in kinds for name, kinds in _TYPES.items()):
        raise problems.lock_damaged(where + ".lock")
    return info


def _started(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(stat.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def gone(lock: LockInfo) -> bool:
    """Whether a lock's process is known to have ended: only its own machine can tell."""
    if lock.host != socket.gethostname():
        return False
    try:
        os.kill(lock.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return lock.started != 0 and _started(lock.pid) not in (0, lock.started)


@dataclass(slots=True)
class Watch:
    """Watches another's lock: whether its owner lives is told by what is seen, not by two clocks that may differ."""

    timing: Timing
    _raw: bytes = b""
    _since: float = field(default=0.0)
    _lived: bool = False  # a heartbeat was seen

    def dead(self, lock: LockInfo, raw: bytes) -> bool:
        """Whether a lock, as just read, may be taken over."""
        now = self.timing.steady()
        if raw != self._raw:
            self._lived = self._raw != b""
            self._raw, self._since = raw, now
        if gone(lock):
            return True
        if lock.term <= 0:
            return False
        return lock.expires + SKEW <= self.timing.clock() or now - self._since >= lock.term

    def ended(self, lock: LockInfo) -> bool:
        """Whether the lease has ended by this machine's clock: worth watching for one term.

        The clock may be wrong, and a heartbeat shows that it is: the owner of a slow clock is not watched for ever.
        """
        return lock.term > 0 and not self._lived and lock.expires <= self.timing.clock()


def _mine(operation: str, timing: Timing) -> LockInfo:
    now = timing.clock()
    pid = os.getpid()
    runner = timing.who()
    return LockInfo(
        id=uuid.uuid4().hex[:12],
        owner=runner.user,
        host=runner.host,
        pid=pid,
        operation=operation,
        since=now,
        expires=now + timing.term,
        fence=0,
        started=_started(pid),
        term=timing.term,
        ci=runner.ci,
    )


class Lease:
    """A held lock, kept alive by a heartbeat until it is released."""

    def __init__(self, backend: StateWriter, info: LockInfo, raw: bytes, timing: Timing) -> None:
        """Take over a lock that was just written."""
        self._backend = backend
        self._timing = timing
        self._raw = raw
        self._swap = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self.info = info

    def check(self, standing: Standing) -> None:
        """Be the fence: raise Problem where the lock that stands is not this lease's."""
        holder = None if standing.lock is None else decode(standing.lock, self._backend.where)
        if holder is None or holder.id != self.info.id:
            raise problems.lock_lost(self._backend.where, holder)

    def raise_fence(self, fence: int) -> None:
        """Set the fencing serial, once it is known what the highest before it was; start the heartbeat."""
        self._renew(replace(self.info, fence=fence))
        self._thread.start()

    def release(self) -> None:
        """Stop the heartbeat and remove the lock, if it is still this lease's."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        # a lock that can not be removed ends by itself, and its process is gone; one that is another's stays
        with self._swap, contextlib.suppress(Problem):
            while not self._backend.write_lock(self._raw, None):
                self._raw = self._as_it_stands()

    def _renew(self, info: LockInfo) -> None:
        raw = encode(info)
        with self._swap:
            while not self._backend.write_lock(self._raw, raw):
                self._raw = self._as_it_stands()
            self._raw, self.info = raw, info

    def _as_it_stands(self) -> bytes:
        """Return the lock where it is still ours: a write of ours took effect without its answer coming through.

        Raises:
            Problem: If it is not.
        """
        standing = self._backend.read_lock()
        self.check(Standing(standing, None))
        if standing is None or standing == self._raw:
            raise problems.lock_lost(self._backend.where, None)
        return standing

    def _beat(self) -> None:
        while not self._stop.wait(self._timing.term / 3):
            try:
                self._renew(replace(self.info, expires=self._timing.clock() + self._timing.term))
            except BackendError:
                continue  # the next beat tries again; until the lease ends nobody else may write
            except Problem:
                return  # taken over: the fence stops the next write and says so


def _written(backend: StateWriter, before: bytes | None, lock: bytes) -> bool:
    """Compare and swap a lock that is not held by anybody yet."""
    try:
        return backend.write_lock(before, lock)
    except BackendError:
        # it may have taken effect all the same, and would keep everybody waiting for a run that never was
        with contextlib.suppress(Problem):
            backend.write_lock(lock, None)
        raise


def acquire(
    backend: StateWriter, operation: str, wait: float, timing: Timing, on_wait: Callable[[LockInfo], None]
) -> tuple[Lease, LockInfo | None]:
    """Return a lease, and the dead owner's lock it was taken over from, if any.

    Args:
        backend: Where the lock stands.
        operation: The command, for others to see.
        wait: Seconds to wait for a living owner; one whose lease seems to have ended is watched for one term at most.
        timing: Where time comes from.
        on_wait: Told once who is waited for.

    Raises:
        Problem: If a living owner keeps it for longer, or the lock can not be read.
    """
    watch = Watch(timing)
    start = timing.steady()
    told = False
    pause = _LOOK_AGAIN
    while True:
        raw = backend.read_lock()
        held = None if raw is None else decode(raw, backend.where)
        if held is None or raw is None or watch.dead(held, raw):
            mine = replace(_mine(operation, timing), fence=held.fence if held else 0)
            data = encode(mine)
            if _written(backend, raw, data):
                return Lease(backend, mine, data, timing), held
            continue
        if timing.steady() - start >= wait and not watch.ended(held):
            raise problems.locked(backend.where, held)
        if not told:
            on_wait(held)
            told = True
        timing.sleep(pause)
        pause = min(pause * 1.5, _LOOK_LEAST)
