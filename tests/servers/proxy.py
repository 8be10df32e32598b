"""A way to a server on loopback that fails when it is told to: refuses, is silent, tears requests, swallows answers.

    with proxy.to(server.port, proxy.http_request) as way:
        way.arm(Fault(Trouble.TORN, at=3))  # the third request from now on
        ...connect to way.port...
        assert way.requests == 5

It cuts what a client sends into requests, so that a fault strikes a request with a number and not a moment in time.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

_CHUNK = 1 << 16
_HOST = "127.0.0.1"
#: Makes `close` send a reset, as a machine that is gone or a firewall does.
_RESET = struct.pack("ii", 1, 0)
_ENDS = b"SQ"  # the messages Sync and Query, which PostgreSQL answers
_SEPARATE = b"pX"  # a password, and the end of the connection


class Request(NamedTuple):
    """Where a request that begins a buffer ends.

    Attributes:
        length: Its bytes.
        half: How many of them get through where it is torn.
        answered: Whether an answer so far shows that the request has taken effect.
        counts: Whether it is one that faults can be armed for; what opens a connection is not.
    """

    length: int
    half: int
    answered: Callable[[bytes], bool] = bool
    counts: bool = True


#: Finds the request that a buffer begins with; None while that can not be told. The flag: the connection's first bytes.
Cutter: TypeAlias = Callable[[bytes, bool], Request | None]


class Trouble(StrEnum):
    """What becomes of a request."""

    REFUSED = "refused"
    STALLED = "stalled"
    TORN = "torn"
    UNANSWERED = "unanswered"
    DELAYED = "delayed"


@dataclass(frozen=True)
class Fault:
    """What is to go wrong, and when.

    Attributes:
        trouble: Refused: the connection is reset before the server sees anything of the request. Stalled: neither
            server nor client hear anything any more. Torn: the server gets half of it. Unanswered: it takes effect, and
            the connection breaks in the middle of the answer. Delayed: it takes longer.
        at: The request it strikes, 1 for the next one.
        times: How many requests it strikes from that on.
        gone: Whether the server is gone after that: every later request and connection is refused.
        containing: Only requests that hold these bytes count, such as `COMMIT`.
        gate: What a delayed request waits for.
        strike: Called when it strikes the first time, before anything else becomes of the request.
    """

    trouble: Trouble
    at: int = 1
    times: int = 1
    gone: bool = False
    containing: bytes = b""
    gate: threading.Event | None = None
    strike: Callable[[], None] | None = None


_GONE = Fault(Trouble.REFUSED)


class Proxy:
    """The way to one server.

    Attributes:
        port: Where clients connect.
        requests: How many came in since `arm` or `heal`.
        struck: How many of them met the fault.
    """

    def __init__(self, port: int, cutter: Cutter, host: str = _HOST) -> None:
        """Lead to a server.

        Args:
            port: Where the server listens.
            cutter: Tells requests apart, such as `http_request`.
            host: Where it is.
        """
        self._server = (host, port)
        self._cutter = cutter
        self._listener = socket.create_server((_HOST, 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.requests = self.struck = 0
        self._seen = 0
        self._gone = False
        self._fault: Fault | None = None
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._lines: set[_Line] = set()
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def arm(self, fault: Fault | None) -> None:
        """Let a fault happen, and count from here."""
        with self._guard:
            self._fault, self.requests, self.struck, self._seen, self._gone = fault, 0, 0, 0, False

    def heal(self) -> None:
        """Let nothing go wrong any more; connections that a fault has silenced are reset."""
        self.arm(None)
        for line in self._all():
            if line.silent:
                line.reset()

    def hang_up(self) -> None:
        """Reset every connection there is."""
        for line in self._all():
            line.reset()

    def close(self) -> None:
        """End: nothing of it is left."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for line in self._all():
            line.reset()
            line.join()

    def _all(self) -> list["_Line"]:
        with self._guard:
            return list(self._lines)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = None if self._gone else socket.create_connection(self._server, timeout=5)
            except OSError:
                server = None
            if server is None:
                _reset(client)
                continue
            server.settimeout(None)
            line = _Line(self, client, server, self._cutter)
            with self._guard:
                self._lines.add(line)
            line.start()

    def meets(self, request: bytes) -> Fault | None:
        """Count a request, and return the fault that strikes it."""
        with self._guard:
            self.requests += 1
            fault = self._fault
            if fault is None:
                return None
            if self._gone:
                return _GONE
            if fault.containing not in request:
                return None
            self._seen += 1
            if not fault.at <= self._seen < fault.at + fault.times:
                return None
            self.struck += 1
            first = self.struck == 1
            self._gone = fault.gone and self._seen + 1 == fault.at + fault.times
        if first and fault.strike is not None:
            fault.strike()
        return fault

    def forget(self, line: "_Line") -> None:
        """Let go of a connection that has ended."""
        with self._guard:
            self._lines.discard(line)


class _Line:
    """A connection from a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket, cutter: Cutter) -> None:
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._proxy, self._client, self._server, self._cutter = proxy, client, server, cutter
        self.silent = False
        self._swallow: Callable[[bytes], bool] | None = None
        self._ends = threading.Lock()
        self._left = 2
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._forth, self._back)]

    def start(self) -> None:
        for thread in reversed(self._threads):
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def reset(self) -> None:
        """Break both connections; the threads that read from them wake up and close them."""
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _over(self) -> None:
        with self._ends:
            self._left -= 1
            if self._left:
                return
        self._client.close()
        self._server.close()
        self._proxy.forget(self)

    def _forth(self) -> None:
        """Carry requests to the server."""
        first = True
        waiting, pending = 0, b""  # bytes of the request on its way that are still to come; what is not yet one
        try:
            while data := self._client.recv(_CHUNK):
                pending += data
                while pending:
                    if not waiting:
                        request = self._cutter(pending, first)
                        if request is None:
                            break
                        first = False
                        waiting = self._begin(request, pending)
                    part, pending = pending[:waiting], pending[waiting:]
                    self._server.sendall(part)
                    waiting -= len(part)
            self._server.shutdown(socket.SHUT_WR)
        except (OSError, _Broken):
            self.reset()
        finally:
            self._over()

    def _begin(self, request: Request, pending: bytes) -> int:
        """Let a request begin, or not; return how many bytes of it may pass."""
        fault = self._proxy.meets(pending) if request.counts else None
        match None if fault is None else fault.trouble:
            case Trouble.REFUSED:
                raise _Broken
            case Trouble.STALLED:
                self.silent = True
                while self._client.recv(_CHUNK):
                    pass
                raise _Broken
            case Trouble.TORN:
                self._tear(pending, request.half)
                raise _Broken
            case Trouble.UNANSWERED:
                self._swallow = request.answered
            case Trouble.DELAYED if fault is not None and fault.gate is not None:
                fault.gate.wait(60)
        return request.length

    def _tear(self, pending: bytes, half: int) -> None:
        """Let half of a request through, and let the server see that no more will come."""
        while len(pending) < half and (data := self._client.recv(_CHUNK)):
            pending += data
        self.silent = True  # nothing the server says about it is heard
        self._server.sendall(pending[:half])
        self._server.shutdown(socket.SHUT_WR)
        self._threads[1].join(5)

    def _back(self) -> None:
        """Carry answers to the client."""
        try:
            answer = b""
            while data := self._server.recv(_CHUNK):
                if self.silent:
                    continue
                if self._swallow is None:
                    self._client.sendall(data)
                    continue
                answer += data
                if self._swallow(answer):
                    self._client.sendall(answer[: len(answer) // 2])
                    self.reset()
                    return
            self._client.shutdown(socket.SHUT_WR)
        except OSError:
            self.reset()
        finally:
            self._over()


class _Broken(Exception):
    """The connection is over."""


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.close()


def http_request(pending: bytes, _first: bool) -> Request | None:
    """Find the end of an HTTP request by its Content-Length; torn, half of its body gets through."""
    end = pending.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    head = pending[:end].lower()
    assert b"transfer-encoding:" not in head, "requests in chunks can not be told apart here"
    body = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            body = int(value)
    return Request(end + body, end + body // 2 if body else end // 2, _http_answered)


def _http_answered(answer: bytes) -> bool:
    """Whether it is more than a leave to go on with the body."""
    return b"\r\n\r\n" in answer and not (answer.startswith(b"HTTP/1.1 100") and answer.endswith(b"\r\n\r\n"))


def postgres_request(pending: bytes, first: bool) -> Request | None:
    """Find the end of what a PostgreSQL server answers at once: messages up to a Sync, or a Query."""
    if first or (len(pending) >= 8 and pending[0] == 0):
        # what opens a connection has no letter before its length
        if len(pending) < 8 or len(pending) < (length := int.from_bytes(pending[:4], "big")):
            return None
        return Request(length, length // 2, counts=False)
    start = 0
    while start + 5 <= len(pending):
        stop = start + 1 + int.from_bytes(pending[start + 1 : start + 5], "big")
        if stop > len(pending):
            return None
        letter = pending[start]
        if letter in _ENDS or letter in _SEPARATE:
            return Request(stop, stop // 2, _postgres_answered, counts=letter in _ENDS)
        start = stop
    return None


def _postgres_answered(answer: bytes) -> bool:
    """Whether it ends in ReadyForQuery: a server may send the beginning before it has come to the COMMIT."""
    return answer[-6:-1] == b"Z\0\0\0\5"


@contextlib.contextmanager
def to(port: int, cutter: Cutter, host: str = _HOST) -> Iterator[Proxy]:
    """A way to a server for the block."""
    way = Proxy(port, cutter, host)
    try:
        yield way
    finally:
        way.close()
