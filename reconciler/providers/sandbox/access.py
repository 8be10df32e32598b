"""The ways into the embedded platform: reading and writing, which wait, limit and disturb as configured."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.archive.archivist import Restored
from reconciler.providers.archive.manifest import Manifest
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import Booking, MailSettings, ProviderError
from reconciler.providers.sandbox import backups
from reconciler.providers.sandbox.disturb import Faults, Mode, RateLimit, answer, too_many
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.platform import Platform, carry_out, carry_out_all
from reconciler.providers.sandbox.published import Published
from reconciler.providers.sandbox.session import Session
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Done, Failed, Outcome, Write

P = ParamSpec("P")
T = TypeVar("T")

_LATE = 0.0005  # seconds an event loop's timer comes late on average: it counts whole milliseconds


class Line:
    """The line to the platform, which reader and writer share: its delay, its limit, its faults."""

    def __init__(self, settings: SandboxSettings) -> None:
        """Take what is configured."""
        self._latency = settings.latency
        self._limit = RateLimit(*settings.rate_limit, time.monotonic) if settings.rate_limit else None
        self.faults = Faults(settings.injected(), settings.seed)

    async def out(self) -> float:
        """Take half of a call's time before its effect; returns when the answer is due."""
        if not self._latency:
            return 0.0
        due = asyncio.get_running_loop().time() + self._latency
        await asyncio.sleep(self._latency / 2)
        return due

    async def back(self, due: float) -> None:
        """Take the rest of a call's time after its effect."""
        if self._latency:
            await asyncio.sleep(due - asyncio.get_running_loop().time() - _LATE)

    def wait(self) -> float | None:
        """Seconds to wait where this call is one too many."""
        return self._limit.wait() if self._limit else None


class SandboxReader:
    """Reading the embedded platform."""

    def __init__(self, platform: Platform, line: Line, capabilities: Capabilities, published: Published) -> None:
        """Take what the provider shares."""
        self._capabilities = capabilities
        self._published = published
        self._platform = platform
        self._line = line

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""
        return self._capabilities

    async def read(self) -> Sequence[Live]:
        """Everything the account has; an empty account where there is no file yet."""
        due = await self._arrive("")
        lives = self._platform.read()
        await self._line.back(due)
        return lives

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        """The named resources as the platform shows them now."""
        due = await self._arrive(kind)
        found = self._platform.look_up(kind, keys)
        await self._line.back(due)
        return found

    def mail_settings(self, domain: str) -> MailSettings:
        """What to publish for a domain, and how its users log in."""
        return self._published.settings(domain)

    async def statement(self, team: str) -> Sequence[Booking]:
        """The bookings of a team's master, oldest first (mailbox-org/M15)."""
        due = await self._arrive(Kind.TEAM)
        bookings = [Booking(*line) for line in self._platform.statement(team)]
        await self._line.back(due)
        return bookings

    async def _arrive(self, kind: str) -> float:
        due = await self._line.out()
        wait = self._line.wait()
        if wait is not None:
            raise ProviderError(f"too many calls to the platform: wait {wait:.3g} s", transient=True)
        if self._line.faults and self._line.faults.strike("read", kind):
            raise ProviderError("injected fault: the platform can not be read just now", transient=True)
        return due


class SandboxArchivist:
    """Archives of the embedded platform's mailboxes."""

    def __init__(self, platform: Platform, line: Line) -> None:
        """Take what the provider shares."""
        self._platform = platform
        self._line = line

    async def back_up(self, address: str, to: Path) -> Manifest:
        """Make an archive of a mailbox."""
        return await self._ask(self._platform.look, backups.back_up, address, to)

    async def restore(self, archive: Path, address: str) -> Restored:
        """Add what an archive holds to a mailbox."""
        return await self._ask(self._platform.act, backups.restore, archive, address)

    async def _ask(self, what: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        due = await self._line.out()
        try:
            return what(*args, **named)
        except Refused as no:
            raise ProviderError(str(no)) from no
        finally:
            await self._line.back(due)


class _Call(NamedTuple):
    writes: Sequence[Write]
    answer: asyncio.Future[Sequence[Outcome]]


class SandboxWriter:
    """Writing to the embedded platform; a batch is one transaction, its writes are separate truths.

    Calls that arrive at the same moment share a transaction, as a busy platform's commits do; none is answered before
    that is made.
    """

    def __init__(self, platform: Platform, line: Line) -> None:
        """Take what the provider shares."""
        self._platform = platform
        self._line = line
        self._arrived: list[_Call] = []

    async def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """Carry out writes in order, one outcome each."""
        due = await self._line.out()
        wait = self._line.wait()
        outcomes = await self._received(batch) if wait is None else too_many(batch, wait)
        await self._line.back(due)
        return outcomes

    async def _received(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        loop = asyncio.get_running_loop()
        call = _Call(batch, loop.create_future())
        if not self._arrived:
            loop.call_soon(self._answer)
        self._arrived.append(call)
        return await call.answer

    def _answer(self) -> None:
        """Carry out the calls that arrived together; whoever made one may have gone."""
        calls, self._arrived = self._arrived, []
        try:
            outcomes = iter(self._transact([write for call in calls for write in call.writes]))
        except Exception as error:  # noqa: BLE001 - each caller is told
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
            return
        for call in calls:
            answer = list(islice(outcomes, len(call.writes)))
            if not call.answer.done():
                call.answer.set_result(answer)

    def _transact(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        try:
            with self._platform.transaction() as session:
                if not self._line.faults:
                    return carry_out_all(session, batch)
                return [self._one(session, write) for write in batch]
        except ProviderError as error:
            failed = Failed(str(error), "busy" if error.transient else "unusable", retryable=error.transient)
            return [failed] * len(batch)

    def _one(self, session: Session, write: Write) -> Outcome:
        mode = self._line.faults.strike(write.action, write.kind, write.key)
        if mode is None:
            return carry_out(session, write)
        if mode is Mode.TIMEOUT_AFTER:
            outcome = carry_out(session, write)
            return answer(mode, write) if isinstance(outcome, Done) else outcome
        return answer(mode, write)
