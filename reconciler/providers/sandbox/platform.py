"""The embedded platform: both platforms of the help pages in one SQLite file, enforcing every rule with its own code.

It knows no reader, no writer and nothing of plans: it is handed writes, and says what became of each.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.providers.sandbox import (
    accounts,
    aliases,
    billing,
    domains,
    instances,
    listing,
    mailboxes,
    stale,
    store,
)
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.policy import DAY, MailPlan, Policy
from reconciler.providers.sandbox.session import Session, meta, offset, set_meta
from reconciler.providers.writer import Done, Failed, Outcome, Write

_HANDLERS: Mapping[tuple[Action, Kind], Callable[[Session, Write], str]] = {
    (Action.CREATE, Kind.INSTANCE): instances.order,
    (Action.UPDATE, Kind.INSTANCE): instances.update,
    (Action.DELETE, Kind.INSTANCE): instances.cancel,
    (Action.CREATE, Kind.DOMAIN): domains.add,
    (Action.UPDATE, Kind.DOMAIN): domains.update,
    (Action.DELETE, Kind.DOMAIN): domains.remove,
    (Action.UPDATE, Kind.MAILBOX): mailboxes.update,
    (Action.DELETE, Kind.MAILBOX): mailboxes.delete,
    (Action.UPDATE, Kind.ALIAS): aliases.update,
    (Action.DELETE, Kind.ALIAS): aliases.delete,
    (Action.CREATE, Kind.TEAM): accounts.found,
    (Action.UPDATE, Kind.TEAM): accounts.update_team,
    (Action.DELETE, Kind.TEAM): accounts.refuse_dissolving,
    (Action.CREATE, Kind.MEMBER): accounts.create_member,
    (Action.UPDATE, Kind.MEMBER): accounts.update_member,
    (Action.DELETE, Kind.MEMBER): accounts.refuse_removing,
}
#: What is judged apart but looked up and inserted together; a refused write has changed nothing.
_TOGETHER: Mapping[tuple[Action, Kind], Callable[[Session, Sequence[Write]], list[Outcome]]] = {
    (Action.CREATE, Kind.MAILBOX): mailboxes.create,
    (Action.CREATE, Kind.ALIAS): aliases.create,
}

P = ParamSpec("P")
T = TypeVar("T")


class Platform:
    """One file of the platform, opened when it is first needed.

    Args:
        path: The SQLite file. Reading one that is not there shows an empty account and makes no file.
        policy: What may differ between platforms; None: what the last writer of the file was told.
        clock: Gives seconds since the epoch.
    """

    def __init__(self, path: Path, policy: Policy | None = None, clock: Callable[[], float] = time.time) -> None:
        """Open nothing yet."""
        self.path = path
        self._policy = policy
        self._clock = clock
        self._reading: sqlite3.Connection | None = None
        self._writing: sqlite3.Connection | None = None
        self._shadow = False  # reading from memory, as there is no file

    def read(self) -> list[Live]:
        """Everything there is, as it is shown now.

        Raises:
            ProviderError: If the file can not be used.
        """
        with self._looking() as session:
            lives = listing.everything(session)
            return lives if not session.policy.stale_reads else list(stale.overlaid(session, lives))

    def look_up(self, kind: Kind, keys: Sequence[str]) -> dict[str, Live]:
        """The named objects of one kind, as they are shown now."""
        with self._looking() as session:
            found = listing.named(session, kind, keys)
            if not session.policy.stale_reads:
                return found
            shown = ((live.resource.kind, live.resource.key, live) for live in stale.overlaid(session, found.values()))
            wanted = set(keys)
            return {key: live for of, key, live in shown if of is kind and key in wanted}

    def statement(self, team: str) -> list[tuple[str, str, str, int]]:
        """The master's statement of a team: ISO date, text, causing address, cents; empty for an unknown team."""
        with self._looking() as session:
            row = session.db.execute(
                "SELECT a.address FROM teams t JOIN accounts a ON a.id = t.master WHERE t.label = ?", (team,)
            ).fetchone()
            return [] if row is None else billing.statement(session, row[0])

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: all of it, or after an exception or a kill nothing of it.

        Raises:
            ProviderError: If the file can not be used, or another process is writing for too long.
        """
        db = self._open_writing()
        with store.explained(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                session = self._session(db)
                billing.settle(session)
                yield session
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def act(self, what: Callable[Concatenate[Session, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Do something in a transaction of its own, as the outside world does: pay, deliver, leave a team.

        Raises:
            Refused: If the platform says no; nothing is changed then.
        """
        with self.transaction() as session:
            return what(session, *args, **named)

    def look(self, what: Callable[Concatenate[Session, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Do something that changes nothing.

        Raises:
            Refused: If the platform says no.
        """
        with self._looking() as session:
            return what(session, *args, **named)

    def advance(self, days: float) -> None:
        """Let time pass on the platform's clock; debits that become due are made on their days."""
        with self.transaction() as session:
            target, start = session.now + days * DAY, offset(session.db)
            while session.now < target:
                step = min(DAY, target - session.now)
                session.now += step
                start += step
                billing.settle(session)
            set_meta(session.db, "offset", start)

    def close(self) -> None:
        """Close what is open."""
        for db in (self._reading, self._writing):
            if db is not None:
                store.close(db)
        self._reading = self._writing = None

    @contextmanager
    def _looking(self) -> Iterator[Session]:
        with store.explained(self.path):
            if self._shadow and self._reading is not None and self.path.exists():
                self._reading.close()
                self._reading, self._shadow = None, False
            yield self._session(self._writing or self._reading or self._open_reading())

    def _open_reading(self) -> sqlite3.Connection:
        self._shadow = not self.path.exists()
        self._reading = store.memory() if self._shadow else store.open_reading(self.path)
        if self._shadow and self._policy and self._policy.accounts:
            accounts.plant(self._session(self._reading), self._policy.accounts)
        return self._reading

    def _open_writing(self) -> sqlite3.Connection:
        if self._writing is None:
            self._writing = store.open_writing(self.path)
            if self._policy is not None:
                with self.transaction() as session:
                    accounts.plant(session, self._policy.accounts or ())
                    plans = {name: [plan.storage, plan.price] for name, plan in self._policy.plans.items()}
                    set_meta(session.db, "plans", plans)
        return self._writing

    def _session(self, db: sqlite3.Connection) -> Session:
        if self._policy is None:
            plans = json.loads(meta(db, "plans") or "{}")
            known = {name: MailPlan(*each) for name, each in plans.items()}
            self._policy = Policy(plans=known) if known else Policy()
        return Session(db, self._policy, self._clock() + offset(db))


def carry_out(session: Session, write: Write) -> Outcome:
    """Carry out one write inside a transaction: all of it, or nothing and a refusal."""
    return carry_out_all(session, [write])[0]


def carry_out_all(session: Session, writes: Sequence[Write]) -> list[Outcome]:
    """Carry out writes inside a transaction, in order and each by itself: one outcome each."""
    outcomes: list[Outcome] = []
    for what, run in groupby(writes, lambda write: (write.action, write.kind)):
        alike = list(run)
        together = None if session.policy.stale_reads else _TOGETHER.get(what)
        outcomes += [_alone(session, write) for write in alike] if together is None else together(session, alike)
    return outcomes


def _alone(session: Session, write: Write) -> Outcome:
    session.db.execute("SAVEPOINT write")
    if session.policy.stale_reads:
        stale.remember(session, write.kind, write.key)
    outcome = _outcome(session, write)
    if isinstance(outcome, Failed):
        session.db.execute("ROLLBACK TO write")
    session.db.execute("RELEASE write")
    return outcome


def _outcome(session: Session, write: Write) -> Outcome:
    what = write.action, write.kind
    if what in _TOGETHER:
        return _TOGETHER[what](session, [write])[0]
    handler = _HANDLERS.get(what)
    if handler is None:
        return Failed(f"the embedded platform can not {write.action} a {write.kind}", code="unknown-call")
    try:
        return Done(handler(session, write))
    except Refused as no:
        return no.outcome()
