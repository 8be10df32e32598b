"""Mailboxes, which are users as well (netcup/N8 to N10, N12 to N15)."""

from typing import TypeAlias

from reconciler.model.names import domain_of, local_of
from reconciler.model.resources import Mailbox
from reconciler.model.sizes import format_size
from reconciler.providers.sandbox import instances
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.passwords import hashed
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Write

_PLACE = """
SELECT d.id, d.instance, i.booked - i.allocated,
       EXISTS (SELECT 1 FROM mailboxes WHERE address = ?1), EXISTS (SELECT 1 FROM aliases WHERE address = ?1)
FROM domains d JOIN instances i ON i.number = d.instance WHERE d.name = ?2
"""
_INSERT = "INSERT INTO mailboxes (address, domain, instance, owner, quota, password) VALUES (?, ?, ?, ?, ?, ?)"
_ALIASES = """
SELECT address FROM aliases WHERE id IN (SELECT alias FROM targets WHERE mailbox = ?) LIMIT 6
"""

_Row: TypeAlias = tuple[int, int, int, int]


def place(session: Session, address: str) -> tuple[int, int, int]:
    """Where a free address can be made (netcup/N14, N17).

    Returns:
        The domain's id, the instance's number, and the bytes of the instance that are not given out.
    """
    row = session.db.execute(_PLACE, (address, domain_of(address))).fetchone()
    if row is None:
        text = f"{address} can not be made: no instance has the domain {domain_of(address)}"
        raise Refused("no-domain", text, "netcup/N17")
    domain, number, free, mailbox, alias = row
    if mailbox or alias:
        text = f"{address} is taken by {'a mailbox' if mailbox else 'an alias'} of this platform"
        raise Refused("address-taken", text, "netcup/N14")
    if not (address.isascii() or session.policy.smtputf8 or local_of(address).isascii()):
        raise Refused("bad-address", f"{address} has letters before the @ that this platform does not take")
    return domain, number, free


def create(session: Session, write: Write) -> str:
    """Make a mailbox: a free address, and owner, quota and password are given (netcup/N10, N14)."""
    after = write.after
    assert isinstance(after, Mailbox)
    owner, quota, password = _owner(after), _quota(after), _password(write)
    domain, number, free = place(session, write.key)
    if quota > free:
        raise _too_much(number, quota, free)
    values = (write.key, domain, number, owner, quota, hashed(password))
    made = session.db.execute(_INSERT, values).lastrowid
    return str(made)


def update(session: Session, write: Write) -> str:
    """Change quota, owner or password; nothing else of a mailbox can be changed (netcup/N9, N10)."""
    made, number, quota, used = find(session, write.key)
    if write.changed - {"owner", "quota", "password"}:
        raise Refused("not-editable", f"of {write.key} only quota, owner and password can be changed", "netcup/N9")
    assert isinstance(write.after, Mailbox)
    if "quota" in write.changed:
        _change_quota(session, write.after, (made, number, quota, used))
    if "owner" in write.changed:
        session.db.execute("UPDATE mailboxes SET owner = ? WHERE id = ?", (_owner(write.after), made))
    if "password" in write.changed:
        session.db.execute("UPDATE mailboxes SET password = ? WHERE id = ?", (hashed(_password(write)), made))
    return str(made)


def delete(session: Session, write: Write) -> str:
    """Delete a mailbox that no alias leads to, with all its mail, contacts and events (netcup/N12, N13)."""
    made = find(session, write.key)[0]
    aliases = session.db.execute(_ALIASES, (made,)).fetchall()
    if aliases:
        raise Refused("has-aliases", f"{write.key} still has aliases: {instances.names(aliases)}", "netcup/N12")
    session.db.execute("DELETE FROM mailboxes WHERE id = ?", (made,))
    return str(made)


def find(session: Session, address: str) -> _Row:
    """Id, instance's number, quota and used bytes of a mailbox; refused where there is none."""
    row: _Row | None = session.db.execute(
        "SELECT id, instance, quota, used FROM mailboxes WHERE address = ?", (address,)
    ).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no mailbox {address}")
    return row


def _change_quota(session: Session, after: Mailbox, row: _Row) -> None:
    made, number, before, used = row
    quota = _quota(after)
    if quota < used:
        text = f"{after.address} uses {format_size(used)}, which is more than {format_size(quota)}"
        raise Refused("quota-below-usage", text, "netcup/N9")
    (free,) = session.db.execute("SELECT booked - allocated FROM instances WHERE number = ?", (number,)).fetchone()
    if quota - before > free:
        raise _too_much(number, quota - before, free)
    session.db.execute("UPDATE mailboxes SET quota = ? WHERE id = ?", (quota, made))


def _too_much(number: int, wanted: int, free: int) -> Refused:
    text = f"instance #{number} has {format_size(free)} left to give out, and {format_size(wanted)} are asked for"
    return Refused("storage", text, "netcup/N10")


def _owner(after: Mailbox) -> str:
    if not after.owner or not after.owner.isprintable():
        raise Refused("owner", f"{after.address} needs an owner's name, of printable characters", "netcup/N14")
    return after.owner


def _quota(after: Mailbox) -> int:
    if not after.quota:
        raise Refused("quota", f"{after.address} needs a quota", "netcup/N14")
    return after.quota


def _password(write: Write) -> str:
    text = write.password.reveal() if write.password else ""
    if not text:
        raise Refused("password", f"{write.key} needs a password", "netcup/N14")
    return text
