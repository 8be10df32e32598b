"""What a reply says: the answer, or that somebody else has it. Pure."""

from collections.abc import Mapping

from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status
from reconciler.model.presentation import within
from reconciler.resolution import wire
from reconciler.resolution.wire import Reply, Row


def answers(reply: Reply, question: Question) -> Mapping[Question, Answer] | None:
    """Return what an authoritative reply says of a question, and of a CNAME at its name; None where it says nothing.

    A CNAME is not followed: the name has no data of any other type, and what is at its end is another question. So a
    response code of NXDOMAIN beside a CNAME tells of the name at its end (RFC 6604 §3).
    """
    if not reply.authoritative or reply.truncated or reply.rcode not in (0, wire.NXDOMAIN):
        return None
    name, rtype = question
    alias = Question(name, "CNAME")
    aliases = [row for row in reply.answer if (row.name, row.type) == alias]
    rows = [row for row in reply.answer if (row.name, row.type) == question]
    if aliases and rtype != "CNAME":
        return {question: NODATA, alias: _found(aliases)}
    if rows:
        return {question: _found(rows)} if rtype == "CNAME" else {question: _found(rows), alias: NODATA}
    nothing = NXDOMAIN if reply.rcode == wire.NXDOMAIN else NODATA
    return {question: nothing, alias: nothing}


def _found(rows: list[Row]) -> Answer:
    return Answer(Status.FOUND, tuple(sorted({row.value for row in rows})), min(row.ttl for row in rows))


def referral(reply: Reply, name: str, zone: str) -> tuple[str, tuple[Row, ...]] | None:
    """Return the zone below that a reply leads to, and its NS records; None where it leads nowhere.

    Args:
        reply: What a server of `zone` said.
        name: What it was asked for.
        zone: Only names below it are believed.
    """
    if reply.authoritative or reply.rcode or reply.truncated or reply.answer:
        return None
    servers = tuple(row for row in reply.authority if row.type == "NS")
    child = servers[0].name if servers else zone
    if child == zone or not within(child, zone) or not within(name, child):
        return None
    return child, tuple(row for row in servers if row.name == child)
