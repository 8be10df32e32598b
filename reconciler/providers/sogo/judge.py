"""The rules, as the cluster itself does not know them: what a write does, or why it is refused. Pure functions.

The database would take nearly everything: it knows no shared storage, no order and no owner of an address. So each rule
of the platform is held here, in words of our own, and the ground is kept in step for the next write of the batch.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import LiteralString

from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of, local_of
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from reconciler.model.sizes import format_size
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.ground import Booked, Box, Ground, Lead, listed
from reconciler.providers.sogo.hashing import LOCKED
from reconciler.providers.sogo.listing import UNBOOKED, row_name
from reconciler.providers.writer import Failed, Write

_LONGEST = 255  # characters of a name, in PostfixAdmin's columns
_EDITABLE = frozenset({"owner", "quota", "password", "login"})


class Refused(Exception):
    """A write that a rule forbids."""

    def __init__(self, code: str, message: str, rule: str | None = None) -> None:
        """Say why, in one lower-case sentence that names the thing."""
        super().__init__(message)
        self.failed = Failed(message, code, rule=rule)


@dataclass(frozen=True)
class Statement:
    """One statement of SQL, with names in braces, and its values."""

    text: LiteralString
    values: Mapping[str, object]


@dataclass(frozen=True)
class Effect:
    """What a write does.

    Attributes:
        statements: In the database, in order.
        stale: Users of whom SOGo may hold what is no longer true.
        kick: Users whose sessions end.
    """

    statements: tuple[Statement, ...]
    stale: frozenset[str] = frozenset()
    kick: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Policy:
    """What this cluster is configured to allow.

    Attributes:
        domains: Domains that may be hosted; None: all (netcup/N5).
        alias_targets: Mailboxes that an alias may lead to; None: any number (netcup/N16).
        external_targets: Whether an alias may lead elsewhere (netcup/N16).
        default_instance: The instance of domains that nobody assigned.
    """

    domains: frozenset[str] | None = None
    alias_targets: int | None = None
    external_targets: bool = False
    default_instance: str = "main"


def judge(write: Write, ground: Ground, policy: Policy, password: str | None = None) -> Effect:
    """Return what a write does, and let the ground know it.

    Args:
        write: Of an instance, a domain, an alias, or of a mailbox that does not go: that is no single transaction.
        ground: What it stands on.
        policy: What is allowed here.
        password: The hash of the password it sets.

    Raises:
        Refused: If a rule forbids it.
    """
    rule = _JUDGES.get((write.action, write.kind))
    if rule is None:
        raise Refused("unsupported", f"this provider can not {write.action} a {write.kind}")
    return rule(_Case(write, ground, policy, password))


@dataclass(frozen=True)
class _Case:
    write: Write
    ground: Ground
    policy: Policy
    password: str | None

    @property
    def key(self) -> str:
        return self.write.key

    def booked(self, label: str) -> Booked:
        booked = self.ground.instances.get(label)
        if booked is None:
            raise Refused("no-instance", f"there is no instance {label}", "netcup/N5")
        return booked

    def home(self, address: str) -> str:
        """The label of the instance that an address's domain is in (netcup/N5, N17)."""
        domain = domain_of(address)
        label = self.ground.homes.get(domain)
        if label is None:
            off = "is switched off, or only relayed" if domain in self.ground.closed else "is not hosted here"
            raise Refused("no-domain", f"the domain {domain} of {address} {off}", "netcup/N17")
        return label

    def free_address(self) -> None:
        """Refuse an address that is taken by whatever there is (netcup/N14)."""
        if self.key in self.ground.boxes:
            raise Refused("taken", f"{self.key} is a mailbox already", "netcup/N14")
        lead = self.ground.leads.get(row_name(self.key))
        if lead is not None:
            off = "" if lead.active else ", which is switched off"
            raise Refused("taken", f"{self.key} is an alias already{off}", "netcup/N14")
        if not self.key.isascii():
            raise Refused("local-part", f"the local part of {self.key} is not ASCII, and the daemons take no other")
        if len(self.key) > _LONGEST:
            raise Refused("address", f"{self.key} is longer than {_LONGEST} characters")


# -- instances


def _order(case: _Case) -> Effect:
    """Book storage (netcup/N1, N2)."""
    known = case.ground.instances.get(case.key)
    if known is not None and (known.number != UNBOOKED or case.key != case.policy.default_instance):
        raise Refused("taken", f"there is an instance {case.key} already, number {known.number}", "netcup/N2")
    storage = _storage(case, known)
    case.ground.instances[case.key] = Booked(UNBOOKED - 1, storage, known.given if known else 0)
    return _said(statements.BOOK, label=case.key, storage=storage)


def _rebook(case: _Case) -> Effect:
    """Change what is booked: never to less than is given out (netcup/N10)."""
    booked = case.booked(case.key)
    booked.storage = _storage(case, booked)
    return _said(statements.BOOK, label=case.key, storage=booked.storage)


def _storage(case: _Case, booked: Booked | None) -> int:
    after = case.write.after
    assert isinstance(after, Instance)
    if not after.storage:
        raise Refused("storage", f"instance {case.key} needs some storage", "netcup/N10")
    if booked is not None and after.storage < booked.given:
        raise Refused(
            "storage",
            f"of instance {case.key} {format_size(booked.given)} are given out, which is more than"
            f" {format_size(after.storage)}",
            "netcup/N10",
        )
    return after.storage


def _cancel(case: _Case) -> Effect:
    """Cancel an instance that no domain is in (netcup/N19, N20)."""
    booked = case.booked(case.key)
    domains = case.ground.assigned.get(case.key)
    if domains:
        raise Refused("has-domains", f"instance {case.key} still has domains: {listed(domains)}", "netcup/N20")
    if booked.number == UNBOOKED:
        raise Refused("not-found", f"there is no instance {case.key}")
    del case.ground.instances[case.key]
    return _said(statements.CANCEL, label=case.key)


# -- domains


def _add_domain(case: _Case) -> Effect:
    """Take a domain into an instance (netcup/N5)."""
    after = case.write.after
    assert isinstance(after, Domain)
    if case.key in case.ground.homes:
        held = case.ground.homes[case.key]
        raise Refused("taken", f"the domain {case.key} is in instance {held} already", "netcup/N5")
    if case.key in case.ground.closed:
        raise Refused("taken", f"the domain {case.key} is here, switched off or only relayed", "netcup/N5")
    if case.policy.domains is not None and case.key not in case.policy.domains:
        raise Refused("not-owned", f"the domain {case.key} is not among those that may be hosted here", "netcup/N5")
    if not after.instance:
        raise Refused("no-instance", f"the domain {case.key} needs an instance", "netcup/N5")
    booked = case.booked(after.instance)
    case.ground.homes[case.key] = after.instance
    made = Statement(statements.ADD_DOMAIN, {"domain": case.key})
    if booked.number == UNBOOKED:
        return Effect((made,))
    return Effect((made, Statement(statements.ASSIGN, {"domain": case.key, "label": after.instance})))


def _move_domain(case: _Case) -> Effect:
    held = case.ground.homes.get(case.key, "another")
    raise Refused("not-editable", f"the domain {case.key} is in instance {held}, and stays there", "netcup/N5")


def _remove_domain(case: _Case) -> Effect:
    """Remove a domain that nothing is in any more (netcup/N7)."""
    case.home(f"postmaster@{case.key}")
    inside = case.ground.inside.get(case.key)
    if inside:
        raise Refused("has-addresses", f"the domain {case.key} still has addresses: {listed(inside)}", "netcup/N7")
    related = case.ground.related.get(case.key)
    if related:
        raise Refused(
            "has-alias-domains",
            f"the domain {case.key} is tied to another in PostfixAdmin: {listed(related)}; remove that there",
            "netcup/N7",
        )
    del case.ground.homes[case.key]
    _crossed_out(case.key, case.ground.assigned)
    cleared = [text for table, text in statements.CLEAR_DOMAIN.items() if table in case.ground.beside]
    return Effect(tuple(Statement(text, {"domain": case.key}) for text in (*cleared, statements.REMOVE_DOMAIN)))


# -- mailboxes


def _make_mailbox(case: _Case) -> Effect:
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


def _change_mailbox(case: _Case) -> Effect:
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


def _each_change(case: _Case, box: Box, after: Mailbox) -> Iterator[Statement]:
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


def _box(case: _Case) -> Box:
    box = case.ground.boxes.get(case.key)
    if box is None:
        raise Refused("not-found", f"there is no mailbox {case.key}")
    return box


def _fits(case: _Case, label: str, quota: int, before: int) -> int:
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
    if not after.owner or not after.owner.isprintable() or len(after.owner) > _LONGEST:
        said = f"{after.address} needs an owner's name, of at most {_LONGEST} printable characters"
        raise Refused("owner", said, "netcup/N14")
    return after.owner


# -- aliases


def _make_alias(case: _Case) -> Effect:
    """Make an alias (netcup/N14, N16, N17)."""
    after = case.write.after
    assert isinstance(after, Alias)
    label = case.home(case.key)
    case.free_address()
    rights = _rights(case, after, label)
    case.ground.leads[row_name(case.key)] = Lead(after.to, active=True)
    values = {"address": row_name(case.key), "domain": domain_of(case.key), "goto": ",".join(after.to)}
    return Effect((Statement(statements.MAKE_ALIAS, values), *rights), _users(case, after))


def _change_alias(case: _Case) -> Effect:
    """Lead an alias elsewhere, in one step: no mail to it is refused in between. Or change who may send as it."""
    before, after = case.write.before, case.write.after
    assert isinstance(after, Alias)
    assert before is not None
    assert isinstance(before.resource, Alias)
    lead = _lead(case)
    if lead.to != before.resource.to:
        raise Refused(
            "conflict", f"alias {case.key} leads to {', '.join(lead.to)} now, which is not what was read before"
        )
    rights = _rights(case, after, case.home(case.key))
    case.ground.leads[row_name(case.key)] = Lead(after.to, lead.active)
    values = {"address": row_name(case.key), "goto": ",".join(after.to)}
    stale = _users(case, after) | _users(case, before.resource)
    return Effect((Statement(statements.RETARGET, values), *rights), stale)


def _end_alias(case: _Case) -> Effect:
    """Delete an alias; its mailbox stays (netcup/N18)."""
    before = case.write.before
    lead = _lead(case)
    del case.ground.leads[row_name(case.key)]
    _crossed_out(row_name(case.key), case.ground.leading, case.ground.inside)
    senders = before.resource if before is not None and isinstance(before.resource, Alias) else Alias(case.key, lead.to)
    return Effect(
        (Statement(statements.END_ALIAS, {"address": row_name(case.key)}),),
        _users(case, senders) | _users(case, Alias(case.key, lead.to)),
    )


def _lead(case: _Case) -> Lead:
    lead = case.ground.leads.get(row_name(case.key))
    if lead is None:
        raise Refused("not-found", f"there is no alias {case.key}")
    return lead


def _rights(case: _Case, alias: Alias, label: str) -> tuple[Statement, Statement] | tuple[()]:
    """Judge whom an alias leads to and who may send as it; return the statements that say so."""
    most = case.policy.alias_targets
    if not alias.to or (most is not None and len(alias.to) > most):
        wanted = {None: "one mailbox or more", 1: "exactly one mailbox"}.get(most, f"one to {most} mailboxes")
        raise Refused("targets", f"alias {case.key} leads to {wanted}, not to {len(alias.to)}", "netcup/N16")
    boxes = [target for target in alias.to if _target(case, target, label)]
    if local_of(case.key) == "*":
        if alias.send_as:
            said = f"{case.key} stands for all other addresses of its domain, and nobody can send as those"
            raise Refused("send-as", said, "netcup/N16")
        return ()
    senders = boxes if alias.send_as is None else alias.send_as
    for sender in senders:
        _mailbox_here(case, sender, label, "be sent with by")
    values = {
        "address": row_name(case.key),
        "users": list(senders),
        "apart": [alias.send_as is not None] * len(senders),
    }
    return Statement(statements.TAKE_RIGHTS, values), Statement(statements.GIVE_RIGHTS, values)


def _target(case: _Case, target: str, label: str) -> bool:
    """Judge one target; return whether it is a mailbox here."""
    if target == case.key:
        raise Refused("loop", f"alias {case.key} can not lead to itself", "netcup/N16")
    known = domain_of(target) in case.ground.homes or domain_of(target) in case.ground.closed
    if target not in case.ground.boxes and not known and case.policy.external_targets:
        return False
    _mailbox_here(case, target, label, "lead to")
    return True


def _mailbox_here(case: _Case, address: str, label: str, does: str) -> None:
    """Refuse what is no mailbox of the alias's own instance (netcup/N16, N17)."""
    if address not in case.ground.boxes:
        what = "an alias itself" if row_name(address) in case.ground.leads else "no mailbox here"
        raise Refused("no-mailbox", f"alias {case.key} can not {does} {address}, which is {what}", "netcup/N16")
    other = case.home(address)
    if other != label:
        said = f"alias {case.key} is in instance {label}, and mailbox {address} in instance {other}"
        raise Refused("other-instance", said, "netcup/N17")


def _users(case: _Case, alias: Alias) -> frozenset[str]:
    """The mailboxes whose identities an alias is, or was, one of."""
    return frozenset(each for each in (*alias.to, *(alias.send_as or ())) if each in case.ground.boxes)


def _crossed_out(name: str, *lists: Mapping[str, list[str]]) -> None:
    """Take what is gone from what stands in the way of others."""
    for standing in (standing for each in lists for standing in each.values()):
        if name in standing:
            standing.remove(name)


def _said(text: LiteralString, **values: object) -> Effect:
    return Effect((Statement(text, values),))


_JUDGES: Mapping[tuple[Action, Kind], Callable[[_Case], Effect]] = {
    (Action.CREATE, Kind.INSTANCE): _order,
    (Action.UPDATE, Kind.INSTANCE): _rebook,
    (Action.DELETE, Kind.INSTANCE): _cancel,
    (Action.CREATE, Kind.DOMAIN): _add_domain,
    (Action.UPDATE, Kind.DOMAIN): _move_domain,
    (Action.DELETE, Kind.DOMAIN): _remove_domain,
    (Action.CREATE, Kind.MAILBOX): _make_mailbox,
    (Action.UPDATE, Kind.MAILBOX): _change_mailbox,
    (Action.CREATE, Kind.ALIAS): _make_alias,
    (Action.UPDATE, Kind.ALIAS): _change_alias,
    (Action.DELETE, Kind.ALIAS): _end_alias,
}
