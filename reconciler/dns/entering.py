"""What a person types into the panel of a DNS host: the lines of a zone file, and what goes."""

from reconciler.model.presentation import TEXT, relative, strings
from reconciler.model.rrsets import RRset, RRsetChange


def entry_lines(change: RRsetChange, zone: str) -> tuple[str, ...]:
    """Return what to do by hand for one change, in the order in which it is done: a line for each value.

    Each line begins with `remove`, `change the TTL to N` or `add`, and goes on as a zone file has the record (RFC 1035
    §5.1): name relative to the zone, `@` for the zone itself, TTL in seconds, type, and data.

    Args:
        change: What stands there, and what is to stand there.
        zone: The zone's key.
    """
    before, after = change.before, change.after
    old = () if before is None else before.values
    new = () if after is None else after.values
    lines = [f"remove: {_line(before, value, zone)}" for value in old if before is not None and value not in new]
    if before is not None and after is not None and before.ttl != after.ttl:
        kept = [value for value in new if value in old]
        lines += [f"change the TTL to {after.ttl}: {_line(after, value, zone)}" for value in kept]
    lines += [f"add: {_line(after, value, zone)}" for value in new if after is not None and value not in old]
    return tuple(lines)


def _line(rrset: RRset, value: str, zone: str) -> str:
    data = strings(value) if rrset.type in TEXT else value
    return f"{relative(rrset.name, zone)} {rrset.ttl} IN {rrset.type} {data}"
