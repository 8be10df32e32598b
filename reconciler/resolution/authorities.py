"""Asking the authoritative servers: each question goes straight to those who know, and to nobody who might remember."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from reconciler.model.answers import Answer, Question, Status
from reconciler.model.desired import ResolverSettings
from reconciler.resolution import facts
from reconciler.resolution.agreement import Agreement, ZoneFacts
from reconciler.resolution.inquiry import Inquiry
from reconciler.resolution.names import PORT
from reconciler.resolution.talk import Talk
from reconciler.resolution.zones import NotFound, Zones

_OFF = "nobody is asked: `resolver` is off"


class Authorities:
    """Who answers for which zone, and asking them. What was found out about servers is kept; answers are not."""

    def __init__(
        self,
        settings: ResolverSettings | None = None,
        known: Mapping[str, Sequence[str]] | None = None,
        *,
        port: int = PORT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take whom to ask.

        Args:
            settings: As configured.
            known: Zones to the addresses of their servers, as providers tell; what is configured goes before it.
            port: Where servers listen that are found by delegation.
            clock: Seconds since the epoch, for the times of signatures.

        Raises:
            ValueError: If a server is not written as `host` or `host:port`.
        """
        self._settings = settings or ResolverSettings()
        self._zones = Zones(self._settings, known or {}, port)
        self._clock = clock

    async def answer(self, questions: Collection[Question]) -> dict[Question, Answer]:
        """Ask authoritative servers, many questions at once; CNAMEs are not followed.

        Returns:
            An answer to each question, and beside it what the reply told of a CNAME at the same name. FAILED where
            nobody gave an answer that can be used, UNKNOWN where nobody may be asked.
        """
        if self._settings.off:
            return dict.fromkeys(questions, Answer(Status.UNKNOWN, detail=_OFF))
        async with self._inquiry() as inquiry:
            return await inquiry.many(questions)

    async def everywhere(self, zone: str, questions: Collection[Question]) -> Agreement:
        """Ask every authoritative server of a zone the same questions, and for its serial."""
        if self._settings.off:
            return Agreement(zone, detail=_OFF)
        async with self._inquiry() as inquiry:
            try:
                found = await facts.find_zone(inquiry, zone)
            except NotFound as error:
                return Agreement(zone, detail=str(error))
            return await facts.agreement(inquiry, found, tuple(questions))

    async def zone_facts(self, zone: str, provider_servers: Sequence[str] = ()) -> ZoneFacts:
        """Find out what is wrong with a zone's servers, its delegation and its signatures.

        Args:
            zone: Its name.
            provider_servers: Names or addresses of the servers that the zone's provider uses, where they are known.
                Of a zone whose servers are configured its own NS records tell.
        """
        if self._settings.off:
            return ZoneFacts(zone, detail=_OFF)
        async with self._inquiry() as inquiry:
            return await facts.zone_facts(inquiry, zone, provider_servers, self._clock())

    @asynccontextmanager
    async def _inquiry(self) -> AsyncIterator[Inquiry]:
        async with Talk() as talk:
            yield Inquiry(talk, self._zones, self._settings.timeout)
