"""Finding out what is wrong with a zone's servers, its delegation and its signatures."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.answers import Answer, Question, Status
from reconciler.resolution import dnssec, wire
from reconciler.resolution.agreement import Agreement, ZoneFacts
from reconciler.resolution.answers import answers, referral
from reconciler.resolution.inquiry import Inquiry, Told, complaint
from reconciler.resolution.names import above, as_address, special, split_server
from reconciler.resolution.talk import NoReply
from reconciler.resolution.zones import NotFound, Server, Zone

_SERIAL, _MINIMUM = 2, 6  # indexes among the SOA's seven fields


async def find_zone(inquiry: Inquiry, name: str) -> Zone:
    """Find a zone's servers.

    Raises:
        NotFound: If nobody has such a zone, or nobody can be asked.
    """
    zone = await inquiry.nearest(name)
    if zone.name == name:
        return zone
    told, reached = await inquiry.one(zone, Question(name, "SOA"))
    if reached.name == name:
        return reached
    answer = told[Question(name, "SOA")]
    if answer.status is Status.FAILED:
        raise NotFound(answer.detail)
    if answer.status is not Status.FOUND:
        raise NotFound(f"{reached.name or 'the root'} delegates {name} to nobody", Status.NXDOMAIN)
    servers, _ = await inquiry.one(reached, Question(name, "NS"))  # one server has both, and so refers to nobody
    return inquiry.zones.keep(name, [each.rstrip(".") for each in servers[Question(name, "NS")].values])


async def agreement(inquiry: Inquiry, zone: Zone, questions: Sequence[Question]) -> Agreement:
    """Ask every server of a zone the same, and its serial."""
    soa = Question(zone.name, "SOA")
    asked = tuple(dict.fromkeys((*questions, soa)))
    silent: dict[str, str] = {}
    told = await asyncio.gather(*(_server_says(inquiry, zone, server, asked, silent) for server in zone.servers))
    by_server = {str(server): each for server, each in zip(zone.servers, told, strict=True)}
    serials = {name: _soa_field(said[soa], _SERIAL) for name, said in by_server.items()}
    if soa not in questions:
        own = {soa, Question(zone.name, "CNAME")} - set(questions)
        by_server = {name: {each: said[each] for each in said if each not in own} for name, said in by_server.items()}
    return Agreement(zone.name, by_server, serials, silent)


async def _server_says(
    inquiry: Inquiry, zone: Zone, server: Server, questions: Sequence[Question], silent: dict[str, str]
) -> dict[Question, Answer]:
    told: dict[Question, Answer] = {}
    for each in await asyncio.gather(*(_says(inquiry, zone, server, each, silent) for each in questions)):
        told.update(each)
    return told


async def _says(inquiry: Inquiry, zone: Zone, server: Server, question: Question, silent: dict[str, str]) -> Told:
    try:
        reply = await inquiry.of(server, question)
    except NoReply as error:
        silent[str(server)] = f"{server} {error}"
        return {question: Answer(Status.FAILED, detail=f"{server} {error}")}
    said = answers(reply, question)
    if said is not None:
        return said
    below = referral(reply, question.name, zone.name)
    if below is not None:
        detail = f"{question.name} stands in the zone {below[0]}, which is delegated"
    else:
        detail = f"{server} {complaint(reply, zone.name)}"
    return {question: Answer(Status.FAILED, detail=detail)}


def _soa_field(answer: Answer, index: int) -> int | None:
    fields = answer.values[0].split() if answer.values else []
    return int(fields[index]) if len(fields) > index else None


async def zone_facts(inquiry: Inquiry, name: str, provider_servers: Sequence[str], now: float) -> ZoneFacts:
    """Find out what `ZoneFacts` tells."""
    try:
        zone = await find_zone(inquiry, name)
    except NotFound as error:
        missing = {"not-delegated": str(error)} if error.status is Status.NXDOMAIN else {}
        return ZoneFacts(name, facts=missing, detail=str(error))
    soa, servers = Question(name, "SOA"), Question(name, "NS")
    told = await agreement(inquiry, zone, (soa, servers))
    parent = await _parent(inquiry, zone)
    used = _own_servers(told, servers) if zone.configured else [split_server(each)[0] for each in provider_servers]
    facts = {
        "servers-differ": _difference(_heard(told), (soa, servers)),
        "servers-silent": "; ".join(sorted(told.silent.values())),
        "not-delegated": await _delegated_elsewhere(inquiry, zone, parent, used),
        "dnssec-broken": await _broken_signatures(inquiry, zone, parent, now),
    }
    said = max(
        (each[soa] for each in told.answers.values()),
        key=lambda each: _soa_field(each, _SERIAL) or -1,
        default=Answer(Status.FAILED, detail=f"{name} has no servers"),
    )
    minimum = _soa_field(said, _MINIMUM)
    return ZoneFacts(
        name,
        told.servers,
        _soa_field(said, _SERIAL),
        minimum,
        None if minimum is None or said.ttl is None else min(minimum, said.ttl),
        {fact: sentence for fact, sentence in facts.items() if sentence},
        "" if said.known else said.detail,
    )


def _heard(told: Agreement) -> Agreement:
    """What the servers that could be reached say: what another one says is not known, which is no difference."""
    answers = {server: said for server, said in told.answers.items() if server not in told.silent}
    return replace(told, answers=answers, serials={server: told.serials[server] for server in answers})


def _difference(told: Agreement, questions: Sequence[Question]) -> str:
    """Which servers of a zone do not say the same."""
    useless = {each.detail for said in told.answers.values() for each in said.values() if not each.known}
    if useless:
        return "; ".join(sorted(useless))
    if len(set(told.serials.values())) > 1:
        return ", ".join(f"{server} has the serial {serial}" for server, serial in told.serials.items())
    differing = [each.type for each in questions if each in told.differing]
    return f"the servers of {told.zone} have different {' and '.join(differing)} records" if differing else ""


def _own_servers(told: Agreement, servers: Question) -> list[str]:
    """The servers that a zone itself names: those that are configured may be hidden from the world."""
    return sorted({value.rstrip(".") for said in told.answers.values() for value in said[servers].values})


async def _parent(inquiry: Inquiry, zone: Zone) -> Zone | None:
    """The zone that delegates a zone; None where its servers are not to be asked for it.

    A zone whose servers are configured may be none of the world's: the world is asked for it only through resolvers
    that are configured too.
    """
    over = above(zone.name)
    known = inquiry.zones.known(over)
    private = zone.configured and not inquiry.zones.has_resolvers
    if not zone.name or (private and (known is None or not known.configured)):
        return None
    if known is None and special(over):
        return None
    try:
        start = known or await inquiry.nearest(over)
    except NotFound:
        return None
    _, reached = await inquiry.one(start, Question(zone.name, "DS"))
    return reached


async def _delegated_elsewhere(inquiry: Inquiry, zone: Zone, parent: Zone | None, used: Sequence[str]) -> str:
    if parent is None:
        return ""
    names = await _delegation(inquiry, zone.name, parent)
    if names is None:
        return ""
    if not names:
        return f"{parent.name or 'the root'} delegates {zone.name} to nobody"
    hosts = set(used)
    if not hosts or hosts & set(names):
        return ""
    if any(as_address(host, 1) for host in hosts):
        there = [await inquiry.addresses(Server(each, zone.servers[0].port)) for each in names]
        if hosts & {address.host for each in there for address in each}:
            return ""
    return f"{parent.name or 'the root'} delegates {zone.name} to {', '.join(names)}, not to {', '.join(sorted(hosts))}"


async def _delegation(inquiry: Inquiry, zone: str, parent: Zone) -> list[str] | None:
    """The servers that a parent names for a zone; None where none of its own answers."""
    question = Question(zone, "NS")
    for server in parent.servers:
        try:
            reply = await inquiry.of(server, question)
        except NoReply:
            continue
        below = referral(reply, zone, parent.name)
        if below is not None:
            return sorted(row.value.rstrip(".") for row in below[1])
        if reply.authoritative and reply.rcode in (0, wire.NXDOMAIN):
            return sorted(row.value.rstrip(".") for row in reply.answer if (row.name, row.type) == question)
    return None


async def _broken_signatures(inquiry: Inquiry, zone: Zone, parent: Zone | None, now: float) -> str:
    if parent is None:
        return ""
    question = Question(zone.name, "DS")
    told, _ = await inquiry.one(parent, question)
    if told[question].status is not Status.FOUND:
        return ""
    for server in zone.servers:
        try:
            keys = await inquiry.of(server, Question(zone.name, "DNSKEY"), dnssec=True)
            soa = await inquiry.of(server, Question(zone.name, "SOA"), dnssec=True)
        except NoReply:
            continue
        return dnssec.fault(zone.name, told[question].values, keys.wire, soa.wire, now) or ""
    return ""
