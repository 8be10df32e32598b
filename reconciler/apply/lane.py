"""One provider's way in: how many calls run at once and how often, and looking up in bulk."""

import asyncio
import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from reconciler.apply.context import Patience
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import ProviderError, Reader
from reconciler.providers.writer import Failed, Outcome, Write, Writer

#: What is to be looked up, and what was found.
Wanted: TypeAlias = Mapping[Kind, Sequence[str]]
Found: TypeAlias = dict[tuple[Kind, str], Live]

Thing = TypeVar("Thing")

_KEYS_A_CALL = 256
_WINDOW = 12  # times the writes that may be in flight: the others read, journal, or wait to be verified
_AHEAD = 2.0  # seconds a limited rate may be prepared ahead: what was looked at long ago may have moved
_READS = 16  # one call in so many may be a look-up of each kind


def parts(things: list[Thing], reader: Reader) -> Iterator[list[Thing]]:
    """Yield what is looked up in one call each: at least as many as the provider takes in one write."""
    size = max(_KEYS_A_CALL, reader.capabilities.batch)
    return (things[start : start + size] for start in range(0, len(things), size))


class Gate:
    """Lets so many calls through at once, and so many a second; of those who wait, the first in plan order."""

    def __init__(self, width: int, rate: float | None, patience: Patience) -> None:
        """Allow `width` calls at once and `rate` a second (None: any number)."""
        self._free = max(1, width)
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0
        self._patience = patience
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    async def enter(self, position: int) -> None:
        """Wait for a place; who enters must `leave`."""
        if self._free and not self._queue:
            self._free -= 1
        else:
            await self._wait(position)
        if self._gap:
            now = self._patience.clock()
            delay = self._next - now
            self._next = max(now, self._next) + self._gap
            if delay > 0:
                await self._patience.sleep(delay)

    def leave(self) -> None:
        """Give the place to the next."""
        while self._queue:
            future = heapq.heappop(self._queue)[2]
            if not future.done():
                future.set_result(None)
                return
        self._free += 1

    async def _wait(self, position: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._queue, (position, self._count, future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.leave()
            raise


class _Question(NamedTuple):
    position: int
    keys: Sequence[str]
    future: asyncio.Future[Mapping[str, Live]]


class Lane:
    """A provider under its limits.

    Look-ups that are asked for while others are under way are put together: the answer always comes from a call that
    began after the question, and many operations share it.

    Attributes:
        group: Operations that are prepared together at most.
        window: Operations that may be under way.
        inside: Positions of the operations that are; kept by the executor.
    """

    def __init__(
        self, name: str, reader: Reader, writer: Writer | None, capabilities: Capabilities, patience: Patience
    ) -> None:
        """Take a provider's two sides."""
        self.name = name
        self.capabilities = capabilities
        batch, width = max(1, capabilities.batch), max(1, capabilities.concurrency)
        self.group = max(batch, width)
        self.window = _WINDOW * width * batch
        if capabilities.rate:
            self.window = min(self.window, max(batch, int(capabilities.rate * _AHEAD) * batch))
        self.inside: set[int] = set()
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._gate = Gate(capabilities.concurrency, capabilities.rate, patience)
        self._asked: dict[Kind, list[_Question]] = {}
        self._reading: dict[Kind, int] = {}
        self._reads = max(1, capabilities.concurrency // _READS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def look_up(self, wanted: Wanted, position: int) -> Found:
        """Return what is there now, of the wanted.

        Raises:
            ProviderError: If the provider can not be read, or not after several tries.
        """
        questions = [self._ask(kind, keys, position) for kind, keys in wanted.items()]
        answers = [await questions[0]] if len(questions) == 1 else await asyncio.gather(*questions)
        found: Found = {}
        for (kind, keys), lives in zip(wanted.items(), answers, strict=True):
            for key in keys:
                live = lives.get(key)
                if live is not None:
                    found[kind, key] = live
        return found

    async def write(self, batch: Sequence[Write], position: int, stop: asyncio.Event) -> Sequence[Outcome] | None:
        """Hand writes over and return an outcome each, whatever the writer does; None if stopped before.

        A writer that raises, or answers with too few outcomes, has told nothing: each of its writes may have happened.
        """
        assert self._writer is not None, "a plan writes to providers that can be written"
        await self._gate.enter(position)
        try:
            if stop.is_set():
                return None
            outcomes = await self._writer.write(batch)
        except Exception as error:  # noqa: BLE001 - a broken writer must not take the journal with it
            return [Failed(f"{self.name} broke off: {str(error) or type(error).__name__}", certain=False)] * len(batch)
        finally:
            self._gate.leave()
        if len(outcomes) != len(batch):
            said = f"{self.name} answered {len(outcomes)} of {len(batch)} writes"
            return [Failed(said, certain=False)] * len(batch)
        return outcomes

    def _ask(self, kind: Kind, keys: Sequence[str], position: int) -> asyncio.Future[Mapping[str, Live]]:
        loop = asyncio.get_running_loop()
        question = _Question(position, keys, loop.create_future())
        self._asked.setdefault(kind, []).append(question)
        if self._reading.get(kind, 0) < self._reads:
            self._reading[kind] = self._reading.get(kind, 0) + 1
            task = loop.create_task(self._answer(kind))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return question.future

    async def _answer(self, kind: Kind) -> None:
        """Answer questions of one kind until there are none."""
        asked = self._asked[kind]
        try:
            while asked:
                await self._gate.enter(asked[0].position)
                try:
                    await self._answer_some(kind, _take(asked))
                finally:
                    self._gate.leave()
        finally:
            self._reading[kind] -= 1

    async def _answer_some(self, kind: Kind, questions: list[_Question]) -> None:
        keys = [key for question in questions for key in question.keys]
        try:
            lives = await self._read(kind, keys) if keys else {}
        except asyncio.CancelledError:
            for question in questions:
                question.future.cancel()
            raise
        except BaseException as error:
            for question in questions:
                if not question.future.done():
                    question.future.set_exception(error)
            if not isinstance(error, ProviderError):
                raise
        else:
            for question in questions:
                if not question.future.done():
                    question.future.set_result(lives)

    async def _read(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        attempt = 1
        while True:
            try:
                return await self._reader.look_up(kind, keys)
            except ProviderError as error:
                if not error.transient or attempt >= self._patience.attempts:
                    raise
            except Exception as error:
                raise ProviderError(f"{self.name} can not be read: {str(error) or type(error).__name__}") from error
            await self._patience.sleep(self._patience.delay(attempt))
            attempt += 1


def _take(asked: list[_Question]) -> list[_Question]:
    """Remove and return the questions of one call: all that fit, and one at least."""
    count, keys = 0, 0
    for question in asked:
        keys += len(question.keys)
        if count and keys > _KEYS_A_CALL:
            break
        count += 1
    taken = asked[:count]
    del asked[:count]
    return taken
