"""Why changes to a zone are not made, told before the host is asked: the same for every provider of zones."""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.presentation import BESIDE_CNAME, MAX_TTL, SINGLETONS, within
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.capabilities import ZoneLimits
from reconciler.providers.limits import refusal
from reconciler.providers.writer import Failed


def refused(content: ZoneContent, changes: Sequence[RRsetChange], limits: ZoneLimits) -> Failed | None:
    """Judge changes by what stands in the zone now and by what its host can hold.

    Args:
        content: The zone, read just before.
        changes: What is to be done to it.
        limits: What its host can not hold.

    Returns:
        A certain, not retryable failure with the code `conflict` where something moved, `invalid` where the changes can
        never be made, and `limit` where this host can not hold them; None where they may be tried.
    """
    moved = conflict(content.rrsets, changes)
    if moved is not None:
        return moved
    fault = next(faults(content.rrsets, changes, content.zone), None)
    if fault is not None:
        return Failed(fault, code="invalid")
    for change in changes:
        said = None if change.after is None else refusal(limits, change.after, content.zone)
        if said is not None:
            return Failed(f"{' '.join(change.id)} can not be held: {said}", code="limit")
    return None


def conflict(rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange]) -> Failed | None:
    """Return the failure of the first change whose `before` is not what stands there; None where all are."""
    for change in changes:
        if rrsets.get(change.id) != change.before:
            return Failed(f"{' '.join(change.id)} is not what was read before", code="conflict")
    return None


def faults(rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange], zone: str) -> Iterator[str]:
    """Yield what no zone can become, whatever its host, one lower-case sentence each.

    Args:
        rrsets: What stands in the zone now.
        changes: What is to be done to it.
        zone: Its key.
    """
    if len({change.id for change in changes}) != len(changes):
        yield "an rrset is changed twice in one call"
    types = _types_after(rrsets, changes)
    for change in changes:
        name, rtype = change.id
        if not within(name, zone):
            yield f"{name} is not in the zone {zone}"
        if rtype == "SOA":
            yield f"the SOA record of {zone} is its host's own"
        if rtype == "NS" and name == zone:
            yield f"the name servers of {zone} itself are its host's own"
        if change.after is not None:
            if "CNAME" in types[name] and types[name] - BESIDE_CNAME - {"CNAME"}:
                yield f"{name} would have a CNAME beside other records (RFC 1034 §3.6.2)"
            yield from _rrset_faults(change.after)


def _types_after(rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange]) -> dict[str, set[str]]:
    """The types that each owner which gets something would have."""
    gone = {change.id for change in changes if change.after is None}
    types: dict[str, set[str]] = {change.id[0]: set() for change in changes if change.after is not None}
    for name, rtype in (*rrsets, *(change.id for change in changes)):
        if name in types and (name, rtype) not in gone:
            types[name].add(rtype)
    return types


def _rrset_faults(rrset: RRset) -> Iterator[str]:
    if not rrset.values:
        yield f"{rrset.name} {rrset.type} would be without a value"
    if rrset.type in SINGLETONS and len(rrset.values) > 1:
        yield f"{rrset.name} would have more than one {rrset.type}"
    if not 0 <= rrset.ttl <= MAX_TTL:
        yield f"{rrset.ttl} is not a TTL"
