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
    records: list[ApiRecord] = [
        {"content": strings(value) if after.type in TEXT else value, "disabled": False} for value in after.values
    ]
    # a record can not be there twice: one that is wanted now is no longer a disabled one
    kept = [each for each in disabled if value_of(after.type, each["content"]) not in after.values]
    return _entry(after, after.ttl, [*records, *kept])


def _entry(rrset: RRset, ttl: int, records: Sequence[ApiRecord]) -> Mapping[str, object]:
    return {
        "name": f"{rrset.name}.",
        "type": rrset.type,
        "ttl": ttl,
        "changetype": "REPLACE",
        "records": records,
    }
