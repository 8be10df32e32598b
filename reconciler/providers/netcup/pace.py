"""Keeping under a number of requests a minute, instead of being refused for it."""

import threading
from collections import deque
from collections.abc import Callable

WINDOW = 60.0  # seconds
REQUESTS = 175  # in that time: netcup counts 180 a minute, and others may use the same account
_NAP = 0.5  # seconds; how long a wait goes on after `end`


class Ended(Exception):
    """The wait was given up: nothing is sent any more."""


class Pace:
    """A sliding window of requests, for threads."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None], requests: int = REQUESTS) -> None:
        """Take a clock of seconds and a way to wait, which tests bring along."""
        self._clock, self._sleep, self._requests = clock, sleep, requests
        self._sent: deque[float] = deque()
        self._lock = threading.Lock()
        self._ended = False

    def enter(self) -> None:
        """Wait until one more request may be sent.

        Raises:
            Ended: If it is not to be sent any more.
        """
        while True:
            wait = self._take()
            if wait <= 0:
                return
            self._sleep(min(wait, _NAP))

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._ended = True

    def _take(self) -> float:
        with self._lock:
            if self._ended:
                raise Ended
            now = self._clock()
            while self._sent and now - self._sent[0] >= WINDOW:
                self._sent.popleft()
            if len(self._sent) < self._requests:
                self._sent.append(now)
                return 0.0
            return self._sent[0] + WINDOW - now
