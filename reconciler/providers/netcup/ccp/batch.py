"""Changes of rrsets as one set of records to be sent: creates, updates in place and deletes mixed.

The interface merges: a record that is not named stays. So none is named that keeps its value, whoever it belongs to.
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.rrsets import RRsetChange, RRsetKey
from reconciler.providers.netcup.ccp.rows import Row, row_of


def batch(
    zone: str, groups: Mapping[RRsetKey, Mapping[str, Sequence[Row]]], changes: Sequence[RRsetChange]
) -> list[dict[str, object]]:
    """Return the records to send.

    Args:
        zone: The zone's name.
        groups: What is there, by rrset and value.
        changes: What is to become of it.
    """
    return [sent for change in changes for sent in _of_one(zone, groups.get(change.id, {}), change)]


def _of_one(zone: str, there: Mapping[str, Sequence[Row]], change: RRsetChange) -> Iterator[dict[str, object]]:
    wanted = change.after.values if change.after else ()
    new = [value for value in wanted if value not in there]
    free = [row for value, rows in there.items() if value not in wanted for row in rows]
    for row, value in zip(free, new, strict=False):  # a changed value takes the old one's place, and its number
        yield row_of(*change.id, value, zone, row.id).sent()
    for row in free[len(new) :]:
        yield row.sent(delete=True)
    for value in new[len(free) :]:
        yield row_of(*change.id, value, zone).sent()
