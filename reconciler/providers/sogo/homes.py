"""Where Dovecot has the files of a mailbox, and whether that is where we would save and remove them.

As long as Dovecot does not read our views, it goes on with PostfixAdmin's folders: an archive of the folder that we
know would then be empty, and look as if there had been nothing. So Dovecot itself is asked.
"""

from pathlib import PurePosixPath
from typing import LiteralString

from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.trouble import Trouble

_PATHS: LiteralString = """
SELECT s.path, {old_path} FROM {mailbox} m
JOIN {ext}.storage s ON s.username = m.{mailbox_username} AND s.released IS NULL
WHERE m.{mailbox_username} = %(address)s
"""


async def agree(cluster: Cluster, address: str) -> None:
    """Find out whether Dovecot has the files of a mailbox where we have them.

    Where it knows nothing of the mailbox, as of one that is switched off, the disk tells: files in PostfixAdmin's
    folder, and none in ours.

    Raises:
        Trouble: If it has them elsewhere; nothing was changed.
    """
    async with cluster.database.reading() as connection:
        row = await (await connection.execute(cluster.names.said(_PATHS), {"address": address})).fetchone()
    if row is None:
        return
    ours, old = (cluster.host.home(path) for path in row)
    told = await cluster.doveadms[0].home(address)
    if told is None and not await cluster.host.has(ours) and await cluster.host.has(old):
        told = old
    if told is not None and PurePosixPath(told) != PurePosixPath(ours):
        raise Trouble(
            f"the files of {address} are at {told} for Dovecot, and at {ours} for reconciler",
            "home",
            id="groupware-host",
            help="have Dovecot read `groupware.login` (docs/providers/sogo-server.md), or mend `host: {storage: …}`",
        )
