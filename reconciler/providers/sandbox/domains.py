"""Domains of an instance (netcup/N1, N5, N7)."""

from reconciler.model.resources import Domain
from reconciler.providers.sandbox import instances
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Write

_USERS = """
SELECT address FROM mailboxes WHERE domain = ?1 UNION ALL SELECT address FROM aliases WHERE domain = ?1 LIMIT 6
"""


def add(session: Session, write: Write) -> str:
    """Add a domain of the customer account to an instance that is set up (netcup/N1, N5)."""
    assert isinstance(write.after, Domain)
    name, owned = write.key, session.policy.domains
    if owned is not None and name not in owned:
        raise Refused("not-owned", f"the customer account has no domain {name}", "netcup/N5")
    taken = session.db.execute("SELECT instance FROM domains WHERE name = ?", (name,)).fetchone()
    if taken:
        raise Refused("domain-taken", f"domain {name} belongs to instance #{taken[0]}", "netcup/N5")
    if write.after.instance is None:
        raise Refused("not-found", f"domain {name} is to be added to an instance, and none is named")
    number, ready_at, _ = instances.find(session, write.after.instance)
    if ready_at > session.now:
        text = f"instance #{number} is still being set up"
        raise Refused("not-ready", text, "netcup/N1", retry_after=ready_at - session.now)
    made = session.db.execute("INSERT INTO domains (name, instance) VALUES (?, ?)", (name, number)).lastrowid
    return str(made)


def update(session: Session, write: Write) -> str:
    """Refuse: a domain is removed from one instance and added to another (netcup/N5, N7)."""
    _find(session, write.key)
    raise Refused("not-editable", f"domain {write.key} can not be moved; it is removed and added", "netcup/N7")


def remove(session: Session, write: Write) -> str:
    """Remove a domain that has neither mailboxes nor aliases (netcup/N7)."""
    made = _find(session, write.key)
    users = session.db.execute(_USERS, (made,)).fetchall()
    if users:
        raise Refused("in-use", f"domain {write.key} still has addresses: {instances.names(users)}", "netcup/N7")
    session.db.execute("DELETE FROM domains WHERE id = ?", (made,))
    return str(made)


def _find(session: Session, name: str) -> int:
    row = session.db.execute("SELECT id FROM domains WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise Refused("not-found", f"no instance has the domain {name}")
    return int(row[0])
