"""Talking to name servers: many questions in flight over one UDP socket a server, TCP where a reply is too long.

A socket is connected, so that the kernel takes replies from the address that was asked and from nobody else; its port
and the messages' ids are random (RFC 5452).
"""

import asyncio
import secrets
from contextlib import AsyncExitStack
from types import TracebackType
from typing import NamedTuple, Self, cast

from reconciler.model.answers import Question
from reconciler.resolution.wire import FORMERR, NOTIMP, Malformed, Reply, query, read

_IN_FLIGHT = 100  # questions to one server; the replies to more overrun the buffer of a socket (net.core.rmem_default)
_TCP_AT_ONCE = 8  # connections to one server
_GIVE_UP = 8  # questions that a server may leave unanswered before it is not asked any more


class Address(NamedTuple):
    """Where a server listens, UDP and TCP."""

    host: str
    port: int

    def __str__(self) -> str:
        """As a user writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class NoReply(Exception):
    """A server that did not answer; the message is one lower-case sentence without the server."""


class Talk:
    """Conversations with servers, for as long as an `async with` lasts."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._lines: dict[Address, _Line] = {}

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up everywhere."""
        for line in self._lines.values():
            line.close()

    async def ask(
        self, server: Address, question: Question, seconds: float, *, recursion: bool = False, dnssec: bool = False
    ) -> Reply:
        """Ask one server once.

        Args:
            server: Whom.
            question: What.
            seconds: How long to wait for the reply.
            recursion: Whether it is to find the answer out; never of an authoritative server.
            dnssec: Whether signatures are wanted.

        Raises:
            NoReply: If it does not answer in time, or what it says is no reply.
            BadRdata: If the question can not be asked.
        """
        line = self._lines.get(server)
        if line is None:
            line = self._lines[server] = _Line(server)
        reply = await line.ask(question, seconds, recursion=recursion, dnssec=dnssec, edns=True)
        if reply.rcode in (FORMERR, NOTIMP) and not dnssec:  # a server from before EDNS (RFC 6891 §7)
            reply = await line.ask(question, seconds, recursion=recursion, dnssec=False, edns=False)
        return reply


class _Line:
    """One server, one UDP socket."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._slots = asyncio.Semaphore(_IN_FLIGHT)
        self._connections = asyncio.Semaphore(_TCP_AT_ONCE)
        self._opening = asyncio.Lock()
        self._exchange: _Exchange | None = None
        self._silent = 0
        self._spoke = False

    def close(self) -> None:
        if self._exchange is not None and self._exchange.transport is not None:
            self._exchange.transport.close()

    async def ask(self, question: Question, seconds: float, *, recursion: bool, dnssec: bool, edns: bool) -> Reply:
        async with self._slots:
            if not self._spoke and self._silent >= _GIVE_UP:
                raise NoReply("does not answer")
            try:
                async with asyncio.timeout(seconds):
                    reply = await self._ask(question, recursion=recursion, dnssec=dnssec, edns=edns)
            except TimeoutError:
                self._silent += 1
                raise NoReply(f"did not answer within {seconds:.3g} s") from None
            except OSError as error:
                self._silent += 1
                raise NoReply(f"can not be reached: {(error.strerror or 'no connection').lower()}") from None
            except Malformed as error:
                raise NoReply(f"can not be understood: {error}") from None
            self._spoke = True
            return reply

    async def _ask(self, question: Question, *, recursion: bool, dnssec: bool, edns: bool) -> Reply:
        exchange = await self._open()
        number = exchange.number()
        message = query(number, question, recursion=recursion, dnssec=dnssec, edns=edns)
        reply = await exchange.send(number, message, question)
        if not reply.truncated:
            return reply
        async with self._connections:
            return await _over_tcp(self._server, message, question)

    async def _open(self) -> "_Exchange":
        async with self._opening:
            if self._exchange is None:
                loop = asyncio.get_running_loop()
                _, self._exchange = await loop.create_datagram_endpoint(_Exchange, remote_addr=self._server)
            return self._exchange


class _Exchange(asyncio.DatagramProtocol):
    """Replies on their way to those who wait for them."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[int, tuple[Question, asyncio.Future[Reply]]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def number(self) -> int:
        while True:
            number = secrets.randbelow(2**16)
            if number not in self._waiting:
                return number

    async def send(self, number: int, message: bytes, question: Question) -> Reply:
        assert self.transport is not None
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = question, future
        try:
            self.transport.sendto(message)
            return await future
        finally:
            del self._waiting[number]

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:  # noqa: ARG002 - the socket is connected
        waiting = self._waiting.get(int.from_bytes(data[:2]))
        if waiting is None or waiting[1].done():
            return
        question, future = waiting
        try:
            future.set_result(read(data, question))
        except Malformed:
            return  # not from whom we asked, or not for this question: whoever waits may still be answered

    def error_received(self, exc: Exception) -> None:
        """Tell everybody who waits: the kernel does not say whose question was refused."""
        for _, future in self._waiting.values():
            if not future.done():
                future.set_exception(OSError(getattr(exc, "errno", None), getattr(exc, "strerror", None)))


async def _over_tcp(server: Address, message: bytes, question: Question) -> Reply:
    async with AsyncExitStack() as stack:
        reader, writer = await asyncio.open_connection(*server)
        stack.push_async_callback(writer.wait_closed)
        stack.callback(writer.close)
        writer.write(len(message).to_bytes(2) + message)
        await writer.drain()
        try:
            length = int.from_bytes(await reader.readexactly(2))
            data = await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            raise Malformed("the connection ended before the reply") from None
        if data[:2] != message[:2]:
            raise Malformed("the reply is to another question")
        return read(data, question)
