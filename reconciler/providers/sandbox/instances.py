"""Instances: ordered, enlarged, cancelled (netcup/N1, N2, N3, N10, N19, N20)."""

from reconciler.model.resources import Instance
from reconciler.model.sizes import format_size
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.policy import DAY, GB
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Write

_SHOWN = 5  # names in a refusal


def names(rows: list[tuple[str]]) -> str:
    """Some names for a sentence, and how many more there are."""
    shown = ", ".join(row[0] for row in rows[:_SHOWN])
    return f"{shown}, …" if len(rows) > _SHOWN else shown


def order(session: Session, write: Write) -> str:
    """Order an instance: binding and paid in advance; it is set up in the background (netcup/N1).

    Returns:
        The instance's number (netcup/N2).
    """
    assert isinstance(write.after, Instance)
    label, storage = write.key, _storage(write.after.storage)
    if session.db.execute("SELECT 1 FROM instances WHERE label = ?", (label,)).fetchone():
        raise Refused("exists", f"there is an instance '{label}' already")
    number = session.db.execute(
        "INSERT INTO instances (label, booked, ordered_at, ready_at) VALUES (?, ?, ?, ?)",
        (label, storage, session.now, session.now + session.policy.provisioning),
    ).lastrowid
    months = session.policy.months
    text = f"instance #{number} with {format_size(storage)} ordered for {months} months"
    session.book(text, -_price(session, storage) * months, instance=number)
    return str(number)


def update(session: Session, write: Write) -> str:
    """Book more storage, or less down to what is given out (netcup/N10)."""
    assert isinstance(write.after, Instance)
    number, _, allocated = find(session, write.key)
    if write.changed - {"storage"}:
        raise Refused("not-editable", f"of instance #{number} only the booked storage can be changed")
    storage = _storage(write.after.storage)
    if storage < allocated:
        raise Refused(
            "storage",
            f"instance #{number} has given out {format_size(allocated)}, which is more than {format_size(storage)}",
            "netcup/N10",
        )
    session.db.execute("UPDATE instances SET booked = ? WHERE number = ?", (storage, number))
    session.book(f"storage of instance #{number} changed to {format_size(storage)}", 0, instance=number)
    return str(number)


def cancel(session: Session, write: Write) -> str:
    """Cancel an instance at once; months that were paid for are forfeited (netcup/N19, N20)."""
    number, _, _ = find(session, write.key)
    domains = session.db.execute("SELECT name FROM domains WHERE instance = ? LIMIT 6", (number,)).fetchall()
    if domains:
        raise Refused("has-domains", f"instance #{number} still has domains: {names(domains)}", "netcup/N20")
    (ordered,) = session.db.execute("SELECT ordered_at FROM instances WHERE number = ?", (number,)).fetchone()
    term = session.policy.months
    unused = term - 1 - int((session.now - ordered) / (30 * DAY)) % term
    session.db.execute("DELETE FROM instances WHERE number = ?", (number,))
    session.book(f"instance #{number} cancelled, {unused} unused months forfeited", 0, instance=number)
    return str(number)


def find(session: Session, label: str) -> tuple[int, float, int]:
    """Number, time of readiness and given out bytes of an instance; refused where there is none."""
    row: tuple[int, float, int] | None = session.db.execute(
        "SELECT number, ready_at, allocated FROM instances WHERE label = ?", (label,)
    ).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no instance '{label}'")
    return row


def _storage(storage: int | None) -> int:
    if not storage:
        raise Refused("storage", "an instance is ordered with an amount of storage")
    return storage


def _price(session: Session, storage: int) -> int:
    return session.policy.gb_price * -(-storage // GB)
