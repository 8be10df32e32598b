"""What a zone may not become, told before its file is touched."""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.presentation import BESIDE_CNAME, MAX_TTL, SINGLETONS, TEXT, BadRdata, canonical, strings, within
from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey
from reconciler.providers.writer import Failed
from reconciler.providers.zonefile.content import ZoneFile


def refusal(file: ZoneFile, changes: Sequence[RRsetChange]) -> Failed | None:
    """Why these changes are not made, as the writer's answer; None where they may be."""
    rrsets = file.content.rrsets
    if len({change.id for change in changes}) != len(changes):
        return Failed("an rrset is changed twice in one call", code="invalid")
    for change in changes:
        if rrsets.get(change.id) != change.before:
            return Failed(f"{' '.join(change.id)} is not what was read before", code="conflict")
    if any(rtype == "RRSIG" for _, rtype in rrsets):
        return Failed(
            f"the zone file {file.path} is signed; name the unsigned one that it is made from", code="not-editable"
        )
    reason = next(_faults(rrsets, changes, file.zone), None)
    return None if reason is None else Failed(reason, code="invalid")


def _faults(rrsets: Mapping[RRsetKey, RRset], changes: Sequence[RRsetChange], zone: str) -> Iterator[str]:
    types = _types_after(rrsets, changes)
    for change in changes:
        name, rtype = change.id
        if not within(name, zone):
            yield f"{name} is not in the zone {zone}"
        if rtype == "SOA":
            yield f"the SOA record of {zone} is the zone file's own"
        if change.after is not None:
            if "CNAME" in types[name] and types[name] - BESIDE_CNAME - {"CNAME"}:
                yield f"{name} would have a CNAME beside other records"
            yield from _rrset_faults(change.after)
        elif (name, rtype) == (zone, "NS"):
            yield f"{zone} would be without name servers"


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
    for value in rrset.values:
        try:
            same = canonical(rrset.type, strings(value) if rrset.type in TEXT else value) == value
        except BadRdata as error:
            yield str(error)
            continue
        if not same:
            yield f"{value} is not {rrset.type} data in the form in which it is compared"
