"""One round of questions: each goes to the servers of the deepest zone known, and on to those they lead to."""

import asyncio
import itertools
import math
import time
from collections.abc import Collection, Mapping, Sequence

from reconciler.model.answers import Answer, Question, Status
from reconciler.model.presentation import BadRdata
from reconciler.resolution.answers import answers, referral
from reconciler.resolution.names import above, special
from reconciler.resolution.talk import Address, NoReply, Talk
from reconciler.resolution.wire import Reply
from reconciler.resolution.zones import TRIES, NotFound, Server, Zone, Zones

_DEPTH = 12  # delegations followed one below another
_ENOUGH = 0.9  # of a question's time: what is left then is too short for another try

Told = Mapping[Question, Answer]


class Inquiry:
    """Questions that are asked together, over the same sockets."""

    def __init__(self, talk: Talk, zones: Zones, seconds: float) -> None:
        """Ask through `talk`; `seconds` is how long one question may take."""
        self._talk, self.zones, self._seconds = talk, zones, seconds

    async def nearest(self, name: str) -> Zone:
        """The deepest zone known that a name stands in (`Zones.nearest`)."""
        return await self.zones.nearest(self._talk, name)

    async def addresses(self, server: Server) -> tuple[Address, ...]:
        """Where a server listens; empty where nobody knows."""
        return await self.zones.addresses(self._talk, server)

    async def many(self, questions: Collection[Question]) -> dict[Question, Answer]:
        """Answer questions, and tell of CNAMEs that were seen."""
        told: dict[Question, Answer] = {}
        groups: dict[str, list[Question]] = {}
        for question in dict.fromkeys(questions):
            groups.setdefault(self._start(question), []).append(question)
        await asyncio.gather(*(self._group(start, group, told) for start, group in groups.items()))
        return told

    def _start(self, question: Question) -> str:
        """The zone that is asked first, or the top-level domain whose servers are to be found."""
        name = _asked_at(question)
        zone = self.zones.known(name)
        return zone.name if zone is not None else name if special(name) else name.rpartition(".")[2]

    async def _group(self, start: str, questions: Sequence[Question], told: dict[Question, Answer]) -> None:
        try:
            zone = await self.nearest(start)
        except NotFound as error:
            detail = "" if error.status is Status.NXDOMAIN else str(error)
            told.update(dict.fromkeys(questions, Answer(error.status, detail=detail)))
            return
        await self._below(zone, questions, told)

    async def _below(self, zone: Zone, questions: Sequence[Question], told: dict[Question, Answer]) -> None:
        """Ask of a zone: one question of each branch below it goes first, in case a delegation lies between."""
        branches: dict[str, list[Question]] = {}
        for question in questions:
            branches.setdefault(_branch(question.name, zone.name), []).append(question)
        await asyncio.gather(*(self._branch(zone, each, told) for each in branches.values()))

    async def _branch(self, zone: Zone, questions: Sequence[Question], told: dict[Question, Answer]) -> None:
        answered, reached = await self.one(zone, questions[0])
        told.update(answered)
        rest = [each for each in questions[1:] if each not in told]
        if not rest:
            return
        if reached is not zone:
            await self._below(reached, rest, told)
            return
        for more, _ in await asyncio.gather(*(self.one(zone, each) for each in rest)):
            told.update(more)

    async def one(self, zone: Zone, question: Question) -> tuple[Told, Zone]:
        """Ask one question of a zone's servers and of those they lead to; tell who answered."""
        for _ in range(_DEPTH):
            known = self.zones.known(_asked_at(question))
            if known is not None and len(known.name) > len(zone.name):
                zone = known
            outcome = await self._ask(zone, question)
            if not isinstance(outcome, Zone):
                return outcome, zone
            zone = outcome
        return {question: _failed(f"the delegations of {question.name} do not end")}, zone

    async def _ask(self, zone: Zone, question: Question) -> Told | Zone:
        """Ask a zone's servers in turn until one says something, or the time is up."""
        said = f"no address is known of any server of {zone.name or 'the root'}"
        deadline = math.inf
        useless: set[Address] = set()
        for _, server in itertools.product(range(TRIES), zone.servers):
            for address in await self.addresses(server):
                if address in useless:
                    continue
                if time.monotonic() >= deadline:
                    return {question: _failed(said)}
                deadline = min(deadline, time.monotonic() + self._seconds * _ENOUGH)
                try:
                    reply = await self._talk.ask(address, question, self._seconds / TRIES)
                except NoReply as error:
                    said = f"{server} {error}"
                    continue
                except BadRdata as error:
                    return {question: _failed(str(error))}
                outcome = self._outcome(reply, question, zone)
                if outcome is not None:
                    return outcome
                useless.add(address)
                said = f"{server} {complaint(reply, zone.name)}"
        return {question: _failed(said)}

    def _outcome(self, reply: Reply, question: Question, zone: Zone) -> Told | Zone | None:
        said = answers(reply, question)
        if said is not None:
            return said
        below = referral(reply, question.name, zone.name)
        if below is None or (question.type == "DS" and below[0] == question.name):
            return None
        return self.zones.learn(*below, reply, zone)

    async def of(self, server: Server, question: Question, *, dnssec: bool = False) -> Reply:
        """Ask one server, and nobody else.

        Raises:
            NoReply: If it does not answer at any of its addresses.
        """
        error = NoReply("has no address that is known")
        addresses = await self.addresses(server)
        for _, address in itertools.product(range(TRIES), addresses):
            try:
                return await self._talk.ask(address, question, self._seconds / TRIES, dnssec=dnssec)
            except NoReply as failure:
                error = failure
        raise error


def complaint(reply: Reply, zone: str) -> str:
    """What is wrong with a reply that does not answer, after the server's name."""
    if reply.rcode:
        return f"says {reply.refusal}"
    return f"does not answer for {zone or 'the root'}"


def _asked_at(question: Question) -> str:
    """The name whose zone answers: for DS the one above (RFC 4035 §3.1.4.1)."""
    return above(question.name) if question.type == "DS" else question.name


def _branch(name: str, zone: str) -> str:
    """The last label of a name below a zone, which is where a delegation may lie."""
    inner = name[: -len(zone) - 1] if zone else name
    return inner.rpartition(".")[2] if name != zone else ""


def _failed(detail: str) -> Answer:
    return Answer(Status.FAILED, detail=detail)
