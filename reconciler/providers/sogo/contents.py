"""How many contacts and appointments SOGo has of each user: what a deletion would lose (netcup/N13)."""

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.trouble import Trouble

#: Whether SOGo is here at all, and whether it keeps the folders of all users together.
_THERE = """
SELECT to_regclass('sogo_folder_info') IS NOT NULL,
       to_regclass('sogo_quick_contact') IS NOT NULL AND to_regclass('sogo_quick_appointment') IS NOT NULL
"""
_COUNTS = """
SELECT f.c_path2, count(c.c_name), count(a.c_name) FROM sogo_folder_info f
LEFT JOIN sogo_quick_contact c ON c.c_folder_id = f.c_folder_id AND f.c_folder_type = 'Contact'
LEFT JOIN sogo_quick_appointment a ON a.c_folder_id = f.c_folder_id AND f.c_folder_type = 'Appointment'
GROUP BY 1
"""


class Contents(NamedTuple):
    """Contacts and appointments of one user."""

    contacts: int
    appointments: int


NOTHING = Contents(0, 0)


async def contents(cluster: Cluster) -> Mapping[str, Contents] | None:
    """Return what each user has who has anything; None where SOGo's database is not configured, or keeps users apart.

    Raises:
        Trouble: If it can not be read, or is not SOGo's.
    """
    if cluster.sogo_database is None:
        return None
    async with cluster.sogo_database.reading() as connection:
        row = await (await connection.execute(_THERE)).fetchone()
        assert row is not None
        here, together = row
        if not here:
            raise Trouble(
                f"`sogo_database` of {cluster.name} leads to a database without SOGo's table sogo_folder_info",
                "schema",
                id="groupware-schema",
                help="name the one of OCSFolderInfoURL in sogo.conf, or leave the setting out",
            )
        if not together:
            return None
        rows = await (await connection.execute(_COUNTS)).fetchall()
    return {user: Contents(contacts, appointments) for user, contacts, appointments in rows}
