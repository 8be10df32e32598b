"""Deleting a mailbox, in the order that loses nothing and lets nobody in (netcup/N12, N13).

    close    in one transaction: nobody logs in, mail is refused, and the deletion is noted with the path of its files
    send     sessions are ended, SOGo's cache forgets the user
    save     the archive, where the tombstone asks for one; nothing is destroyed before it is whole
    clear    SOGo's data: calendars, contacts, settings, rights that others gave
    end      in one transaction: the mailbox's rows; then SOGo's cache forgets where the calendars were
    remove   its files, and then the note

Each step may be done twice. A run that dies leaves the note; as long as it is there the mailbox is shown as it was, and
the next run that deletes it goes on with the same steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, LiteralString

from reconciler.providers.archive.making import back_up_once
from reconciler.providers.reader import ProviderError
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.ground import read_ground
from reconciler.providers.sogo.homes import agree
from reconciler.providers.sogo.judge import Effect, Refused, Statement, may_leave
from reconciler.providers.sogo.looking import Found
from reconciler.providers.sogo.saving import Saving
from reconciler.providers.sogo.stale import drop, remember
from reconciler.providers.sogo.trouble import Trouble
from reconciler.providers.writer import Done, Failed, Outcome, Write

_NOTED: LiteralString = (
    "SELECT storage::text, path FROM {ext}.leaving WHERE username = %(address)s ORDER BY began LIMIT 1"
)
_THERE: LiteralString = "SELECT count(*) FROM {mailbox} WHERE {mailbox_username} = %(address)s"
#: Whoever else has files in that folder, above it or below.
_SHARED: LiteralString = """
SELECT s.username FROM {ext}.storage s WHERE s.released IS NULL AND s.id <> %(storage)s
  AND (s.path = %(path)s OR starts_with(s.path, %(path)s || '/') OR starts_with(%(path)s, s.path || '/'))
ORDER BY 1 LIMIT 1
"""
_RIGHTS = "DELETE FROM sogo_acl WHERE c_uid = %s"


@dataclass(frozen=True)
class _Note:
    """A deletion that has begun: the id of the mailbox's files, and their path below the storage."""

    storage: str
    path: str


class Leaving:
    """Deletes mailboxes of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        """Take the cluster."""
        self._cluster = cluster
        self._saving = Saving(cluster, closed=True)

    async def leave(self, write: Write, found: Found) -> Outcome:
        """Delete a mailbox, or go on with its deletion.

        Args:
            write: The deletion, with the archive that is made first.
            found: What the database has.
        """
        try:
            await self._look(write.key)
        except Trouble as trouble:
            return replace(trouble.failed, certain=True)
        begun = False
        try:
            note = await self._close(write, found)
            begun = True
            await self._go_on(write.key, note, write.backup, found)
        except Refused as refused:
            return refused.failed
        except Trouble as trouble:
            return trouble.failed if not begun else replace(trouble.failed, certain=False)
        except ProviderError as error:
            return Failed(str(error), "backup", retryable=error.transient, certain=not begun)
        return Done()

    async def _look(self, address: str) -> None:
        """Before anything is closed: can commands be run, and are the files where they are said to be?

        Raises:
            Trouble: If not.
        """
        await self._cluster.host.check()
        async with self._cluster.database.reading() as connection:
            begun = await self._noted(connection, address)
        if begun is None:
            await agree(self._cluster, address)

    async def _go_on(self, address: str, note: _Note, backup: Path | None, found: Found) -> None:
        who = Effect((), frozenset({address}), frozenset({address}))
        await drop(self._cluster, [who])
        if backup is not None and await self._is_there(address):
            await back_up_once(self._saving, address, backup)
        await self._clear(address)
        await self._end(address, note, found)
        await self._cluster.cache.empty()
        await self._remove(note)

    async def _close(self, write: Write, found: Found) -> _Note:
        """Shut a mailbox, unless an earlier run has, and note that it goes."""
        names, given = self._cluster.names, {"address": write.key}
        async with self._cluster.database.writing() as connection:
            ground = await read_ground(connection, names, found, [write])
            noted = await self._noted(connection, write.key)
            if noted is not None and write.key not in ground.boxes:
                return noted
            may_leave(write.key, ground)
            shut = (statements.BEGIN_LEAVING, statements.CLOSE_MAILBOX, statements.CLOSE_ADDRESS)
            who = Effect((), frozenset({write.key}), frozenset({write.key}))
            await self._cluster.execute(connection, [*(Statement(text, given) for text in shut), *remember([who])])
            noted = await self._noted(connection, write.key)
            if noted is None:
                raise Refused("storage", f"nothing is known of where the files of {write.key} are")
            return noted

    async def _noted(self, connection: Connection, address: str) -> _Note | None:
        rows = await self._ask(connection, _NOTED, address=address)
        return _Note(*rows[0]) if rows else None

    async def _is_there(self, address: str) -> bool:
        async with self._cluster.database.reading() as connection:
            return bool((await self._ask(connection, _THERE, address=address))[0][0])

    async def _clear(self, address: str) -> None:
        """Remove what SOGo has of a user; sogo-tool does so whether there is anything or not."""
        host = self._cluster.host
        await host.run(*host.as_sogo, *host.sogo_tool, "remove", address)
        if self._cluster.sogo_database is not None:
            async with self._cluster.sogo_database.writing() as connection:
                await connection.execute(_RIGHTS, (address,))

    async def _end(self, address: str, note: _Note, found: Found) -> None:
        """Remove the rows of a mailbox; one of the same address that somebody has made since then stays."""
        cleared = [text for table, text in statements.CLEAR_MAILBOX.items() if table in found.beside]
        given = {"address": address, "storage": note.storage}
        gone = (*cleared, statements.END_ADDRESS, statements.END_MAILBOX)
        async with self._cluster.database.writing() as connection:
            if await self._ask(connection, statements.IS_LEAVING, **given):
                await self._cluster.execute(connection, [Statement(text, given) for text in gone])

    async def _remove(self, note: _Note) -> None:
        """Remove the files of a mailbox that is gone, and then the note of its deletion."""
        given = {"storage": note.storage, "path": note.path}
        async with self._cluster.database.reading() as connection:
            shared = await self._ask(connection, _SHARED, **given)
        if shared:
            raise Trouble(
                f"the files below {note.path} are those of {shared[0][0]} as well, and stay",
                "shared-storage",
                id="groupware-host",
                help="move them apart by hand, and delete the mailbox again",
            )
        host = self._cluster.host
        await host.run(*host.as_mail, "rm", "-rf", "--", host.home(note.path))
        async with self._cluster.database.writing() as connection:
            texts = (statements.END_STORAGE, statements.END_LEAVING)
            await self._cluster.execute(connection, [Statement(text, given) for text in texts])

    async def _ask(self, connection: Connection, question: LiteralString, **given: object) -> Sequence[tuple[Any, ...]]:
        return await (await connection.execute(self._cluster.names.said(question), given)).fetchall()
