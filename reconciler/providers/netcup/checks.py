"""What a zone may not become, told before anything is sent: netcup may take it and serve nonsense."""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.presentation import BESIDE_CNAME, SINGLETONS, within
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey
from reconciler.providers.capabilities import ZoneLimits
from reconciler.providers.limits import refusal
from reconciler.providers.netcup.trouble import Trouble


def check(zone: str, rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange], limits: ZoneLimits) -> None:
    """Refuse changes that can not be made.

    Args:
        zone: The zone's name.
        rrsets: What stands there now.
        changes: What is to be done.
        limits: Those of the interface that has this zone.

    Raises:
        Trouble: `conflict` where something else stands there than was read before; `invalid` for what can not be.
    """
    if len({change.id for change in changes}) != len(changes):
        raise Trouble("an rrset is changed twice in one call", code="invalid")
    for change in changes:
        if not _same(rrsets.get(change.id), change.before, limits):
            raise Trouble(f"{' '.join(change.id)} is not what was read before", code="conflict")
    fault = next(_faults(zone, rrsets, changes, limits), None)
    if fault is not None:
        raise Trouble(fault, code="invalid")


def _same(one: RRset | None, other: RRset | None, limits: ZoneLimits) -> bool:
    if one is None or other is None:
        return one is other
    return one.values == other.values and (limits.zone_ttl or one.ttl == other.ttl)


def _faults(
    zone: str, rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange], limits: ZoneLimits
) -> Iterator[str]:
    types = _types_after(rrsets, changes)
    for change in changes:
        name, rtype = change.id
        if not within(name, zone):
            yield f"{name} is not in the zone {zone}"
        if rtype == "SOA" or (name, rtype) == (zone, "NS"):
            yield f"the {rtype} records of {zone} are netcup's own"
        if change.after is None:
            continue
        if "CNAME" in types[name] and types[name] - BESIDE_CNAME - {"CNAME"}:
            yield f"{name} would have a CNAME beside other records"
        if not change.after.values:
            yield f"{name} {rtype} would be without a value"
        if rtype in SINGLETONS and len(change.after.values) > 1:
            yield f"{name} would have more than one {rtype}"
        if change.before is not None and limits.zone_ttl and change.before.values == change.after.values:
            yield f"all records of {zone} have one TTL, which {name} {rtype} can not set"
        refused = refusal(limits, change.after, zone)
        if refused is not None:
            yield f"netcup can not hold {name} {rtype}: {refused}"


def _types_after(rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange]) -> dict[str, set[str]]:
    """The types that each owner which gets something would have."""
    gone = {change.id for change in changes if change.after is None}
    types: dict[str, set[str]] = {change.id[0]: set() for change in changes if change.after is not None}
    for name, rtype in (*rrsets, *(change.id for change in changes)):
        if name in types and (name, rtype) not in gone:
            types[name].add(rtype)
    return types
