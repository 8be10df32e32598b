"""Teams and their accounts (mailbox-org/M1 to M5, M7 to M10, M12, M13, M16)."""

from reconciler.model.resources import Billing, Member, Team
from reconciler.model.sizes import format_size
from reconciler.providers.sandbox.billing import Account, account, in_good_standing
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.passwords import hashed, matches
from reconciler.providers.sandbox.policy import Policy, Seed
from reconciler.providers.sandbox.session import Session
from reconciler.providers.writer import Write

_OPEN = """
INSERT INTO accounts (address, owner, plan, team, opened_at, due_at, password) VALUES (?, ?, ?, ?, ?, ?, ?)
"""


def found(session: Session, write: Write) -> str:
    """Choose the billing method on the master's account, once: that makes the team (mailbox-org/M3, M9)."""
    team = write.after
    assert isinstance(team, Team)
    if team.billing not in list(Billing):
        raise Refused("billing", f"team '{team.label}' is billed shared or separate", "mailbox-org/M9")
    if session.db.execute("SELECT 1 FROM teams WHERE label = ?", (team.label,)).fetchone():
        raise Refused("exists", f"there is a team '{team.label}' already")
    master = _existing_master(session, team)
    if master.team is not None:
        text = f"account {master.address} has chosen its billing method already, which is done once"
        raise Refused("in-team", text, "mailbox-org/M9")
    in_good_standing(session, master)
    plan = team.plan or master.plan
    _suitable(session.policy, master.address, plan, "mailbox-org/M2")
    made = session.db.execute(
        "INSERT INTO teams (label, master, billing) VALUES (?, ?, ?)", (team.label, master.id, team.billing)
    ).lastrowid
    session.db.execute("UPDATE accounts SET team = ?, plan = ? WHERE id = ?", (made, plan, master.id))
    return str(made)


def update_team(session: Session, write: Write) -> str:
    """Change the master's plan; the billing method stays (mailbox-org/M2, M9, M12)."""
    made, master, _ = find_team(session, write.key)
    assert isinstance(write.after, Team)
    if "billing" in write.changed:
        raise Refused("not-editable", "the billing method is chosen once and stays", "mailbox-org/M9")
    if write.changed - {"plan"}:
        raise Refused("not-editable", f"the master of team '{write.key}' can not be changed", "mailbox-org/M4")
    if session.policy.login not in (None, master.address):
        text = f"{session.policy.login} has no rights over {master.address}"
        raise Refused("not-allowed", text, "mailbox-org/M4")
    _change_plan(session, master, write.after.plan)
    return str(made)


def refuse_dissolving(session: Session, write: Write) -> str:
    """Refuse: a team ends when its accounts leave it, which support does (mailbox-org/M13)."""
    find_team(session, write.key)
    text = f"team '{write.key}' ends only when its accounts leave it, by a support ticket for each"
    raise Refused("support-only", text, "mailbox-org/M13")


def create_member(session: Session, write: Write) -> str:
    """Open an account from an existing one of the team (mailbox-org/M1, M3, M5, M7, M8, M10)."""
    after = write.after
    assert isinstance(after, Member)
    if after.team is None:
        raise Refused("not-found", f"account {write.key} is to be opened in a team, and none is named")
    made, master, billing = find_team(session, after.team)
    origin = _origin(session, made, master, billing)
    in_good_standing(session, origin)
    (count,) = session.db.execute("SELECT count(*) FROM accounts WHERE team = ?", (made,)).fetchone()
    if count >= session.policy.max_accounts:
        raise Refused("team-full", f"team '{after.team}' has {count} accounts, which is all it can", "mailbox-org/M1")
    if session.db.execute("SELECT 1 FROM accounts WHERE address = ?", (write.key,)).fetchone():
        raise Refused("address-taken", f"{write.key} is taken by another account")
    password = write.password.reveal() if write.password else ""
    if not password:
        raise Refused("password", f"account {write.key} is opened with a first password", "mailbox-org/M5")
    plan = session.policy.initial_plan
    return str(_open(session, write.key, _owner(after), plan, team=made, password=hashed(password)))


def update_member(session: Session, write: Write) -> str:
    """Change a member's owner or plan with its own password, which its origin does not have (mailbox-org/M4, M12)."""
    assert isinstance(write.after, Member)
    member = find_member(session, write.key)
    password = session.policy.own_password(member.address)
    if password is None:
        text = f"account {member.address} belongs to its owner: no one else changes it"
        raise Refused("not-allowed", text, "mailbox-org/M4")
    (stored,) = session.db.execute("SELECT password FROM accounts WHERE id = ?", (member.id,)).fetchone()
    if stored is not None and not matches(stored, password):
        raise Refused("login-failed", f"the password configured for {member.address} is wrong", "mailbox-org/M4")
    if "password" in write.changed:
        raise Refused("not-editable", f"the password of {member.address} is its owner's affair", "mailbox-org/M5")
    if write.changed - {"owner", "plan"}:
        text = f"account {member.address} leaves its team only by a support ticket"
        raise Refused("support-only", text, "mailbox-org/M13")
    if "plan" in write.changed:
        _change_plan(session, member, write.after.plan)
    if "owner" in write.changed:
        session.db.execute("UPDATE accounts SET owner = ? WHERE id = ?", (_owner(write.after), member.id))
    return str(member.id)


def refuse_removing(session: Session, write: Write) -> str:
    """Refuse: leaving a team loses data and is done by support (mailbox-org/M13)."""
    find_member(session, write.key)
    text = f"account {write.key} leaves its team only by a support ticket, and loses data"
    raise Refused("support-only", text, "mailbox-org/M13")


def leave(session: Session, address: str) -> None:
    """What support does on a ticket: take an account out of its team; its content is lost (mailbox-org/M13)."""
    leaver = account(session, address)
    if leaver.team is None:
        raise Refused("not-found", f"account {address} is in no team")
    master, others = session.db.execute(
        "SELECT t.master, (SELECT count(*) - 1 FROM accounts WHERE team = t.id) FROM teams t WHERE t.id = ?",
        (leaver.team,),
    ).fetchone()
    if master == leaver.id and others:
        raise Refused("has-members", f"{address} is the master: the {others} members leave first", "mailbox-org/M13")
    session.db.execute(
        "UPDATE accounts SET team = NULL, used = 0, messages = 0, contacts = 0, events = 0 WHERE id = ?", (leaver.id,)
    )
    if master == leaver.id:
        session.db.execute("DELETE FROM teams WHERE id = ?", (leaver.team,))


def change_plan(session: Session, address: str, plan: str) -> None:
    """What an account's owner does by hand (mailbox-org/M4, M12)."""
    _change_plan(session, account(session, address), plan)


def change_password(session: Session, address: str, password: str) -> None:
    """What a new owner does at once (mailbox-org/M5)."""
    holder = account(session, address)
    session.db.execute("UPDATE accounts SET password = ?, handed_over = 1 WHERE id = ?", (hashed(password), holder.id))


def plant(session: Session, seeds: tuple[Seed, ...]) -> None:
    """Open the accounts that exist from the start; old families are teams by now (mailbox-org/M16)."""
    for seed in seeds:
        if session.db.execute("SELECT 1 FROM accounts WHERE address = ?", (seed.address,)).fetchone():
            continue
        made = _open(session, seed.address, seed.owner, seed.plan)
        session.db.execute(
            "UPDATE accounts SET balance = ?, paid = ?, handed_over = 1 WHERE id = ?",
            (seed.balance, int(seed.balance > 0), made),
        )
        if seed.family is not None:
            _convert_family(session, seed.family, made)


def find_team(session: Session, label: str) -> tuple[int, Account, str]:
    """Id, master's account and billing method of a team; refused where there is none."""
    row = session.db.execute(
        "SELECT t.id, a.address, t.billing FROM teams t JOIN accounts a ON a.id = t.master WHERE t.label = ?", (label,)
    ).fetchone()
    if row is None:
        raise Refused("not-found", f"there is no team '{label}'")
    return row[0], account(session, row[1]), row[2]


def find_member(session: Session, address: str) -> Account:
    """An account that is in a team and not its master; refused otherwise."""
    row = session.db.execute(
        "SELECT 1 FROM accounts a JOIN teams t ON t.id = a.team AND t.master <> a.id WHERE a.address = ?", (address,)
    ).fetchone()
    if row is None:
        raise Refused("not-found", f"{address} is not a member of a team")
    return account(session, address)


def _existing_master(session: Session, team: Team) -> Account:
    if team.master is None:
        raise Refused("not-found", f"team '{team.label}' needs a master account", "mailbox-org/M3")
    known = session.db.execute("SELECT 1 FROM accounts WHERE address = ?", (team.master,)).fetchone()
    if not known and session.policy.accounts is not None:
        text = f"there is no account {team.master}, and a team is made from an existing one"
        raise Refused("not-found", text, "mailbox-org/M3")
    if not known:
        plant(session, (Seed(team.master, team.master, team.plan or session.policy.initial_plan, balance=1200),))
    return account(session, team.master)


def _origin(session: Session, team: int, master: Account, billing: str) -> Account:
    login = session.policy.login
    if login is None or login == master.address:
        return master
    origin = account(session, login)
    if origin.team != team:
        raise Refused("not-allowed", f"{login} is not an account of that team", "mailbox-org/M3")
    if billing == Billing.SHARED:
        text = f"{login} is a member of a team with shared billing, in which only the master opens accounts"
        raise Refused("not-allowed", text, "mailbox-org/M7")
    return origin


def _suitable(policy: Policy, address: str, plan: str | None, rule: str) -> str:
    known = policy.plans.get(plan or "")
    if plan is None or known is None:
        raise Refused("no-plan", f"there is no plan '{plan}'; there are {', '.join(policy.plans)}")
    if plan in policy.excluded_plans or known.storage < policy.min_storage:
        text = f"{address} can not have plan '{plan}' in a team: at least {format_size(policy.min_storage)} are needed"
        raise Refused("plan-excluded", text, rule)
    return plan


def _change_plan(session: Session, holder: Account, plan: str | None) -> None:
    in_good_standing(session, holder)
    if holder.team is not None:
        _suitable(session.policy, holder.address, plan, "mailbox-org/M12")
    elif plan not in session.policy.plans:
        raise Refused("no-plan", f"there is no plan '{plan}'")
    session.db.execute("UPDATE accounts SET plan = ? WHERE id = ?", (plan, holder.id))


def _open(
    session: Session, address: str, owner: str, plan: str, *, team: int | None = None, password: bytes | None = None
) -> int:
    due = session.now + session.policy.trial
    made = session.db.execute(_OPEN, (address, owner, plan, team, session.now, due, password)).lastrowid
    assert made is not None
    return made


def _convert_family(session: Session, family: str, made: int) -> None:
    row = session.db.execute("SELECT id FROM teams WHERE label = ?", (family,)).fetchone()
    if row is None:
        values = (family, made, Billing.SEPARATE)
        row = (session.db.execute("INSERT INTO teams (label, master, billing) VALUES (?, ?, ?)", values).lastrowid,)
    session.db.execute("UPDATE accounts SET team = ? WHERE id = ?", (row[0], made))


def _owner(member: Member) -> str:
    if not member.owner or not member.owner.isprintable():
        raise Refused("owner", f"account {member.address} needs an owner's name, of printable characters")
    return member.owner
