"""What SOGo has of a user: removed with a mailbox, and before an address is given to somebody else."""

from collections.abc import Sequence
from typing import LiteralString

from reconciler.providers.sogo.cluster import Cluster

#: Addresses that had a life which ended behind our back: nobody has told SOGo.
_FORMER: LiteralString = """
SELECT DISTINCT s.username FROM {ext}.storage s
WHERE s.username = ANY (%(users)s::text[]) AND s.released IS NOT NULL
  AND NOT EXISTS (SELECT FROM {mailbox} m WHERE m.{mailbox_username} = s.username) ORDER BY 1
"""
_RIGHTS = "DELETE FROM sogo_acl WHERE c_uid = %s"


async def clear(cluster: Cluster, user: str) -> None:
    """Remove calendars, address books and settings; sogo-tool does so whether there are any or not.

    Rights that others gave the user go too, where SOGo's database is configured.

    Raises:
        Trouble: If that can not be done.
    """
    host = cluster.host
    await host.run(*host.as_sogo, *host.sogo_tool, "remove", user)
    if cluster.sogo_database is not None:
        async with cluster.sogo_database.writing() as connection:
            await connection.execute(_RIGHTS, (user,))


async def clear_former(cluster: Cluster, users: Sequence[str]) -> None:
    """Let whoever gets an address begin with nothing: a mailbox deleted in PostfixAdmin leaves all of it in SOGo.

    Args:
        cluster: The cluster.
        users: Addresses that are about to be made.

    Raises:
        Trouble: If that can not be done.
    """
    if not users:
        return
    async with cluster.database.reading() as connection:
        rows = await (await connection.execute(cluster.names.said(_FORMER), {"users": list(users)})).fetchall()
    for (user,) in rows:
        await clear(cluster, user)
    if rows:
        await cluster.cache.empty()
