"""Changes in the words of PowerDNS's API: one PATCH for all of a zone, which it makes whole or not at all."""

from collections.abc import Mapping, Sequence

from reconciler.model.presentation import TEXT, strings
from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.powerdns.content import ApiRecord, Zone, value_of


def patch(zone: Zone, changes: Sequence[RRsetChange]) -> Mapping[str, object]:
    """Return the body of the request.

    Deletions come first, as the server judges each rrset by those before it. Disabled records are sent along, because
    what is left out is lost; comments are not, because those stay when nothing is said of them.
    """
    gone = [_deletion(zone, change.before) for change in changes if change.after is None and change.before is not None]
    new = [_replacement(zone, change.after) for change in changes if change.after is not None]
    return {"rrsets": [*gone, *new]}


def _deletion(zone: Zone, before: RRset) -> Mapping[str, object]:
    if before.id in zone.disabled:
        ttl, disabled = zone.disabled[before.id]
        return _entry(before, ttl, disabled)
    return {"name": f"{before.name}.", "type": before.type, "changetype": "DELETE"}


def _replacement(zone: Zone, after: RRset) -> Mapping[str, object]:
    _, disabled = zone.disabled.get(after.id, (0, ()))
    spelled = _spelled(zone, after)
    records: list[ApiRecord] = [
        {"content": content, "disabled": False}
        for value in after.values
        for content in spelled.get(value) or (strings(value) if after.type in TEXT else value,)
    ]
    # a record can not be there twice: one that is wanted now is no longer a disabled one
    kept = [each for each in disabled if value_of(after.type, each["content"]) not in after.values]
    return _entry(after, after.ttl, [*records, *kept])


def _spelled(zone: Zone, rrset: RRset) -> Mapping[str, Sequence[str]]:
    """How values are written that are there already, such as a text that somebody cut in odd places: so they stay."""
    there = zone.raw.get(rrset.id)
    found: dict[str, list[str]] = {}
    for each in there["records"] if there is not None else ():
        if not each["disabled"]:
            found.setdefault(value_of(rrset.type, each["content"]), []).append(each["content"])
    return found


def _entry(rrset: RRset, ttl: int, records: Sequence[ApiRecord]) -> Mapping[str, object]:
    return {
        "name": f"{rrset.name}.",
        "type": rrset.type,
        "ttl": ttl,
        "changetype": "REPLACE",
        "records": records,
    }
