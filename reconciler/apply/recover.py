"""After a crash: what was in flight is found out by reading the providers. Nobody is asked anything."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from reconciler.apply.lane import parts
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.reader import Reader
from reconciler.state.resolve import Verdict, resolution, resolve_in_flight, verdict
from reconciler.state.session import StateSession
from reconciler.state.values import Intent

__all__ = ["Recovered", "recover", "resolve_in_flight"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one write that was in flight when its run died.

    Attributes:
        intent: The write.
        verdict: done, not done, or other: the resource is neither as before nor as intended, and is recorded as it is.
    """

    intent: Intent
    verdict: Verdict

    def __str__(self) -> str:
        found = {
            Verdict.DONE: "had taken effect",
            Verdict.NOT_DONE: "had not taken effect",
            Verdict.OTHER: "is neither as before nor as intended; state now says what is there",
        }
        return f"{self.intent.operation} {found[self.verdict]}"


async def recover(
    session: StateSession,
    readers: Mapping[str, Reader],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], float] = time.time,
) -> tuple[Recovered, ...]:
    """Resolve every write in flight by reading its provider, and record the findings durably.

    A write at a provider that is not configured any more stays in flight.

    Args:
        session: State under lock.
        readers: By configured provider name.
        sleep: Waits until a provider's reads can not lag behind the dead run's last write.
        now: The time of day, in seconds since the epoch.

    Raises:
        ProviderError: If a provider can not be read.
        Problem: If state can not be written.
    """
    pending = [intent for intent in session.in_flight if intent.provider in readers]
    if not pending:
        return ()
    lag = max(readers[intent.provider].capabilities.consistency for intent in pending)
    if lag:
        await sleep(lag)
    lives = await _read(pending, readers)
    recovered = tuple(Recovered(intent, verdict(intent, lives.get(intent.place))) for intent in pending)
    at = now()
    session.end(
        resolution(intent, lives.get(intent.place), session.get(intent.kind, intent.key), at) for intent in pending
    )
    await session.commit()
    return recovered


async def _read(pending: list[Intent], readers: Mapping[str, Reader]) -> dict[tuple[str, Kind, str], Live]:
    groups: dict[tuple[str, Kind], list[str]] = {}
    for intent in pending:
        groups.setdefault((intent.provider, intent.kind), []).append(intent.key)
    lives: dict[tuple[str, Kind, str], Live] = {}
    for (provider, kind), keys in groups.items():
        for part in parts(keys, readers[provider]):
            found = await readers[provider].look_up(kind, part)
            lives.update({(provider, kind, key): live for key, live in found.items()})
    return lives
