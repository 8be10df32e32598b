"""A whole zone by transfer (AXFR, RFC 5936), every message's signature verified (RFC 8945 §5.3.1)."""

import time
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.collector import paused
from reconciler.model.presentation import within
from reconciler.model.rrsets import RRsetKey
from reconciler.providers.rfc2136 import trouble
from reconciler.providers.rfc2136.gathered import Gathering, Seen
from reconciler.providers.rfc2136.talk import Connection, Peer, connected, of_answer, opened, signature_trouble
from reconciler.providers.rfc2136.walk import IN, SOA, TSIG, BadMessage, Header, Row, Walker, type_text

if TYPE_CHECKING:
    import dns.message
    import dns.tsig

_RCODE = 0x000F
_MOST_UNSIGNED = 99  # messages in a row, RFC 8945 §5.3.1
_SIGNERS = frozenset({46, 47, 50})  # RRSIG, NSEC, NSEC3: made by whoever signs the zone, anew with each change


@dataclass(slots=True)
class _Check:
    """The signatures of one transfer: each covers what came since the last."""

    peer: Peer
    mac: bytes
    context: "dns.tsig.HMACTSig | dns.tsig.GSSTSig | None" = None
    unsigned: int = 0

    def verify(self, walker: Walker, row: Row | None) -> None:
        """Verify a message.

        Raises:
            Trouble: If its signature is wrong, or too many have none.
        """
        if self.peer.key is None:
            return
        if row is None:
            self.unsigned += 1
            if self.context is None or self.unsigned > _MOST_UNSIGNED:
                raise trouble.forged(self.peer.name, str(self.peer.key_name))
            self.context.update(walker.wire)  # type: ignore[no-untyped-call]
            return
        self.unsigned = 0
        self._verify(walker, row)

    def _verify(self, walker: Walker, row: Row) -> None:
        import dns.exception
        import dns.name
        import dns.rdtypes.ANY.TSIG
        import dns.tsig

        assert self.peer.key is not None
        signature = walker.rdata(row)
        assert isinstance(signature, dns.rdtypes.ANY.TSIG.TSIG)
        owner = dns.name.from_wire(walker.wire, row.start)[0]
        try:
            self.context = dns.tsig.validate(  # type: ignore[no-untyped-call]
                walker.wire,
                self.peer.key,
                owner,
                signature,
                int(time.time()),
                self.mac,
                row.start,
                self.context,
                multi=True,
            )
        except dns.exception.DNSException as error:
            raise signature_trouble(self.peer, error) from None

    def end(self) -> None:
        """Verify that the last message was signed."""
        if self.peer.key is not None and self.unsigned:
            raise trouble.forged(self.peer.name, str(self.peer.key_name))


@dataclass(slots=True)
class _Transfer:
    zone: str
    raw: AbstractSet[RRsetKey]
    gathering: Gathering = field(default_factory=Gathering)
    marks: int = 0  # SOA records so far: a transfer begins and ends with one

    def take(self, walker: Walker, header: Header) -> Row | None:
        """Take a message's records, and return its signature."""
        signature = None
        for number, row in enumerate(walker.rows()):
            if number < header.answers:
                self._record(walker, row)
            elif row.type == TSIG:
                signature = row
        return signature

    def _record(self, walker: Walker, row: Row) -> None:
        if row.type == SOA and row.owner == self.zone:
            self.marks += 1
        if self.marks != 1 and not (self.marks == 2 and row.type == SOA):  # noqa: PLR2004 - the last record
            raise BadMessage("the transfer does not begin and end with the zone's SOA")
        if row.rdclass != IN or row.type in _SIGNERS or not within(row.owner, self.zone):
            return
        key, value = (row.owner, type_text(row.type)), walker.value(row)
        self.gathering.add(key, row.ttl, value)
        if key in self.raw:
            self.gathering.keep(key, value, walker.rdata(row))

    @property
    def complete(self) -> bool:
        return self.marks == 2  # noqa: PLR2004


def transferred(peer: Peer, zone: str, raw: AbstractSet[RRsetKey] = frozenset()) -> Seen:
    """Return a zone by transfer.

    Args:
        peer: The server.
        zone: The zone's key.
        raw: Rrsets of which the host's own data is needed.

    Raises:
        Trouble: With the code `refused` or `zone` where the server does not allow it.
    """
    with connected(peer) as connection, paused():
        return _transferred(connection, zone, raw)


def _transferred(connection: Connection, zone: str, raw: AbstractSet[RRsetKey]) -> Seen:
    import dns.flags
    import dns.message

    peer = connection.peer
    question = dns.message.make_query(f"{zone}.", "AXFR", flags=dns.flags.Flag(0))
    peer.sign(question)
    connection.send(question.to_wire())
    check, transfer = _Check(peer, question.mac or b""), _Transfer(zone, raw)
    try:
        while not transfer.complete:
            walker = Walker(connection.receive())
            header = walker.header()
            _judge(peer, zone, walker, header, question)
            check.verify(walker, transfer.take(walker, header))
        check.end()
    except BadMessage as error:
        raise trouble.broken(peer.name, str(error)) from None
    return transfer.gathering.seen(zone, whole=True)


def _judge(peer: Peer, zone: str, walker: Walker, header: Header, question: "dns.message.Message") -> None:
    """Refuse a message that is no part of the transfer."""
    if header.id != question.id:
        raise BadMessage("it answers another question")
    if header.flags & _RCODE:
        answer = opened(peer, walker.wire, question.mac or b"")
        raise of_answer(peer, zone, answer, "the transfer")
