"""What daemons still hold of a user after a change: remembered with the change, dropped after it, and then forgotten.

A run that dies in between leaves its notes behind; the next one drops before it does anything else, and also where it
finds the change itself done.
"""

from collections.abc import Sequence
from typing import LiteralString

from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.judge import Effect, Statement

_REMEMBER: LiteralString = """
INSERT INTO {ext}.stale (username, kick)
SELECT s.username, s.kick FROM unnest(%(users)s::text[], %(kick)s::boolean[]) AS s (username, kick)
ON CONFLICT (username) DO UPDATE SET kick = stale.kick OR EXCLUDED.kick, since = now()
"""
_KEEPS_NOTES = "SELECT to_regclass(format('%%I.stale', %(schema)s::text)) IS NOT NULL"
_LEFT: LiteralString = "SELECT username, kick FROM {ext}.stale ORDER BY 1"
_FORGET: LiteralString = "DELETE FROM {ext}.stale WHERE username = ANY (%(users)s::text[])"


def remember(effects: Sequence[Effect]) -> list[Statement]:
    """Return what notes, in the transaction of some changes, whom daemons have to forget because of them."""
    stale, kick = _whom(effects)
    if not stale:
        return []
    users = sorted(stale)  # everybody locks in one order
    return [Statement(_REMEMBER, {"users": users, "kick": [user in kick for user in users]})]


async def drop(cluster: Cluster, effects: Sequence[Effect]) -> None:
    """Have the daemons forget what some changes have made untrue, and take the notes back.

    Raises:
        ProviderError: If a daemon can not be told; the notes stay then.
    """
    stale, kick = _whom(effects)
    await _drop(cluster, stale, kick)


async def catch_up(cluster: Cluster) -> None:
    """Have the daemons forget what a run that died has left to be forgotten.

    Raises:
        ProviderError: If a daemon can not be told; the notes stay then.
    """
    async with cluster.database.reading() as connection:
        row = await (await connection.execute(_KEEPS_NOTES, {"schema": cluster.names.ext})).fetchone()
        if row != (True,):  # nothing was ever written
            return
        rows = await (await connection.execute(cluster.names.said(_LEFT))).fetchall()
    await _drop(cluster, frozenset(user for user, _ in rows), frozenset(user for user, kick in rows if kick))


async def _drop(cluster: Cluster, stale: frozenset[str], kick: frozenset[str]) -> None:
    if not stale:
        return
    await cluster.send_away(sorted(stale), kick)
    async with cluster.database.writing() as connection:
        await connection.execute(cluster.names.said(_FORGET), {"users": sorted(stale)})


def _whom(effects: Sequence[Effect]) -> tuple[frozenset[str], frozenset[str]]:
    stale = frozenset(user for effect in effects for user in effect.stale)
    kick = frozenset(user for effect in effects for user in effect.kick)
    return stale | kick, kick
