"""Mailboxes, which are users as well (netcup/N8 to N10, N12 to N15)."""

from collections.abc import Sequence
from typing import TypeAlias

from reconciler.model.resources import Mailbox
from reconciler.model.sizes import format_size
from reconciler.providers.sandbox import backups, instances
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.ground import Ground, Row, judged
from reconciler.providers.sandbox.passwords import hashed
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Outcome, Write

_INSERT = "INSERT INTO mailboxes (id, address, domain, instance, owner, quota, password) VALUES (?, ?, ?, ?, ?, ?, ?)"
_ALIASES = """
SELECT address FROM aliases WHERE id IN (SELECT alias FROM targets WHERE mailbox = ?) LIMIT 6
"""

_Row: TypeAlias = tuple[int, int, int, int]


def create(session: Session, writes: Sequence[Write]) -> list[Outcome]:
    """Make mailboxes, each by itself: a free address, and owner, quota and password are given (netcup/N10, N14)."""
    ground = Ground(session, [write.key for write in writes])

    def judge(made: int, write: Write) -> Row:
        after = write.after
        assert isinstance(after, Mailbox)
        owner, quota, password = _owner(after), _quota(after), _password(write)
        if after.login is not None:
            raise Refused("login", f"the user of {write.key} can always log in, that is no setting here", "netcup/N8")
        domain, number = ground.place(write.key)
        free = ground.free[number]
        if quota > free:
            raise _too_much(number, quota, free)
        ground.free[number] = free - quota
        ground.take(write.key, "a mailbox")
        return made, write.key, domain, number, owner, quota, hashed(password)

    outcomes, rows = judged(session, "mailboxes", writes, judge)
    session.db.executemany(_INSERT, rows)
    return outcomes


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
    """Delete a mailbox that no alias leads to, with all its mail, contacts and events (netcup/N12, N13).

    Where a backup is asked for, it is there whole before anything goes.
    """
    made = find(session, write.key)[0]
    aliases = session.db.execute(_ALIASES, (made,)).fetchall()
    if aliases:
        raise Refused("has-aliases", f"{write.key} still has aliases: {instances.names(aliases)}", "netcup/N12")
    if write.backup is not None:
        backups.back_up_first(session, write.key, write.backup)
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
