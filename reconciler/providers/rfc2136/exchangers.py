"""The refusal that is not about rights: BIND takes no MX whose host in the zone has no address."""

from collections.abc import Sequence

from reconciler.model.presentation import within
from reconciler.model.rrsets import RRsetChange
from reconciler.providers.rfc2136.talk import Connection
from reconciler.providers.rfc2136.trouble import Trouble

_ADDRESSES = ("A", "AAAA")


def without_address(connection: Connection, zone: str, changes: Sequence[RRsetChange]) -> Trouble | None:
    """Return what to say where a new MX leads to a name of the zone without an address; None where none does."""
    made = {change.id for change in changes if change.after is not None}
    for change in changes:
        if change.after is None or change.id[1] != "MX":
            continue
        for value in change.after.values:
            host = value.rpartition(" ")[2].rstrip(".")
            if not host or not within(host, zone) or any((host, each) in made for each in _ADDRESSES):
                continue
            if not any(_there(connection, host, each) for each in _ADDRESSES):
                return Trouble(
                    f"the name server {connection.peer.name} refuses {' '.join(change.id)}: {host} has no address",
                    "refused",
                    f"give {host} an A or AAAA record, in the same plan or before",
                )
    return None


def _there(connection: Connection, name: str, rtype: str) -> bool:
    import dns.flags
    import dns.message

    question = dns.message.make_query(f"{name}.", rtype, flags=dns.flags.Flag(0))
    return bool(connection.exchange(question).answer)
