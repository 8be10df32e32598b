"""What the outside world does to a mailbox: mail arrives, users log in and write (netcup/N8, N13, N15, N16)."""

from email.headerregistry import Address

from reconciler.providers.sandbox import mailboxes
from reconciler.providers.sandbox.billing import account
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.passwords import matches
from reconciler.providers.sandbox.session import Session

ITEMS = {"message": "messages", "contact": "contacts", "event": "events"}

_TARGETS = """
SELECT m.address FROM aliases a JOIN targets t ON t.alias = a.id JOIN mailboxes m ON m.id = t.mailbox
WHERE a.address = ? ORDER BY m.address
"""


def receivers(session: Session, address: str) -> list[str]:
    """Mailboxes that mail to an address reaches: itself, or an alias's (netcup/N16); none where it bounces."""
    if session.db.execute("SELECT 1 FROM mailboxes WHERE address = ?", (address,)).fetchone():
        return [address]
    return [row[0] for row in session.db.execute(_TARGETS, (address,))]


def deliver(session: Session, address: str, size: int, item: str = "message", count: int = 1) -> list[str]:
    """Put messages, contacts or events of `size` bytes each where an address leads; refused where a quota is full.

    Returns:
        The mailboxes that have them now.
    """
    reached = receivers(session, address)
    if not reached:
        raise Refused("unknown-address", f"550 {address}: no such user here")
    for each in reached:
        made, _, quota, used = mailboxes.find(session, each)
        if used + size * count > quota:
            raise Refused("over-quota", f"552 {each}: over quota")
        column = ITEMS[item]
        session.db.execute(
            f"UPDATE mailboxes SET used = used + ?, {column} = {column} + ? WHERE id = ?",  # noqa: S608
            (size * count, count, made),
        )
    return reached


def sender(session: Session, address: str, send_as: str | None = None) -> str:
    """The From header of mail that a mailbox's user writes: the owner's name, and an address of its own.

    Args:
        session: The transaction or read.
        address: The mailbox.
        send_as: Another address to send as; an alias of the mailbox (netcup/N16), or refused.
    """
    mailboxes.find(session, address)
    used = send_as or address
    if address not in receivers(session, used):
        raise Refused("not-own-address", f"553 {address} does not own {used}", "netcup/N16")
    (owner,) = session.db.execute("SELECT owner FROM mailboxes WHERE address = ?", (address,)).fetchone()
    return str(Address(display_name=owner, addr_spec=used)) if used.isascii() else f"{owner} <{used}>"


def verify_password(session: Session, address: str, password: str) -> bool:
    """Whether a user or an account's owner can log in with a password (netcup/N8)."""
    row = session.db.execute("SELECT password FROM mailboxes WHERE address = ?", (address,)).fetchone()
    if row is None:
        account(session, address)
        row = session.db.execute("SELECT password FROM accounts WHERE address = ?", (address,)).fetchone()
    return matches(row[0], password)
