"""Which servers answer for which zone: as configured, else by delegation from a top-level domain down.

A recursive resolver is asked for the name servers of top-level domains and for addresses of name servers alone. Were it
asked for a name that a plan is about to make, it would remember that there is none (RFC 2308), and others with it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reconciler.model.answers import Question, Status
from reconciler.model.desired import ResolverSettings
from reconciler.model.presentation import within
from reconciler.resolution import wire
from reconciler.resolution.names import PORT, above_all, as_address, special, split_server, system_resolvers
from reconciler.resolution.talk import Address, NoReply, Talk
from reconciler.resolution.wire import Reply, Row

TRIES = 3  # of a question; each may take this part of its time

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Server:
    """A name server: its name as delegated or configured, and the port it is asked at."""

    name: str
    port: int

    def __str__(self) -> str:
        """As a user writes it."""
        host = f"[{self.name}]" if ":" in self.name else self.name
        return host if self.port == PORT else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone and its servers.

    Attributes:
        name: Its name; empty for the root.
        servers: Who answers for it.
        configured: Whether a user or a provider has named the servers.
    """

    name: str
    servers: tuple[Server, ...]
    configured: bool = False


class NotFound(Exception):
    """No zone or no server could be found; the message is one lower-case sentence.

    Attributes:
        status: What that makes of a question: FAILED, UNKNOWN where nobody may be asked, NXDOMAIN where it is certain.
    """

    def __init__(self, message: str, status: Status = Status.FAILED) -> None:
        """Say what could not be found."""
        super().__init__(message)
        self.status = status


class Zones:
    """The zones that are known, and how to find others; what was found is kept."""

    def __init__(self, settings: ResolverSettings, known: Mapping[str, Sequence[str]], port: int) -> None:
        """Take what is configured.

        Raises:
            ValueError: If a server is not written as one.
        """
        self._settings, self._port = settings, port
        self.zones: dict[str, Zone] = {}
        for name, servers in {**known, **settings.authoritative}.items():
            if servers:
                found = tuple(Server(*split_server(each)) for each in servers)
                self.zones[name] = Zone(name, found, configured=True)
        self._resolvers = tuple(Server(*split_server(each)) for each in settings.servers)
        self._addresses: dict[Server, tuple[Address, ...]] = {}
        self._finding: dict[str, asyncio.Task[Zone]] = {}
        self._looking: dict[Server, asyncio.Task[tuple[Address, ...]]] = {}

    @property
    def has_resolvers(self) -> bool:
        """Whether recursive resolvers are configured, beside the machine's own."""
        return bool(self._resolvers)

    def known(self, name: str) -> Zone | None:
        """The deepest zone known that a name stands in."""
        return next((self.zones[each] for each in (name, *above_all(name)) if each in self.zones), None)

    async def nearest(self, talk: Talk, name: str) -> Zone:
        """The deepest zone known that a name stands in; at least its top-level domain.

        Raises:
            NotFound: If nobody can be asked for it.
        """
        zone = self.known(name)
        if zone is not None:
            return zone
        reserved = special(name)
        if reserved is not None:
            raise NotFound(f"nobody in the public DNS answers for names in .{reserved} (RFC 6761)", Status.UNKNOWN)
        top = ([name, *above_all(name)])[-2] if name else ""
        return await _once(self._finding, top, lambda: self._delegated(talk, top))

    async def _delegated(self, talk: Talk, top: str) -> Zone:
        shown = f".{top}" if top else "the root"
        reply = await self._recursive(talk, Question(top, "NS"))
        names = sorted({row.value.rstrip(".") for row in reply.answer if (row.name, row.type) == (top, "NS")})
        if not names:
            if reply.rcode == wire.NXDOMAIN:
                raise NotFound(f"there is no top-level domain {shown}", Status.NXDOMAIN)
            raise NotFound(f"the servers of {shown} can not be found: the resolver knows of none")
        zone = self.zones[top] = Zone(top, tuple(Server(each, self._port) for each in names))
        return zone

    def learn(self, child: str, rows: Sequence[Row], reply: Reply, parent: Zone) -> Zone:
        """Keep a delegation that servers of the parent told of, with addresses below the parent's own name."""
        known = self.zones.get(child)
        if known is not None:
            return known
        servers = tuple(Server(each, self._port) for each in sorted({row.value.rstrip(".") for row in rows}))
        for server in servers:
            glue = [row for row in reply.additional if row.name == server.name and within(row.name, parent.name)]
            if glue and server not in self._addresses:
                self._addresses[server] = tuple(Address(row.value, server.port) for row in _ipv4_first(glue))
        return self.keep(child, [server.name for server in servers])

    def keep(self, name: str, servers: Sequence[str]) -> Zone:
        """Keep a zone with the names of its servers."""
        zone = self.zones[name] = Zone(name, tuple(Server(each, self._port) for each in sorted(set(servers))))
        return zone

    async def addresses(self, talk: Talk, server: Server) -> tuple[Address, ...]:
        """Where a server listens; empty where nobody knows."""
        if server not in self._addresses:
            literal = as_address(server.name, server.port)
            if literal is not None:
                self._addresses[server] = (literal,)
            elif special(server.name):
                self._addresses[server] = ()
            else:
                return await _once(self._looking, server, lambda: self._look_up(talk, server))
        return self._addresses[server]

    async def _look_up(self, talk: Talk, server: Server) -> tuple[Address, ...]:
        rows = await asyncio.gather(*(self._rows(talk, Question(server.name, rtype)) for rtype in ("A", "AAAA")))
        found = self._addresses[server] = tuple(Address(row.value, server.port) for each in rows for row in each)
        return found

    async def _rows(self, talk: Talk, question: Question) -> list[Row]:
        try:
            reply = await self._recursive(talk, question)
        except NotFound:
            return []
        return [row for row in reply.answer if row.type == question.type]

    async def _recursive(self, talk: Talk, question: Question) -> Reply:
        """Have a recursive resolver find something out about name servers."""
        resolvers = self._resolvers or tuple(Server(each, PORT) for each in system_resolvers())
        said = "no recursive resolver is configured" if not resolvers else ""
        for each in resolvers:
            address = as_address(each.name, each.port)
            if address is None:
                said = f"the resolver {each} is not given by its address"
                continue
            for _ in range(TRIES):
                try:
                    reply = await talk.ask(address, question, self._settings.timeout / TRIES, recursion=True)
                except NoReply as error:
                    said = f"the resolver {each} {error}"
                    continue
                if reply.rcode in (0, wire.NXDOMAIN):
                    return reply
                said = f"the resolver {each} says {reply.refusal}"
                break
        raise NotFound(f"the servers of {question.name or 'the root'} can not be found: {said}")


def _ipv4_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.type)


async def _once(
    running: dict[Key, asyncio.Task[Value]], key: Key, work: Callable[[], Coroutine[None, None, Value]]
) -> Value:
    """What a piece of work returns, however many wait for it."""
    task = running.get(key)
    if task is None:
        task = running[key] = asyncio.ensure_future(work())
        task.add_done_callback(lambda _: running.pop(key, None))
    return await asyncio.shield(task)
