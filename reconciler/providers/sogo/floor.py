"""The floor that every write stands on: what is missing in the database is made, with the first write and once."""

from psycopg import sql

from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.looking import Found, look
from reconciler.providers.sogo.schema import statements
from reconciler.providers.sogo.trouble import Trouble

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('reconciler groupware', 0))"


async def lay_floor(cluster: Cluster) -> Found:
    """Make what is missing, and return what there is then.

    Raises:
        Trouble: If the role lacks a privilege that any write needs, or the database can not be reached. Nothing was
            changed then.
    """
    async with cluster.database.writing() as connection:
        found = await look(connection, cluster.names)
        if found.grants:
            raise lacking(cluster, found)
        if not found.lack:
            return found
        await connection.execute(_ONE_AT_A_TIME)
        found = await look(connection, cluster.names)
        await _make(connection, cluster, found)
        return await look(connection, cluster.names)


def lacking(cluster: Cluster, found: Found) -> Trouble:
    """What to say where the role may not do what writes need."""
    return Trouble(
        f"nothing is written to {cluster.name}, as {found.lacking}",
        "privilege",
        id="groupware-privilege",
        help="as the tables' owner: " + " ".join(found.grants),
    )


async def _make(connection: Connection, cluster: Cluster, found: Found) -> None:
    for script in statements(cluster.names, found.lack):
        # without parameters, so that a script of several statements is one message
        await connection.execute(sql.Composed([script]))
