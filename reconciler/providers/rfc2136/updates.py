"""Changes as UPDATE messages (RFC 2136), each with what must still be there as its prerequisites.

Data is named in the host's own octets: a TXT that somebody cut into strings in another way is another record to the
server, though it says the same. A prerequisite does not speak of TTLs (RFC 2136 §2.4.2); they were compared by the
reading just before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.model.presentation import TEXT, BadRdata, strings
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey
from reconciler.providers.rfc2136.ask import COMMON
from reconciler.providers.rfc2136.gathered import Raw

if TYPE_CHECKING:
    import dns.name
    import dns.update
    from dns.rdata import Rdata

#: Octets of a message over TCP (RFC 1035 §4.2.2), less what head and signature take.
LARGEST = 65535 - 1024
_RR = 12  # octets of a record beside its owner's own label and its data: pointer, type, class, TTL, length
_ADDRESSES = frozenset({"A", "AAAA"})
_RANK_MAKES, _RANK_OTHER, _RANK_ENDS = range(3)


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that go into one message."""

    zone: str
    changes: tuple[RRsetChange, ...]
    raw: Raw

    def message(self) -> "dns.update.UpdateMessage":
        """Return the message, not signed yet."""
        import dns.update

        message = dns.update.UpdateMessage(f"{self.zone}.")
        by_name: dict[str, dict[str, RRsetChange]] = {}
        for change in self.changes:
            by_name.setdefault(change.id[0], {})[change.id[1]] = change
        for name, changes in by_name.items():
            _demand(message, name, changes, self.raw)
        # what goes, goes first: a name that has data takes no CNAME, and one that has a CNAME no data
        for change in self.changes:
            _take_away(message, change, self.raw)
        # addresses come before the MX that leads to them: BIND refuses one without
        for change in sorted(self.changes, key=lambda each: each.id[1] not in _ADDRESSES):
            _put(message, change, self.raw)
        return message


@lru_cache(maxsize=4096)  # a message's data is measured first, and written down then
def rdata_of(rtype: str, value: str) -> "Rdata":
    """Return data as dnspython has it; a text is cut into strings.

    Raises:
        BadRdata: If the type can not have such data.
    """
    import dns.exception
    import dns.rdata

    try:
        return dns.rdata.from_text("IN", rtype, strings(value) if rtype in TEXT else value)
    except (dns.exception.DNSException, ValueError) as error:
        raise BadRdata(f"{rtype} can not have the data {value}: {error}") from None


@lru_cache(maxsize=4096)
def _owner(name: str) -> "dns.name.Name":
    import dns.name

    return dns.name.from_text(f"{name}.")


def _octets(change: RRsetChange, rrset: RRset | None, raw: Raw) -> Iterator["Rdata"]:
    """The data of an rrset, in the host's own octets where it has it already."""
    known = raw.get(change.id, {})
    for value in rrset.values if rrset is not None else ():
        yield from known.get(value) or (rdata_of(change.id[1], value),)


def _demand(message: "dns.update.UpdateMessage", name: str, changes: Mapping[str, RRsetChange], raw: Raw) -> None:
    """Write down what must be so at a name: the rrsets as they were read, and nothing in the way of the new ones."""
    owner = _owner(name)
    absent = {rtype for rtype, change in changes.items() if change.before is None}
    present = changes.keys() - absent
    if "CNAME" in absent and not present:
        message.absent(owner)
        return
    if "CNAME" in absent:
        absent |= set(COMMON) - present
    elif absent:
        absent |= {"CNAME"} - present
    for rtype in sorted(absent):
        message.absent(owner, rtype)
    for rtype in sorted(present):
        message.present(owner, *_octets(changes[rtype], changes[rtype].before, raw))


def _retimed(change: RRsetChange) -> bool:
    """Whether the TTL changes: then the whole rrset is put down anew, since to Knot a record it has is no change."""
    return change.before is not None and change.after is not None and change.before.ttl != change.after.ttl


def _take_away(message: "dns.update.UpdateMessage", change: RRsetChange, raw: Raw) -> None:
    name, rtype = change.id
    if change.before is None:
        return
    if change.after is None or _retimed(change):
        message.delete(_owner(name), rtype)
        return
    gone = [value for value in change.before.values if value not in change.after.values]
    rrset = RRset(name, rtype, change.before.ttl, tuple(gone))
    for rdata in _octets(change, rrset, raw):
        message.delete(_owner(name), rdata)


def _put(message: "dns.update.UpdateMessage", change: RRsetChange, raw: Raw) -> None:
    """Write down the new data, and with a new TTL what stays as well, as it stands at the host."""
    name, after = change.id[0], change.after
    if after is None:
        return
    stays = () if change.before is None or _retimed(change) else change.before.values
    rrset = RRset(*after.id, after.ttl, tuple(value for value in after.values if value not in stays))
    for rdata in _octets(change, rrset, raw):
        message.add(_owner(name), after.ttl, rdata)


def batches(zone: str, changes: Sequence[RRsetChange], raw: Raw, largest: int = LARGEST) -> list[Batch]:
    """Divide changes into as few messages as hold them; those of one name stay together.

    What makes addresses comes first and what ends them last, since an MX may lead to them.

    Raises:
        BadRdata: If a value is not data of its type.
    """
    groups: dict[str, list[RRsetChange]] = {}
    for change in changes:
        groups.setdefault(change.id[0], []).append(change)
    found: list[list[RRsetChange]] = [[]]
    room = largest
    for name, group in sorted(groups.items(), key=lambda item: _rank(item[1])):
        size = len(name) + 1 + sum(_size(change, raw) for change in group)
        if size > room and found[-1]:
            found.append([])
            room = largest
        found[-1].extend(group)
        room -= size
    return [Batch(zone, tuple(each), raw) for each in found if each]


def _rank(group: Sequence[RRsetChange]) -> int:
    addresses = [change for change in group if change.id[1] in _ADDRESSES]
    if any(change.after for change in addresses):
        return _RANK_MAKES
    return _RANK_ENDS if addresses else _RANK_OTHER


def _size(change: RRsetChange, raw: Raw) -> int:
    """Octets that a change takes in a message at most: what was, as demanded and deleted, and what will be."""
    old = sum(_RR + len(rdata.to_wire() or b"") for rdata in _octets(change, change.before, raw))
    new = sum(_RR + len(rdata.to_wire() or b"") for rdata in _octets(change, change.after, raw))
    guards = _RR * (len(COMMON) if change.id[1] == "CNAME" else 2)
    return 2 * old + new + guards


def keys_of(changes: Sequence[RRsetChange]) -> list[RRsetKey]:
    """Return the rrsets that changes are of."""
    return [change.id for change in changes]
