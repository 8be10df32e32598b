"""The table of ordering rules: which step needs which other step first, each with its rule id and a human reason.

An edge rule is a small generator over the indexed operations; it yields pairs of positions (first, then). Nothing else
in the project knows an order.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.dns.clients import client_names
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import domain_of
from reconciler.model.resources import FieldValue, split_record_key
from reconciler.plan.document import Operation

Pairs: TypeAlias = Iterator[tuple[int, int]]

_ADDRESSES = (Kind.MAILBOX, Kind.ALIAS)


@dataclass(slots=True)
class Index:
    """Operations by what they do, for the edge rules. `home` maps a domain's zone records to the domain they serve."""

    operations: Sequence[Operation]
    home: dict[str, str] = field(default_factory=dict)
    by: dict[tuple[Action, Kind], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        for position, operation in enumerate(self.operations):
            self.by[operation.action, operation.kind][operation.key] = position

    def of(self, action: Action, kind: Kind) -> dict[str, int]:
        """Positions of the operations of one action on one kind, by key."""
        return self.by.get((action, kind), {})

    def targets(self, position: int, *, after: bool, name: str = "to") -> tuple[str, ...]:
        """Where an alias operation leads, after or before it; or who may send, by the field's name."""
        change = self.operations[position].fields.get(name)
        return () if change is None else _addresses(change.after if after else change.before)

    def naming(self, action: Action, kind: Kind, name: str, *, after: bool) -> Iterator[tuple[int, str]]:
        """Positions of the operations of one action on one kind, each with what one of its fields says."""
        for position in self.of(action, kind).values():
            change = self.operations[position].fields.get(name)
            if change is not None:
                yield position, str(change.after if after else change.before)

    def records(self, *actions: Action) -> Iterator[tuple[int, str, str, str]]:
        """Position, owner name, type and value class of each record operation of some actions."""
        for action in actions:
            for key, position in self.of(action, Kind.RECORD).items():
                yield position, *split_record_key(key)

    def mail_domain(self, owner_name: str, key: str) -> str:
        """The domain a record serves: the one it was derived for, else its owner name."""
        return self.home.get(key, owner_name)


def _addresses(value: FieldValue) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (str(value),) if value is not None else ()


@dataclass(frozen=True, slots=True)
class EdgeRule:
    """One row: the rule's id, why it is so in a reader's words, and the edges it asks for."""

    rule: str
    reason: str
    pairs: Callable[[Index], Pairs]


def _instance_before_domain(index: Index) -> Pairs:
    instances = index.of(Action.CREATE, Kind.INSTANCE)
    for position, label in index.naming(Action.CREATE, Kind.DOMAIN, "instance", after=True):
        if label in instances:
            yield instances[label], position


def _domain_before_mailbox(index: Index) -> Pairs:
    domains = index.of(Action.CREATE, Kind.DOMAIN)
    if domains:
        for address, position in index.of(Action.CREATE, Kind.MAILBOX).items():
            if domain_of(address) in domains:
                yield domains[domain_of(address)], position


def _domain_before_alias(index: Index) -> Pairs:
    domains = index.of(Action.CREATE, Kind.DOMAIN)
    if not domains:
        return
    mailboxes = index.of(Action.CREATE, Kind.MAILBOX)
    for address, position in index.of(Action.CREATE, Kind.ALIAS).items():
        domain = domain_of(address)
        if any(target in mailboxes and domain_of(target) == domain for target in index.targets(position, after=True)):
            continue  # its mailbox already waits for the domain
        first = domains.get(domain)
        if first is not None:
            yield first, position


def _target_before_alias(index: Index) -> Pairs:
    return _named_before_alias(index, "to")


def _sender_before_alias(index: Index) -> Pairs:
    return _named_before_alias(index, "send_as")


def _named_before_alias(index: Index, name: str) -> Pairs:
    mailboxes = index.of(Action.CREATE, Kind.MAILBOX)
    if not mailboxes:
        return
    for action in (Action.CREATE, Action.UPDATE):
        for position in index.of(action, Kind.ALIAS).values():
            for target in index.targets(position, after=True, name=name):
                if target in mailboxes:
                    yield mailboxes[target], position


def _alias_before_mailbox(index: Index) -> Pairs:
    return _alias_before_named(index, "to")


def _alias_before_sender(index: Index) -> Pairs:
    return _alias_before_named(index, "send_as")


def _alias_before_named(index: Index, name: str) -> Pairs:
    mailboxes = index.of(Action.DELETE, Kind.MAILBOX)
    if not mailboxes:
        return
    for action in (Action.DELETE, Action.UPDATE):
        for position in index.of(action, Kind.ALIAS).values():
            for target in index.targets(position, after=False, name=name):
                if target in mailboxes:
                    yield position, mailboxes[target]


def _addresses_before_domain(index: Index) -> Pairs:
    domains = index.of(Action.DELETE, Kind.DOMAIN)
    if not domains:
        return
    for kind in _ADDRESSES:
        for address, position in index.of(Action.DELETE, kind).items():
            then = domains.get(domain_of(address))
            if then is not None:
                yield position, then


def _domain_before_instance(index: Index) -> Pairs:
    instances = index.of(Action.DELETE, Kind.INSTANCE)
    for position, label in index.naming(Action.DELETE, Kind.DOMAIN, "instance", after=False):
        if label in instances:
            yield position, instances[label]


def _release_before_claim(index: Index) -> Pairs:
    for released in _ADDRESSES:
        gone = index.of(Action.DELETE, released)
        if not gone:
            continue
        for claimed in _ADDRESSES:
            for address, position in index.of(Action.CREATE, claimed).items():
                if address in gone:
                    yield gone[address], position


def _domain_leaves_before_it_comes(index: Index) -> Pairs:
    return _delete_before_create(index, Kind.DOMAIN)


def _instance_ends_before_it_begins(index: Index) -> Pairs:
    return _delete_before_create(index, Kind.INSTANCE)


def _delete_before_create(index: Index, kind: Kind) -> Pairs:
    gone = index.of(Action.DELETE, kind)
    for key, position in index.of(Action.CREATE, kind).items():
        if key in gone:
            yield gone[key], position


def _team_before_member(index: Index) -> Pairs:
    teams = index.of(Action.CREATE, Kind.TEAM)
    for position, label in index.naming(Action.CREATE, Kind.MEMBER, "team", after=True):
        if label in teams:
            yield teams[label], position


def _member_before_its_plan(index: Index) -> Pairs:
    made = index.of(Action.CREATE, Kind.MEMBER)
    for action in (Action.OPERATOR, Action.UPDATE):
        for key, position in index.of(action, Kind.MEMBER).items():
            if key in made:
                yield made[key], position


def _member_leaves_before_team_ends(index: Index) -> Pairs:
    teams = index.of(Action.OPERATOR, Kind.TEAM)
    for position, label in index.naming(Action.OPERATOR, Kind.MEMBER, "team", after=False):
        if label in teams:
            yield position, teams[label]


def _adopted_before_update(index: Index) -> Pairs:
    for kind in Kind:
        adopted = index.of(Action.ADOPT, kind)
        if not adopted:
            continue
        for action in (Action.UPDATE, Action.DELETE, Action.OPERATOR):
            for key, position in index.of(action, kind).items():
                if key in adopted:
                    yield adopted[key], position


def _recipients_before_mx(index: Index) -> Pairs:
    targets: dict[str, list[int]] = defaultdict(list)
    for position, name, type_, _ in index.records(Action.CREATE, Action.UPDATE):
        if type_ == "MX":
            targets[index.mail_domain(name, index.operations[position].key)].append(position)
    if not targets:
        return
    for kind in (Kind.DOMAIN, *_ADDRESSES):
        for key, position in index.of(Action.CREATE, kind).items():
            for then in targets.get(key if kind is Kind.DOMAIN else domain_of(key), ()):
                yield position, then


def _authentication_before_mx(index: Index) -> Pairs:
    published: dict[str, list[int]] = defaultdict(list)
    for position, name, type_, value_class in index.records(Action.CREATE, Action.UPDATE):
        if value_class in ("spf", "dkim") or "._domainkey." in name:
            published[index.mail_domain(name, index.operations[position].key)].append(position)
        elif type_ == "MX":
            published.setdefault(index.mail_domain(name, index.operations[position].key), [])
    for position, name, type_, _ in index.records(Action.CREATE, Action.UPDATE):
        if type_ == "MX":
            for first in published[index.mail_domain(name, index.operations[position].key)]:
                yield first, position


def _mx_before_clients(index: Index) -> Pairs:
    moved = {
        index.mail_domain(name, index.operations[position].key): position
        for position, name, type_, _ in index.records(Action.UPDATE)
        if type_ == "MX" and "values" in index.operations[position].fields
    }
    for domain, first in moved.items():
        for name in client_names(domain):
            for key in (f"{name} SRV", f"{name} CNAME", f"{name} TXT path"):
                for action in (Action.CREATE, Action.UPDATE, Action.DELETE):
                    position = index.of(action, Kind.RECORD).get(key)
                    if position is not None:
                        yield first, position


def _mx_gone_before_domain(index: Index) -> Pairs:
    domains = index.of(Action.DELETE, Kind.DOMAIN)
    for position, name, type_, _ in index.records(Action.DELETE):
        if type_ == "MX" and name in domains:
            yield position, domains[name]


def _domain_before_records(index: Index) -> Pairs:
    domains = index.of(Action.CREATE, Kind.DOMAIN)
    if not domains:
        return
    for position, name, type_, _ in index.records(Action.CREATE, Action.UPDATE):
        home = index.mail_domain(name, index.operations[position].key)
        if home in domains and type_ != "MX":
            yield domains[home], position


def _addresses_of_hosts_first(index: Index) -> Pairs:
    hosts: dict[str, list[int]] = defaultdict(list)
    for position, name, type_, _ in index.records(Action.CREATE):
        if type_ in ("A", "AAAA"):
            hosts[name].append(position)
    if not hosts:
        return
    for position, _, type_, _ in index.records(Action.CREATE, Action.UPDATE):
        if type_ in ("MX", "SRV", "CNAME"):
            change = index.operations[position].fields.get("values")
            for value in _addresses(change.after) if change else ():
                for first in hosts.get(value.rpartition(" ")[2].rstrip("."), ()):
                    yield first, position


def _one_name_one_nature(index: Index) -> Pairs:
    gone: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for position, name, type_, _ in index.records(Action.DELETE):
        gone[name].append((position, type_))
    if not gone:
        return
    for position, name, type_, _ in index.records(Action.CREATE):
        for first, old in gone.get(name, ()):
            if (type_ == "CNAME") != (old == "CNAME"):
                yield first, position


#: The table. Its order is the order in which reasons are listed.
EDGE_RULES: tuple[EdgeRule, ...] = (
    EdgeRule("netcup/N1", "a domain is added to an instance that has been set up", _instance_before_domain),
    EdgeRule("netcup/N4", "a mailbox needs its domain in the instance", _domain_before_mailbox),
    EdgeRule("netcup/N17", "an alias needs its domain in the instance", _domain_before_alias),
    EdgeRule("netcup/N16", "an alias leads to a mailbox that exists", _target_before_alias),
    EdgeRule("netcup/N16", "whoever may send as an alias is a mailbox that exists", _sender_before_alias),
    EdgeRule("netcup/N12", "a mailbox is deleted only when no alias for it exists", _alias_before_mailbox),
    EdgeRule("netcup/N12", "a mailbox is deleted only when it may send as no alias", _alias_before_sender),
    EdgeRule("netcup/N7", "a domain is removed only when its mailboxes and aliases are gone", _addresses_before_domain),
    EdgeRule("netcup/N20", "an instance is cancelled only when no domain is assigned to it", _domain_before_instance),
    EdgeRule("netcup/N14", "an address is released before it is claimed", _release_before_claim),
    EdgeRule("netcup/N5", "a domain is in one instance at a time", _domain_leaves_before_it_comes),
    EdgeRule("netcup/N19", "an instance of one name is cancelled before the next", _instance_ends_before_it_begins),
    EdgeRule("mailbox-org/M3", "a member is created from an account of the team", _team_before_member),
    EdgeRule("mailbox-org/M3", "an account starts on the plan the platform gives it", _member_before_its_plan),
    EdgeRule("mailbox-org/M13", "members leave before their team ends", _member_leaves_before_team_ends),
    EdgeRule("flow/F6", "what is there is taken into the state before it is changed", _adopted_before_update),
    EdgeRule("flow/F1", "recipients exist before the MX points at them", _recipients_before_mx),
    EdgeRule("flow/F2", "SPF and DKIM are published before the MX moves", _authentication_before_mx),
    EdgeRule("flow/F7", "mail programs are led to the new host once the mail is", _mx_before_clients),
    EdgeRule("flow/F3", "the MX is withdrawn before the domain is removed", _mx_gone_before_domain),
    EdgeRule("flow/F4", "records follow the domain they are for", _domain_before_records),
    EdgeRule("flow/F5", "a host's addresses are there before a record leads to it", _addresses_of_hosts_first),
    EdgeRule("flow/F5", "a CNAME stands alone at its name", _one_name_one_nature),
)

#: The rule of edges that the storage ledger asks for; see plan.order.
STORAGE_RULE = "netcup/N10"
STORAGE_REASON = "storage is freed before it is given out again"
