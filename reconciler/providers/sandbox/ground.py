"""What new addresses stand on: their domains, what is given out of their instances, and the addresses that are taken.

It is looked up once for all writes of a call, and kept true while they are judged one after the other, so that each
meets what the one before it left, as it would in a call of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from reconciler.model.names import domain_of, local_of
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Done, Outcome, Write

_CHUNK = 500  # names in one question
_DOMAINS = """
SELECT d.name, d.id, d.instance, i.booked - i.allocated
FROM domains d JOIN instances i ON i.number = d.instance WHERE d.name IN
"""
_TAKEN = (
    ("SELECT address FROM aliases WHERE address IN", "an alias"),
    ("SELECT address FROM mailboxes WHERE address IN", "a mailbox"),
)
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = ?"

#: A row of a table, to be inserted.
Row: TypeAlias = tuple[str | int | bytes, ...]
Judge: TypeAlias = Callable[[int, Write], Row]


def of_names(session: Session, query: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of a query that ends in `IN`, for many names."""
    for start in range(0, len(names), _CHUNK):
        part = names[start : start + _CHUNK]
        yield from session.db.execute(f"{query} ({','.join('?' * len(part))})", part)


class Ground:
    """What the new addresses of one call stand on.

    Attributes:
        free: By instance, the bytes that are not given out.
    """

    def __init__(self, session: Session, addresses: Sequence[str]) -> None:
        """Look all of it up."""
        self._smtputf8 = session.policy.smtputf8
        self.free: dict[int, int] = {}
        self._domains: dict[str, tuple[int, int]] = {}
        names = list(dict.fromkeys(map(domain_of, addresses)))
        for name, made, number, free in of_names(session, _DOMAINS, names):
            self._domains[name] = made, number
            self.free[number] = free
        self._taken = {address: what for query, what in _TAKEN for (address,) in of_names(session, query, addresses)}

    def place(self, address: str) -> tuple[int, int]:
        """Where a free address can be made: the domain's id and the instance's number (netcup/N14, N17)."""
        domain = self._domains.get(domain_of(address))
        if domain is None:
            text = f"{address} can not be made: no instance has the domain {domain_of(address)}"
            raise Refused("no-domain", text, "netcup/N17")
        taken = self._taken.get(address)
        if taken:
            raise Refused("address-taken", f"{address} is taken by {taken} of this platform", "netcup/N14")
        if not (address.isascii() or self._smtputf8 or local_of(address).isascii()):
            raise Refused("bad-address", f"{address} has letters before the @ that this platform does not take")
        return domain

    def take(self, address: str, what: str) -> None:
        """Note that an address is given to `a mailbox` or `an alias`."""
        self._taken[address] = what


def judged(session: Session, table: str, writes: Sequence[Write], judge: Judge) -> tuple[list[Outcome], list[Row]]:
    """Ask a judge for the row of each write, which is to have the id it is given; a refusal has none.

    Ids are never given twice, and those of refused writes are given to the next.
    """
    last = session.db.execute(_LAST, (table,)).fetchone()
    made = last[0] if last else 0
    outcomes: list[Outcome] = []
    rows: list[Row] = []
    for write in writes:
        try:
            rows.append(judge(made + 1, write))
        except Refused as no:
            outcomes.append(no.outcome())
        else:
            made += 1
            outcomes.append(Done(str(made)))
    return outcomes, rows
