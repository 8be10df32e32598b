"""What is in the database and can not be expressed, or breaks a rule already; told, and left alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, LiteralString

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.reader import Oddity
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.leads import astray
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
#: Deletions that have begun; what somebody has switched on again goes on living.
_LEAVING: LiteralString = """
SELECT v.username FROM {leaving} v WHERE NOT EXISTS (
    SELECT FROM {storage} s JOIN {mailbox} m ON m.{mailbox_username} = s.username
    WHERE s.id = v.storage AND s.released IS NULL AND m.{mailbox_active}) ORDER BY 1
"""


async def oddities(cluster: Cluster, listing: Listing, found: Found, lives: Sequence[Live]) -> tuple[Oddity, ...]:
    """Return what a database has that no declaration can express.

    Args:
        cluster: The cluster.
        listing: Asks it.
        found: What the database has.
        lives: What was listed.
    """
    told = [_privileges(found)] if found.grants else []
    if found.lack.tables:
        return tuple(told)
    told += _domains(await listing.rows(_DOMAINS))
    told += _names(await listing.rows(_ROWS))
    told += [_off(address) for (address,) in await listing.rows(_OFF) if key_of(address)]
    told += [_forward(address, goto) for address, goto in await listing.rows(_FORWARDS)]
    told += [_unlimited(address) for (address,) in await listing.rows(_UNLIMITED)]
    if found.lack.alias_domain:
        told += [_alias_domain(one, other) for one, other in await listing.rows(_ALIAS_DOMAINS)]
    told += astray(lives, external=cluster.policy.external_targets)
    told += [_leaving(address) for (address,) in await listing.rows(_LEAVING)]
    told += [_orphaned(cluster, address, path) for address, path in await listing.rows(_ORPHANED)]
    return tuple(told)


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
    help_ = "let it go on: reconciler apply, with it not declared; to keep it: reconciler explain groupware-leaving"
    return Oddity("groupware-leaving", said, help_, Kind.MAILBOX, address, stops=True, may_go=True)


def _orphaned(cluster: Cluster, address: str, path: str) -> Oddity:
    said = f"files of {address}, which was deleted in PostfixAdmin, are still at {cluster.host.storage}/{path}"
    return Oddity("groupware-orphaned-storage", said, "save what is worth it, and remove them")


def _privileges(found: Found) -> Oddity:
    said = f"nothing can be applied, as {found.lacking}"
    return Oddity("groupware-privilege", said, "as the tables' owner: " + " ".join(found.grants))
