"""What is in the database and can not be expressed, or breaks a rule already; told, and left alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, LiteralString

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain, Mailbox
from reconciler.providers.reader import Oddity
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.judge import Policy
from reconciler.providers.sogo.listing import Listing, key_of, targets_of
from reconciler.providers.sogo.looking import Found

_NOT = "groupware-not-expressible"

_DOMAINS: LiteralString = """
SELECT d.{domain_domain}, d.{domain_active}, {is_backup} FROM {domain} d
WHERE d.{domain_domain} <> 'ALL' AND NOT {hosted} ORDER BY 1
"""
_ROWS: LiteralString = """
SELECT m.{mailbox_username}, 'mailbox' FROM {mailbox} m
UNION ALL
SELECT a.{alias_address}, 'alias' FROM {alias} a
WHERE NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address})
"""
_OFF: LiteralString = """
SELECT a.{alias_address} FROM {alias} a WHERE NOT a.{alias_active}
  AND NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = a.{alias_address}) ORDER BY 1
"""
_FORWARDS: LiteralString = """
SELECT a.{alias_address}, a.{alias_goto} FROM {alias} a JOIN {mailbox} m ON m.{mailbox_username} = a.{alias_address}
WHERE lower(a.{alias_goto}) <> a.{alias_address} ORDER BY 1
"""
_UNLIMITED: LiteralString = "SELECT m.{mailbox_username} FROM {mailbox} m WHERE m.{mailbox_quota} <= 0 ORDER BY 1"
_ALIAS_DOMAINS: LiteralString = "SELECT alias_domain, target_domain FROM {t_alias_domain} ORDER BY 1"
_ORPHANED: LiteralString = """
SELECT s.username, s.path FROM {storage} s
WHERE s.released IS NOT NULL AND NOT EXISTS (SELECT FROM {leaving} v WHERE v.storage = s.id) ORDER BY 1, 2
"""
_LEAVING: LiteralString = "SELECT username FROM {leaving} ORDER BY 1"


async def oddities(cluster: Cluster, listing: Listing, found: Found, lives: Sequence[Live]) -> tuple[Oddity, ...]:
    """Return what a database has that no declaration can express.

    Args:
        cluster: The cluster.
        listing: Asks it.
        found: What the database has.
        lives: What was listed.
    """
    told = [_privileges(cluster, found)] if found.grants else []
    if found.lack.tables:
        return tuple(told)
    told += _domains(await listing.rows(_DOMAINS))
    told += _names(await listing.rows(_ROWS))
    told += [_off(address) for (address,) in await listing.rows(_OFF) if key_of(address)]
    told += [_forward(address, goto) for address, goto in await listing.rows(_FORWARDS)]
    told += [_unlimited(address) for (address,) in await listing.rows(_UNLIMITED)]
    if found.lack.alias_domain:
        told += [_alias_domain(one, other) for one, other in await listing.rows(_ALIAS_DOMAINS)]
    told += aliases_of(lives, cluster.policy)
    told += [_leaving(address) for (address,) in await listing.rows(_LEAVING)]
    told += [_orphaned(cluster, address, path) for address, path in await listing.rows(_ORPHANED)]
    return tuple(told)


def aliases_of(lives: Iterable[Live], policy: Policy) -> Iterator[Oddity]:
    """What aliases lead to that they could not be made to lead to (netcup/N16, N17)."""
    by_kind: dict[Kind, dict[str, Any]] = {kind: {} for kind in Kind}
    for live in lives:
        by_kind[live.resource.kind][live.resource.key] = live.resource
    aliases: Mapping[str, Alias] = by_kind[Kind.ALIAS]
    boxes: Mapping[str, Mailbox] = by_kind[Kind.MAILBOX]
    domains: Mapping[str, Domain] = by_kind[Kind.DOMAIN]
    for key, alias in sorted(aliases.items()):
        for target in alias.to:
            said = _target(key, target, aliases, boxes, domains, policy)
            if said is not None:
                yield said
                break


def _target(
    key: str,
    target: str,
    aliases: Mapping[str, Alias],
    boxes: Mapping[str, Mailbox],
    domains: Mapping[str, Domain],
    policy: Policy,
) -> Oddity | None:
    if target in aliases:
        if _leads_back(target, aliases):
            return Oddity(
                "groupware-alias-loop", f"mail to alias {key} goes round: it leads to {target}, and that leads back",
                "lead one of them to a mailbox", Kind.ALIAS, key,
            )  # fmt: skip
        said = f"alias {key} leads to {target}, which is an alias itself"
        return Oddity(_NOT, said, "declare it with the mailboxes that are behind it", Kind.ALIAS, key)
    home = domains.get(domain_of(target))
    if target not in boxes:
        if home is not None:
            said = f"alias {key} leads to {target}, which is not there: mail to it is refused"
            return Oddity("groupware-alias-of-nothing", said, "lead it elsewhere, or delete it", Kind.ALIAS, key)
        if policy.external_targets:
            return None
        said = f"alias {key} leads to {target}, which is elsewhere"
        return Oddity(_NOT, said, "set `external_targets: true` at the provider to declare such", Kind.ALIAS, key)
    own = domains.get(domain_of(key))
    if home is not None and own is not None and home.instance != own.instance:
        said = f"alias {key} of instance {own.instance} leads to {target} of instance {home.instance}"
        return Oddity(_NOT, said, None, Kind.ALIAS, key)
    return None


def _leads_back(start: str, aliases: Mapping[str, Alias]) -> bool:
    """Whether an alias is reached again from itself."""
    seen: set[str] = set()
    todo = [*aliases[start].to]
    while todo:
        each = todo.pop()
        if each == start:
            return True
        if each in aliases and each not in seen:
            seen.add(each)
            todo += aliases[each].to
    return False


def _names(rows: Iterable[tuple[str, str]]) -> Iterator[Oddity]:
    """Rows whose name no daemon finds, and rows that are one address but for their case."""
    rows = list(rows)
    known = Counter(name.lower() for name, _ in rows)
    told: set[str] = set()
    for name, kind in sorted(rows):
        lower = name.lower()
        if known[lower] > 1:
            if lower not in told:
                told.add(lower)
                names = sorted(each for each, _ in rows if each.lower() == lower)
                said = f"{' and '.join(names)} are one address, and stand there as {len(names)}"
                yield from (
                    Oddity("groupware-address-twice", said, "delete all but one", each, lower, stops=True)
                    for each in (Kind.MAILBOX, Kind.ALIAS)
                )
        elif key_of(name) is None:
            said = f"the {kind} '{name}' is not written as daemons ask for it, in lower case and with an ASCII domain"
            yield Oddity(_NOT, said, "rename it in the database", Kind(kind), lower, stops=True)


def _domains(rows: Iterable[tuple[Any, ...]]) -> Iterator[Oddity]:
    for name, active, backup in rows:
        why = "is only relayed (backup MX)" if backup else "is switched off" if not active else "can not be read"
        yield Oddity(_NOT, f"the domain {name} {why}", "change that in PostfixAdmin", Kind.DOMAIN, name, stops=True)


def _off(address: str) -> Oddity:
    key = key_of(address) or address
    help_ = "switch it on or delete it in PostfixAdmin"
    return Oddity(_NOT, f"the alias {key} is switched off", help_, Kind.ALIAS, key, stops=True)


def _forward(address: str, goto: str) -> Oddity:
    others = ", ".join(each for each in targets_of(goto) if each != address)
    kept = "and keeps a copy" if address in targets_of(goto) else "and keeps no copy"
    return Oddity(_NOT, f"mail to {address} is forwarded to {others} {kept}; that stays as it is")


def _unlimited(address: str) -> Oddity:
    said = f"the mailbox {address} has no quota, so that nothing is counted of it against the booked storage"
    return Oddity(_NOT, said, f"declare one: mailboxes: {{{address}: {{quota: 5 GB}}}}")


def _alias_domain(one: str, other: str) -> Oddity:
    return Oddity(_NOT, f"every address of {one} is one of {other} (an alias domain); that stays as it is")


def _leaving(address: str) -> Oddity:
    said = f"the deletion of mailbox {address} has begun and not ended; nobody can use it any more"
    help_ = "let it go on: reconciler apply, with the mailbox not declared"
    return Oddity("groupware-leaving", said, help_, Kind.MAILBOX, address, stops=True)


def _orphaned(cluster: Cluster, address: str, path: str) -> Oddity:
    said = f"files of {address}, which was deleted in PostfixAdmin, are still at {cluster.host.storage}/{path}"
    return Oddity("groupware-orphaned-storage", said, "save what is worth it, and remove them")


def _privileges(cluster: Cluster, found: Found) -> Oddity:
    said = f"the role of {cluster.name} may not write: {len(found.grants)} privileges are missing"
    return Oddity("groupware-privilege", said, "as the tables' owner: " + " ".join(found.grants))
