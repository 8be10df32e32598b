"""Aliases: more addresses of a mailbox (netcup/N14, N16, N17, N18)."""

from collections.abc import Iterable

from reconciler.model.resources import Alias
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.mailboxes import place
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Write


def create(session: Session, write: Write) -> str:
    """Make an alias in a domain of its mailbox's instance (netcup/N14, N16, N17)."""
    assert isinstance(write.after, Alias)
    domain, number, _ = place(session, write.key)
    targets = _targets(session, write.after, number)
    made = session.db.execute(
        "INSERT INTO aliases (address, domain, instance) VALUES (?, ?, ?)", (write.key, domain, number)
    ).lastrowid
    assert made is not None
    _lead(session, made, targets)
    return str(made)


def update(session: Session, write: Write) -> str:
    """Refuse, as the platform has no edit (netcup/N18); with the policy's `alias_edit` change the targets."""
    made, number = _find(session, write.key)
    if not session.policy.alias_edit:
        raise Refused("not-editable", f"alias {write.key} can be deleted and made again, not edited", "netcup/N18")
    assert isinstance(write.after, Alias)
    targets = _targets(session, write.after, number)
    session.db.execute("DELETE FROM targets WHERE alias = ?", (made,))
    _lead(session, made, targets)
    return str(made)


def delete(session: Session, write: Write) -> str:
    """Delete an alias; its mailbox stays (netcup/N18)."""
    made, _ = _find(session, write.key)
    session.db.execute("DELETE FROM targets WHERE alias = ?", (made,))
    session.db.execute("DELETE FROM aliases WHERE id = ?", (made,))
    return str(made)


def _find(session: Session, address: str) -> tuple[int, int]:
    row: tuple[int, int] | None = session.db.execute(
        "SELECT id, instance FROM aliases WHERE address = ?", (address,)
    ).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no alias {address}")
    return row


def _targets(session: Session, alias: Alias, number: int) -> list[int]:
    limit = session.policy.alias_targets
    if not 1 <= len(alias.to) <= limit:
        wanted = "exactly one mailbox" if limit == 1 else f"one to {limit} mailboxes"
        raise Refused("targets", f"alias {alias.address} leads to {wanted}, not to {len(alias.to)}", "netcup/N16")
    return [_target(session, alias.address, target, number) for target in alias.to]


def _target(session: Session, address: str, target: str, number: int) -> int:
    row = session.db.execute("SELECT id, instance FROM mailboxes WHERE address = ?", (target,)).fetchone()
    if row is None:
        alias = session.db.execute("SELECT 1 FROM aliases WHERE address = ?", (target,)).fetchone()
        what = "an alias itself" if alias else "no mailbox of this platform"
        raise Refused("no-mailbox", f"alias {address} can not lead to {target}, which is {what}", "netcup/N16")
    if row[1] != number:
        text = f"alias {address} is in instance #{number}, and mailbox {target} in instance #{row[1]}"
        raise Refused("other-instance", text, "netcup/N17")
    return int(row[0])


def _lead(session: Session, alias: int, targets: Iterable[int]) -> None:
    for mailbox in targets:
        session.db.execute("INSERT INTO targets VALUES (?, ?)", (alias, mailbox))
