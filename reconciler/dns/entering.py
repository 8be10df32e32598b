"""What a person types into the panel of a DNS host: the lines of a zone file, and what goes."""

from reconciler.model.presentation import relative, strings
from reconciler.model.rrsets import RRset, RRsetChange


def entry_lines(change: RRsetChange, zone: str) -> tuple[str, ...]:
    """Return what to do by hand for one change, a sentence and a zone-file line (RFC 1035 §5.1) for each value.

    Args:
        change: What stands there, and what is to stand there.
        zone: The zone's key.
    """
    before = set() if change.before is None else set(_lines(change.before, zone))
    after = [] if change.after is None else list(_lines(change.after, zone))
    removed = [f"remove: {line}" for line in sorted(before - set(after))]
    return (*removed, *(f"add: {line}" for line in after if line not in before))


def _lines(rrset: RRset, zone: str) -> list[str]:
    name = relative(rrset.name, zone)
    return [
        f"{name} {rrset.ttl} IN {rrset.type} {strings(value) if rrset.type == 'TXT' else value}"
        for value in rrset.values
    ]
