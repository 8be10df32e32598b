"""The state's lock: who holds it, whether its owner lives as far as this machine can tell, and how to be rid of it."""

from collections.abc import Iterator
from enum import StrEnum

from reconciler.report.layout import clean
from reconciler.report.style import Style
from reconciler.report.table import pairs
from reconciler.report.times import distance, iso, length, moment
from reconciler.state.values import LockInfo

#: Seconds that a lock may have been taken in the future before two clocks are said to differ: a write takes its time.
_IN_STEP = 5.0


class Standing(StrEnum):
    """What this machine can tell of a lock's owner.

    `gone`: its process, on this machine, has ended. `over`: its lease ended so long ago that no clock can be that
    wrong. `ended`: its lease has ended by this machine's clock, which may be wrong. `endless`: another program holds it
    that never says it lives.
    """

    ALIVE = "alive"
    ENDED = "ended"
    OVER = "over"
    GONE = "gone"
    ENDLESS = "endless"


def holder(lock: LockInfo) -> str:
    """Return the owner in words: `anna on laptop, process 812`."""
    host = f" on {clean(lock.host)}" if lock.host else ""
    process = f", process {lock.pid}" if lock.pid else ""
    return f"{clean(lock.owner)}{host}{process}"


def from_the_future(lock: LockInfo, now: float) -> float:
    """Return by how many seconds the owner's clock is ahead of this machine's at least, 0 where it need not be."""
    ahead = max(lock.since - now, lock.expires - now - lock.term if lock.term > 0 else 0.0)
    return ahead if ahead > _IN_STEP else 0.0


def _lease(lock: LockInfo, standing: Standing, now: float) -> str:
    if standing is Standing.ENDLESS:
        return "has no end: another program holds it, which never says that it lives"
    if standing is Standing.GONE:
        return "over, as its process has ended; the next apply takes it over at once"
    if standing is Standing.ALIVE:
        return f"expires in {length(lock.expires - now)} unless its heartbeat renews it"
    ended = f"ended {distance(lock.expires, now)} by this machine's clock"
    if standing is Standing.OVER:
        return f"{ended}; the next apply takes it over at once"
    return f"{ended}; the next apply watches it for {length(lock.term)} and takes it over if no heartbeat is seen"


def _next(lock: LockInfo, standing: Standing, style: Style) -> Iterator[str]:
    if standing in (Standing.GONE, Standing.OVER):
        yield "There is nothing to do; to remove it all the same:"
    elif standing is Standing.ENDED:
        yield "It goes by itself; if you know that its owner is dead:"
    else:
        yield "If you know that its owner is dead:"
    yield f"  {style.code(f'reconciler state unlock {clean(lock.id)}')}"


def _lines(lock: LockInfo, standing: Standing, now: float, style: Style) -> Iterator[str]:
    yield f"{style.warn('Locked')} by {holder(lock)}"
    ahead = from_the_future(lock, now)
    clock = f"its clock and this machine's differ by {length(ahead)} at least" if ahead else None
    shown = [
        ("command", clean(lock.operation) or None),
        ("run", clean(lock.ci) or None),
        ("since", f"{moment(lock.since)}, {distance(lock.since, now)}"),
        ("lease", _lease(lock, standing, now)),
        ("clock", clock),
        ("fence", str(lock.fence)),
        ("id", clean(lock.id)),
    ]
    yield from pairs(shown, style)
    yield from _next(lock, standing, style)


def lock_text(lock: LockInfo | None, standing: Standing, now: float, style: Style) -> str:
    """Return who holds the state's lock, and how to take it away from a dead owner.

    Args:
        lock: The lock, None where there is none.
        standing: What is known of its owner.
        now: Seconds since the epoch, by this machine's clock.
        style: Colours, symbols and width.
    """
    if lock is None:
        return "The state is not locked.\n"
    return "\n".join(_lines(lock, standing, now, style)) + "\n"


def wait_text(lock: LockInfo, standing: Standing, now: float) -> str:
    """Return who is waited for, since when, and until when, in one paragraph."""
    said = f"waiting for {clean(str(lock))}: it holds the lock since {moment(lock.since)}, {distance(lock.since, now)}"
    if standing is Standing.ENDED:
        ended = distance(lock.expires, now)
        return (
            f"{said}; its lease ended {ended} by this machine's clock, so it is watched for a heartbeat, "
            f"and taken over if none is seen for {length(lock.term)}"
        )
    return f"{said}; the lease {_lease(lock, standing, now)}"


def lock_json(lock: LockInfo | None, standing: Standing, now: float) -> dict[str, object]:
    """Return the lock as plain data; `locked` is false where none stands. Times are RFC 3339, lengths seconds."""
    if lock is None:
        return {"locked": False}
    return {
        "locked": True,
        "id": lock.id,
        "owner": lock.owner,
        "host": lock.host,
        "process": lock.pid,
        "command": lock.operation,
        "ci": lock.ci or None,
        "since": iso(lock.since),
        "expires": iso(lock.expires) if lock.term > 0 else None,
        "expires_in": round(lock.expires - now, 3) if lock.term > 0 else None,
        "term": lock.term,
        "fence": lock.fence,
        "standing": str(standing),
        "clock_ahead": round(from_the_future(lock, now), 3),
    }
