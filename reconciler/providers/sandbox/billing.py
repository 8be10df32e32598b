"""Money of the team platform: standing, payments, debits and statements (mailbox-org/M6, M7, M8, M10, M11, M15).

With shared billing every payment and every debit is the master's, and the team stands or falls as one. With separate
billing, and outside a team, each account is alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.policy import DAY, Policy
from reconciler.providers.sandbox.session import Session

MONTH = 30 * DAY  # seconds

_COLUMNS = """
SELECT a.id, a.address, a.plan, a.balance, a.team, a.opened_at, a.due_at, a.paid, a.suspended_at,
       CASE WHEN t.billing = 'shared' THEN t.master ELSE a.id END
FROM accounts a LEFT JOIN teams t ON t.id = a.team
"""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as billing sees it; times in seconds since the epoch, money in cents."""

    id: int
    address: str
    plan: str
    balance: int
    team: int | None
    opened_at: float
    due_at: float
    paid: int
    suspended_at: float | None
    payer: int  # account that pays: its own id, or the master's with shared billing

    def standing(self, policy: Policy, now: float) -> str:
        """Tell trial, active, suspended or deleted (mailbox-org/M6, M10)."""
        since = self.suspended_at
        if since is None and self.paid:
            return "active"
        if since is None:
            since = self.opened_at + policy.trial
            if now < since:
                return "trial"
        return "suspended" if now < since + policy.grace else "deleted"


def account(session: Session, address: str) -> Account:
    """Return an account; refused where there is none."""
    row = session.db.execute(f"{_COLUMNS} WHERE a.address = ?", (address,)).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no account {address}")
    return Account(*row)


def in_good_standing(session: Session, holder: Account) -> None:
    """Refuse what an account asks for that does not pay (mailbox-org/M10)."""
    standing = holder.standing(session.policy, session.now)
    if standing in ("suspended", "deleted"):
        text = f"account {holder.address} is {standing}: a payment brings it back"
        raise Refused("suspended", text, "mailbox-org/M10")


def pay(session: Session, address: str, cents: int) -> None:
    """Take a payment; with shared billing any member's brings the whole team back (mailbox-org/M7, M11)."""
    if cents <= 0:
        raise Refused("payment", "a payment is of one cent at least")
    payer = account(session, address)
    session.db.execute("UPDATE accounts SET balance = balance + ? WHERE id = ?", (cents, payer.payer))
    session.book("payment", cents, account=payer.payer, address=address)
    for each in _together(session, payer):
        back = each.standing(session.policy, session.now) in ("suspended", "deleted")
        due = session.now + MONTH if back else each.due_at
        session.db.execute("UPDATE accounts SET paid = 1, suspended_at = NULL, due_at = ? WHERE id = ?", (due, each.id))


def charge(session: Session, address: str) -> bool:
    """Debit one month of an account's plan from who pays for it (mailbox-org/M7).

    Returns:
        Whether the money was there; if not, everyone who depends on it is suspended (mailbox-org/M10).
    """
    holder = account(session, address)
    known = session.policy.plans.get(holder.plan)
    price = known.price if known else 0  # a plan that is no longer sold costs nothing
    (balance,) = session.db.execute("SELECT balance FROM accounts WHERE id = ?", (holder.payer,)).fetchone()
    if balance < price:
        for each in _together(session, holder):
            session.db.execute(
                "UPDATE accounts SET paid = 0, suspended_at = ifnull(suspended_at, ?) WHERE id = ?",
                (min(session.now, holder.due_at), each.id),
            )
        return False
    session.db.execute("UPDATE accounts SET balance = balance - ? WHERE id = ?", (price, holder.payer))
    session.db.execute("UPDATE accounts SET paid = 1, due_at = due_at + ? WHERE id = ?", (MONTH, holder.id))
    session.book(f"one month {holder.plan}", -price, account=holder.payer, address=address)
    return True


def settle(session: Session) -> None:
    """Make every debit that has become due: what the platform does each night."""
    query = "SELECT address FROM accounts WHERE suspended_at IS NULL AND due_at <= ? ORDER BY due_at, id LIMIT 1"
    while row := session.db.execute(query, (session.now,)).fetchone():
        charge(session, row[0])


def statement(session: Session, address: str) -> list[tuple[str, str, str, int]]:
    """Bookings an account sees, oldest first: ISO date, text, address that caused it, cents.

    With shared billing everyone sees the master's (mailbox-org/M15).
    """
    rows = session.db.execute(
        "SELECT at, text, address, cents FROM bookings WHERE account = ? ORDER BY id",
        (account(session, address).payer,),
    )
    return [(day(at), text, cause, cents) for at, text, cause, cents in rows]


def day(moment: float) -> str:
    """The ISO date of a moment, in UTC."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _together(session: Session, holder: Account) -> list[Account]:
    rows = session.db.execute(_COLUMNS)
    return [each for each in (Account(*row) for row in rows) if each.payer == holder.payer]
