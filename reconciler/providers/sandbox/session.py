"""What every rule of the platform is given: the open file, the policy, and the time."""

import json
import sqlite3
from dataclasses import dataclass

from reconciler.providers.sandbox.policy import Policy


@dataclass(slots=True)
class Session:
    """One transaction, or one read.

    Attributes:
        now: Seconds since the epoch, on the platform's own clock.
    """

    db: sqlite3.Connection
    policy: Policy
    now: float

    def book(
        self, text: str, cents: int, *, account: int | None = None, instance: int | None = None, address: str = ""
    ) -> None:
        """Write a line of a statement: of an account of the team platform, or of an instance."""
        self.db.execute(
            "INSERT INTO bookings (at, account, instance, address, text, cents) VALUES (?, ?, ?, ?, ?, ?)",
            (self.now, account, instance, address, text, cents),
        )


def meta(db: sqlite3.Connection, name: str) -> str | None:
    """A remembered value of the file."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def set_meta(db: sqlite3.Connection, name: str, value: object) -> None:
    """Remember a value in the file, as JSON."""
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))


def offset(db: sqlite3.Connection) -> float:
    """Seconds by which the platform runs ahead of the world, so that a demonstration need not wait a month."""
    try:
        return float(meta(db, "offset") or 0)
    except ValueError:
        raise sqlite3.DatabaseError("its clock can not be read") from None
