"""Aliases: more addresses of a mailbox (netcup/N14, N16, N17, N18)."""

from collections.abc import Sequence

from reconciler.model.resources import Alias
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.ground import Ground, Row, judged, of_names
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Outcome, Write

_INSERT = "INSERT INTO aliases (id, address, domain, instance) VALUES (?, ?, ?, ?)"
_LEAD = "INSERT INTO targets (alias, mailbox) VALUES (?, ?)"


def create(session: Session, writes: Sequence[Write]) -> list[Outcome]:
    """Make aliases, each by itself and in a domain of its mailbox's instance (netcup/N14, N16, N17)."""
    ground = Ground(session, [write.key for write in writes])
    known = _Known(session, [target for write in writes for target in _alias(write).to])
    leads: list[tuple[int, int]] = []

    def judge(made: int, write: Write) -> Row:
        domain, number = ground.place(write.key)
        targets = _targets(session, _alias(write), number, known)
        leads.extend((made, mailbox) for mailbox in targets)
        ground.take(write.key, "an alias")
        known.aliases.add(write.key)
        return made, write.key, domain, number

    outcomes, rows = judged(session, "aliases", writes, judge)
    session.db.executemany(_INSERT, rows)
    session.db.executemany(_LEAD, leads)
    return outcomes


def update(session: Session, write: Write) -> str:
    """Refuse, as the platform has no edit (netcup/N18); with the policy's `alias_edit` change the targets."""
    made, number = _find(session, write.key)
    if not session.policy.alias_edit:
        raise Refused("not-editable", f"alias {write.key} can be deleted and made again, not edited", "netcup/N18")
    after = _alias(write)
    targets = _targets(session, after, number, _Known(session, after.to))
    session.db.execute("DELETE FROM targets WHERE alias = ?", (made,))
    session.db.executemany(_LEAD, [(made, mailbox) for mailbox in targets])
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


def _alias(write: Write) -> Alias:
    assert isinstance(write.after, Alias)
    return write.after


class _Known:
    """What the targets of some aliases are: mailboxes, or what else stands at their addresses."""

    def __init__(self, session: Session, targets: Sequence[str]) -> None:
        rows = of_names(session, "SELECT address, id, instance FROM mailboxes WHERE address IN", targets)
        self.mailboxes: dict[str, tuple[int, int]] = {address: (made, number) for address, made, number in rows}
        missing = [target for target in targets if target not in self.mailboxes]
        rows = of_names(session, "SELECT address FROM aliases WHERE address IN", missing)
        self.aliases = {address for (address,) in rows}


def _targets(session: Session, alias: Alias, number: int, known: _Known) -> list[int]:
    _plain(alias)
    limit = session.policy.alias_targets
    if not 1 <= len(alias.to) <= limit:
        wanted = "exactly one mailbox" if limit == 1 else f"one to {limit} mailboxes"
        raise Refused("targets", f"alias {alias.address} leads to {wanted}, not to {len(alias.to)}", "netcup/N16")
    return [_target(alias.address, target, number, known) for target in alias.to]


def _plain(alias: Alias) -> None:
    """Refuse what an alias is not here: a right apart from its mail, or an address for all that nobody has."""
    if alias.send_as is not None:
        text = f"whoever gets the mail of alias {alias.address} may send as it, and nobody else can be named"
        raise Refused("send-as", text, "netcup/N16")
    if alias.address.startswith("*"):
        text = f"alias {alias.address} would be every address of its domain, and an alias is one more address"
        raise Refused("catch-all", text, "netcup/N16")


def _target(address: str, target: str, number: int, known: _Known) -> int:
    mailbox = known.mailboxes.get(target)
    if mailbox is None:
        what = "an alias itself" if target in known.aliases else "no mailbox of this platform"
        raise Refused("no-mailbox", f"alias {address} can not lead to {target}, which is {what}", "netcup/N16")
    made, instance = mailbox
    if instance != number:
        text = f"alias {address} is in instance #{number}, and mailbox {target} in instance #{instance}"
        raise Refused("other-instance", text, "netcup/N17")
    return made
