"""A limit on how long a connection waits for an answer.

libpq waits for a silent peer without end. So a thread looks now and then whether an answer is overdue, and if so cuts
the connection, at which libpq gives up.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

_GRACE = 1.2  # times the limit: the server stops a slow statement by itself and says so, if it is given the time
_LOOKS = 8  # within the limit


class Watch:
    """The limit of one connection.

    Attributes:
        expired: Whether the connection was cut.
    """

    def __init__(self, descriptor: int, seconds: float) -> None:
        """Watch over a connection.

        Args:
            descriptor: Of its socket.
            seconds: Limit for each answer.
        """
        self.expired = False
        self._descriptor = descriptor
        self._seconds = seconds
        self._due: float | None = None
        self._guard = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="postgres-timeout", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def limited(self) -> Iterator[None]:
        """Wait for one answer inside the block."""
        self._set(time.monotonic() + self._seconds * _GRACE)
        try:
            yield
        finally:
            self._set(None)

    def close(self) -> None:
        """Stop watching; the connection may then be closed."""
        self._end.set()
        if threading.current_thread() is not self._thread:  # where garbage collection happens to run
            self._thread.join()

    def _set(self, due: float | None) -> None:
        with self._guard:
            self._due = due

    def _look(self) -> None:
        while not self._end.wait(self._seconds / _LOOKS):
            with self._guard:
                if self._due is not None and time.monotonic() > self._due:
                    self._due = None
                    self.expired = True
                    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as peer:
                        peer.shutdown(socket.SHUT_RDWR)
