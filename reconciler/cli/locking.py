"""What this machine can tell of a lock: its own processes it knows, other machines' clocks it does not."""

import time

from reconciler.cli.app import App
from reconciler.report.lock_text import Standing, wait_text
from reconciler.state.lease import SKEW, gone
from reconciler.state.values import LockInfo


def standing(lock: LockInfo | None, now: float) -> Standing:
    """Return what is known of a lock's owner, as the next run will judge it.

    Args:
        lock: The lock; of none the answer does not matter.
        now: Seconds since the epoch, by this machine's clock.
    """
    if lock is None:
        return Standing.ALIVE
    if gone(lock):
        return Standing.GONE
    if lock.term <= 0:
        return Standing.ENDLESS
    if lock.expires + SKEW <= now:
        return Standing.OVER
    return Standing.ENDED if lock.expires <= now else Standing.ALIVE


def tell_wait_for(app: App, lock: LockInfo) -> None:
    """Say who is waited for, and until when at most."""
    now = time.time()
    app.say(wait_text(lock, standing(lock, now), now))
