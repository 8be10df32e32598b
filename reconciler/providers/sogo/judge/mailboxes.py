"""Mailboxes: made, changed, and whether they may go (netcup/N8 to N10, N12, N14, N15)."""

from collections.abc import Iterator

from reconciler.model.names import domain_of, local_of
from reconciler.model.resources import Mailbox
from reconciler.model.sizes import format_size
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.ground import Box, Ground, listed
from reconciler.providers.sogo.hashing import LOCKED
from reconciler.providers.sogo.judge.values import LONGEST, Case, Effect, Refused, Statement

_EDITABLE = frozenset({"owner", "quota", "password", "login"})


def make_mailbox(case: Case) -> Effect:
    """Make a mailbox with its user: a free address, and owner, quota and password are given (netcup/N8, N10, N14)."""
    after = case.write.after
    assert isinstance(after, Mailbox)
    label = case.home(case.key)
    case.free_address()
    if local_of(case.key) == "*":
        raise Refused("local-part", f"{case.key} stands for all other addresses of its domain, and is no mailbox")
    if case.password is None:
        raise Refused("password", f"{case.key} needs a password", "netcup/N14")
    quota = _fits(case, label, _quota(after), 0)
    login = after.login is not False
    case.ground.boxes[case.key] = Box(quota, login)
    values = {
        "address": case.key,
        "local": local_of(case.key),
        "domain": domain_of(case.key),
        "name": _owner(after),
        "quota": quota,
        "password": case.password if login else LOCKED + case.password,
    }
    return Effect((Statement(statements.MAKE_MAILBOX, values), Statement(statements.OWN_ALIAS, values)))


def change_mailbox(case: Case) -> Effect:
    """Change quota, owner, password or login of a mailbox, and nothing else (netcup/N9, N10, N15)."""
    box, after = _box(case), case.write.after
    assert isinstance(after, Mailbox)
    if case.write.changed - _EDITABLE:
        raise Refused(
            "not-editable", f"of {case.key} only quota, owner, password and login can be changed", "netcup/N9"
        )
    changed = [*_each_change(case, box, after)]
    password = "password" in case.write.changed
    closes = "login" in case.write.changed and after.login is False
    who = frozenset({case.key})
    seen = not case.write.changed <= {"quota"}
    return Effect(tuple(changed), who if seen else frozenset(), who if password or closes else frozenset())


def _each_change(case: Case, box: Box, after: Mailbox) -> Iterator[Statement]:
    changed, key = case.write.changed, {"address": case.key}
    if "owner" in changed:
        yield Statement(statements.RENAME, {**key, "name": _owner(after)})
    if "quota" in changed:
        quota = _fits(case, case.home(case.key), _quota(after), box.quota)
        if quota < box.used:
            used = f"{case.key} uses {format_size(box.used)}, which is more than {format_size(quota)}"
            raise Refused("quota-below-usage", used, "netcup/N9")
        box.quota = quota
        yield Statement(statements.RESIZE, {**key, "quota": quota})
    if "login" in changed:
        box.login = after.login is not False
        opens = (statements.OPEN_LOGIN, statements.OPEN_ADDRESS)
        yield from (Statement(text, key) for text in (opens if box.login else (statements.CLOSE_LOGIN,)))
    if "password" in changed:
        if case.password is None:
            raise Refused("password", f"{case.key} needs a password", "netcup/N14")
        yield Statement(
            statements.SET_HASH, {**key, "password": case.password if box.login else LOCKED + case.password}
        )


def may_leave(address: str, ground: Ground) -> None:
    """Refuse to delete a mailbox that is not there, or that aliases lead to (netcup/N12).

    Raises:
        Refused: If it may not go.
    """
    if address not in ground.boxes:
        raise Refused("not-found", f"there is no mailbox {address}")
    aliases = ground.leading.get(address)
    if aliases:
        raise Refused("has-aliases", f"aliases still lead to {address}: {listed(aliases)}", "netcup/N12")


def _box(case: Case) -> Box:
    box = case.ground.boxes.get(case.key)
    if box is None:
        raise Refused("not-found", f"there is no mailbox {case.key}")
    return box


def _fits(case: Case, label: str, quota: int, before: int) -> int:
    """Give out storage, as far as there is some; whoever gives back may always (netcup/N10)."""
    booked = case.booked(label)
    if booked.free is not None and quota - before > max(booked.free, 0):
        raise Refused(
            "storage",
            f"instance {label} has {format_size(max(booked.free, 0))} left to give out, and {case.key} asks for"
            f" {format_size(quota - before)}",
            "netcup/N10",
        )
    booked.given += quota - before
    return quota


def _quota(after: Mailbox) -> int:
    if not after.quota:
        raise Refused("quota", f"{after.address} needs a quota: none means no limit to the daemons", "netcup/N10")
    return after.quota


def _owner(after: Mailbox) -> str:
    if not after.owner or not after.owner.isprintable() or len(after.owner) > LONGEST:
        said = f"{after.address} needs an owner's name, of at most {LONGEST} printable characters"
        raise Refused("owner", said, "netcup/N14")
    return after.owner
