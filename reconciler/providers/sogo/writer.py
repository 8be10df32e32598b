"""Writing: a batch is one transaction, and as many truths as writes; what daemons hold is dropped after it.

What has to be dropped is remembered in the same transaction, so that a run which dies in between leaves it to the next.
A mailbox's deletion is no single transaction, and has a module of its own (`leaving`).
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.model.kinds import Action, Kind
from reconciler.providers.reader import ProviderError
from reconciler.providers.sogo.clearing import clear_former
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.floor import lay_floor
from reconciler.providers.sogo.ground import Ground, read_ground
from reconciler.providers.sogo.hashing import BadPassword
from reconciler.providers.sogo.judge import Effect, Policy, Refused, judge
from reconciler.providers.sogo.leaving import Leaving
from reconciler.providers.sogo.looking import Found
from reconciler.providers.sogo.stale import catch_up, drop, remember
from reconciler.providers.sogo.trouble import Trouble
from reconciler.providers.writer import Done, Failed, Outcome, Write

#: Codes of troubles that are the whole batch's: to try its writes one by one would not help.
_OF_ALL = frozenset({"unreachable", "credentials", "refused", "dsn", "lost", "privilege", "read-only", "schema"})


@dataclass(frozen=True)
class _Ready:
    """A write that can be judged: with the hash of its password, where it sets one."""

    write: Write
    password: str | None = None


class SogoWriter:
    """Carries out writes at one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Take the cluster; nothing is opened yet."""
        self._cluster = cluster
        self._leaving = Leaving(cluster)
        self._begin = asyncio.Lock()
        self._found: Found | None = None

    async def prepare(self, ends: frozenset[Kind] = frozenset()) -> None:
        """Find out whether daemons and database are there and the role may write, and make what is missing.

        Where a mailbox is to be deleted, the host's commands are tried too: its aliases go first, and would be gone.

        Raises:
            ProviderError: If nothing could be written, or no mailbox deleted.
        """
        if Kind.MAILBOX in ends:
            await self._cluster.host.examine()
        await self._floor()

    async def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """Carry out writes in order, one outcome each."""
        if not batch:
            return []
        try:
            found = await self._floor()
        except ProviderError as error:
            return [_failed(error)] * len(batch)
        outcomes: list[Outcome] = []
        for part in _parts(batch):
            if _leaves(part[0]):
                outcomes.append(await self._leaving.leave(part[0], found))
            else:
                outcomes += await self._carry_out(part, found)
        return outcomes

    async def _floor(self) -> Found:
        """Before the first write: is all there that it needs, and is nothing left over from a run that died?"""
        async with self._begin:
            if self._found is None:
                await self._cluster.check_daemons()
                found = await lay_floor(self._cluster)
                await catch_up(self._cluster)
                self._found = found
        return self._found

    async def _carry_out(self, writes: Sequence[Write], found: Found) -> list[Outcome]:
        prepared = await asyncio.gather(*map(self._ready, writes))
        ready = [each for each in prepared if isinstance(each, _Ready)]
        try:
            outcomes = await self._together(ready, found)
        except Trouble as trouble:
            if trouble.code in _OF_ALL or len(ready) == 1:
                outcomes = [trouble.failed] * len(ready)
            else:
                outcomes = [outcome for each in ready for outcome in await self._alone(each, found)]
        answers = iter(outcomes)
        return [next(answers) if isinstance(each, _Ready) else each for each in prepared]

    async def _alone(self, ready: _Ready, found: Found) -> list[Outcome]:
        try:
            return await self._together([ready], found)
        except Trouble as trouble:
            return [trouble.failed]

    async def _ready(self, write: Write) -> _Ready | Failed:
        sets = write.kind is Kind.MAILBOX and "password" in write.changed
        if not (sets or _makes_mailbox(write)):
            return _Ready(write)
        try:
            return _Ready(write, await self._cluster.hasher.hashed(write.password))
        except BadPassword as error:
            return Failed(f"{write.key}: {error}", "password", rule="netcup/N14")

    async def _together(self, ready: Sequence[_Ready], found: Found) -> list[Outcome]:
        """Carry out writes in one transaction, and have the daemons forget.

        Raises:
            Trouble: If the database does not do it; then nothing was done, or nobody knows.
        """
        await clear_former(self._cluster, [each.write.key for each in ready if _makes_mailbox(each.write)])
        async with self._cluster.database.writing() as connection:
            ground = await read_ground(connection, self._cluster.names, found, [each.write for each in ready])
            judged = [_judged(each, ground, self._cluster.policy) for each in ready]
            effects = [each for each in judged if isinstance(each, Effect)]
            said = [statement for effect in effects for statement in effect.statements]
            await self._cluster.execute(connection, [*said, *remember(effects)])
        try:
            await drop(self._cluster, effects)
        except ProviderError as error:
            unsure = replace(_failed(error), certain=False)
            return [unsure if isinstance(each, Effect) and each.stale else _outcome(each) for each in judged]
        return [_outcome(each) for each in judged]


def _judged(ready: _Ready, ground: Ground, policy: Policy) -> Effect | Failed:
    try:
        return judge(ready.write, ground, policy, ready.password)
    except Refused as refused:
        return refused.failed


def _outcome(judged: Effect | Failed) -> Outcome:
    return judged if isinstance(judged, Failed) else Done()


def _failed(error: ProviderError) -> Failed:
    if isinstance(error, Trouble):
        return error.failed
    return Failed(str(error), "provider", retryable=error.transient)


def _makes_mailbox(write: Write) -> bool:
    return write.kind is Kind.MAILBOX and write.action is Action.CREATE


def _leaves(write: Write) -> bool:
    return write.kind is Kind.MAILBOX and write.action is Action.DELETE


def _parts(batch: Sequence[Write]) -> Iterator[list[Write]]:
    """Cut a batch into what is one transaction each: a mailbox that goes stands alone."""
    part: list[Write] = []
    for write in batch:
        if part and (_leaves(write) or _leaves(part[-1])):
            yield part
            part = []
        part.append(write)
    yield part
