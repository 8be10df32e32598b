"""What a zone may not become, told before its file is touched."""

from collections.abc import Iterator, Sequence

from reconciler.model.presentation import TEXT, BadRdata, canonical, strings
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.refusals import conflict, faults
from reconciler.providers.writer import Failed
from reconciler.providers.zonefile.content import ZoneFile


def refusal(file: ZoneFile, changes: Sequence[RRsetChange]) -> Failed | None:
    """Why these changes are not made, as the writer's answer; None where they may be."""
    rrsets = file.content.rrsets
    moved = conflict(rrsets, changes)
    if moved is not None:
        return moved
    if any(rtype == "RRSIG" for _, rtype in rrsets):
        return Failed(
            f"the zone file {file.path} is signed; name the unsigned one that it is made from", code="not-editable"
        )
    reason = next(faults(rrsets, changes, file.zone), None) or next(_unreadable(changes), None)
    return None if reason is None else Failed(reason, code="invalid")


def _unreadable(changes: Sequence[RRsetChange]) -> Iterator[str]:
    for change in changes:
        if change.after is not None:
            yield from _value_faults(change.after)


def _value_faults(rrset: RRset) -> Iterator[str]:
    for value in rrset.values:
        try:
            same = canonical(rrset.type, strings(value) if rrset.type in TEXT else value) == value
        except BadRdata as error:
            yield str(error)
            continue
        if not same:
            yield f"{value} is not {rrset.type} data in the form in which it is compared"
