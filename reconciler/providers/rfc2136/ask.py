"""Parts of a zone by questions, where it can not be had as a whole: many at once on one connection (RFC 7766 §6.2.1).

What stands at a name is not all that questions tell: a wildcard answers for names that are not there (RFC 4592). Where
an answer may be made of one, an update that changes nothing but demands the name (RFC 2136 §2.4.4) tells.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from reconciler.model.presentation import canonical, within
from reconciler.model.rrsets import RRsetKey
from reconciler.providers.rfc2136 import trouble
from reconciler.providers.rfc2136.gathered import Gathering, Seen
from reconciler.providers.rfc2136.talk import Connection, Peer, connected, of_answer, opened

if TYPE_CHECKING:
    import dns.message
    import dns.name
    import dns.rrset

#: Types that are looked for where a CNAME is to stand.
COMMON = (
    *("A", "AAAA", "CAA", "CNAME", "DNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SRV", "SSHFP", "SVCB"),
    *("TLSA", "TXT", "URI"),
)
_IN_FLIGHT = 100  # questions; more could fill both ends' buffers and stop


def widened(zone: str, keys: Iterable[RRsetKey]) -> list[RRsetKey]:
    """Return what must be asked to know what stands at names, and in the way of records there."""
    wanted: dict[RRsetKey, None] = {(zone, "SOA"): None, (zone, "NS"): None}
    for name, rtype in keys:
        wanted[name, rtype] = None
        for each in COMMON if rtype == "CNAME" else ("CNAME",):
            wanted[name, each] = None
    return list(wanted)


def asked(peer: Peer, zone: str, keys: Sequence[RRsetKey]) -> Seen:
    """Return some rrsets of a zone, with the host's own data.

    Args:
        peer: The server.
        zone: The zone's key.
        keys: What to ask for; the SOA is asked for in any case.

    Raises:
        Trouble: If the server does not host the zone, or can not be asked.
    """
    with connected(peer) as connection:
        found = Gathering()
        wanted = list(dict.fromkeys(((zone, "SOA"), *(key for key in keys if within(key[0], zone)))))
        _ask(connection, zone, wanted, found)
        if (zone, "SOA") not in found.values:
            raise trouble.of_rcode(
                "NOTAUTH", peer.name, zone, what="a question", key=peer.key_name, signed=peer.key is not None
            )
        made = _synthesized(connection, zone, found)
    there = [key for key in found.values if key not in made]
    return found.seen(zone, whole=False, keys=there)


def _ask(connection: Connection, zone: str, keys: Sequence[RRsetKey], found: Gathering) -> None:
    """Ask for rrsets and gather what is there."""
    import dns.flags
    import dns.message

    waiting: dict[int, tuple[RRsetKey, bytes]] = {}
    left = iter(keys)
    peer = connection.peer
    while True:
        for name, rtype in islice(left, _IN_FLIGHT - len(waiting)):
            question = dns.message.make_query(f"{name}.", rtype, flags=dns.flags.Flag(0), id=_free(waiting))
            peer.sign(question)
            connection.send(question.to_wire())
            waiting[question.id] = (name, rtype), question.mac or b""
        if not waiting:
            return
        wire = connection.receive()
        entry = waiting.pop(int.from_bytes(wire[:2], "big"), None)
        if entry is None:
            raise trouble.broken(peer.name, "it answers another question")
        _take(peer, zone, entry[0], opened(peer, wire, entry[1]), found)


def _free(taken: Iterable[int]) -> int:
    """A message number, not to be guessed, that no question in flight has."""
    import dns.entropy

    while True:
        number = dns.entropy.random_16()
        if number not in taken:
            return number


def _take(peer: Peer, zone: str, key: RRsetKey, answer: "dns.message.Message", found: Gathering) -> None:
    import dns.rcode

    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise of_answer(peer, zone, answer, "a question")
    for name, rtype, rrset in _relevant(key, answer):
        if (name, rtype) in found.values:
            continue  # a CNAME comes with the answer to every question
        for rdata in rrset:
            value = canonical(rtype, rdata.to_text())
            found.add((name, rtype), rrset.ttl, value)
            found.keep((name, rtype), value, rdata)


def _relevant(key: RRsetKey, answer: "dns.message.Message") -> Iterator[tuple[str, str, "dns.rrset.RRset"]]:
    """The rrsets at the name asked for; the name servers of a delegation stand in the authority section."""
    import dns.rdatatype

    name, rtype = key
    for rrset in (*answer.answer, *(answer.authority if rtype == "NS" else ())):
        kind = dns.rdatatype.to_text(rrset.rdtype)
        if kind in (rtype, "CNAME") and _key_of(rrset.name) == name:
            yield name, kind, rrset


def _key_of(name: "dns.name.Name") -> str:
    return name.canonicalize().to_text(omit_final_dot=True) if len(name) > 1 else ""


def _synthesized(connection: Connection, zone: str, found: Gathering) -> set[RRsetKey]:
    """What was found at names that are not there: a wildcard's data."""
    above = {key: list(_wildcards(key, zone)) for key in found.values if key[0] != zone}
    unknown = {each for several in above.values() for each in several} - found.values.keys()
    wild = Gathering(found.ttls, found.values, found.raw)
    _ask(connection, zone, sorted(unknown), wild)
    suspects = {
        key
        for key, several in above.items()
        if any(found.values.get(each) == found.values[key] for each in several if each != key)
    }
    absent = {name for name in sorted({name for name, _ in suspects}) if not _in_use(connection, zone, name)}
    return {key for key in found.values if key[0] in absent} | unknown


def _wildcards(key: RRsetKey, zone: str) -> Iterator[RRsetKey]:
    """The wildcards that would answer for a name, from near to far."""
    name, rtype = key
    while name != zone and "." in name:
        name = name.partition(".")[2]
        yield f"*.{name}", rtype


def _in_use(connection: Connection, zone: str, name: str) -> bool:
    """Whether any record stands at a name."""
    import dns.rcode
    import dns.update

    message = dns.update.UpdateMessage(f"{zone}.")
    message.present(f"{name}.")
    answer = connection.exchange(message)
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise of_answer(connection.peer, zone, answer, "an update")
    return answer.rcode() == dns.rcode.NOERROR
