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

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any, LiteralString

from reconciler.providers.archive.making import back_up_once, made_already
from reconciler.providers.archive.manifest import read_manifest
from reconciler.providers.reader import ProviderError
from reconciler.providers.sogo import statements
from reconciler.providers.sogo.clearing import clear
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

_NOTED: LiteralString = """
SELECT storage::text, path, ended FROM {ext}.leaving WHERE username = %(address)s ORDER BY ended DESC, began
"""
#: When the life of a mailbox began, and whether it was closed by a deletion and opened again since.
_LIFE: LiteralString = """
SELECT s.created, m.{mailbox_active} AND EXISTS (SELECT FROM {ext}.leaving v WHERE v.storage = s.id)
FROM {mailbox} m JOIN {ext}.storage s ON s.username = m.{mailbox_username} AND s.released IS NULL
WHERE m.{mailbox_username} = %(address)s
"""
#: Whoever has files in that folder, above it or below.
_SHARED: LiteralString = """
SELECT s.username FROM {ext}.storage s WHERE s.released IS NULL
  AND (s.path = %(path)s OR starts_with(s.path, %(path)s || '/') OR starts_with(%(path)s, s.path || '/'))
ORDER BY 1 LIMIT 1
"""
_SECONDS = len("2026-01-01T00:00:00")


@dataclass(frozen=True)
class _Note:
    """A deletion that has begun.

    Attributes:
        storage: Id of the mailbox's files.
        path: Theirs, below the storage.
        ended: Whether nothing but the files is left of it.
    """

    storage: str
    path: str
    ended: bool


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
        try:
            for note in await self._close(write, found):
                await self._go_on(write, note, found)
        except Refused as refused:
            return refused.failed
        except Trouble as trouble:
            # what is lasting is not tried again; the mailbox is still there, and shown
            return replace(trouble.failed, certain=trouble.certain or not trouble.transient)
        except ProviderError as error:
            return Failed(str(error), "backup", retryable=error.transient)
        return Done()

    async def _look(self, address: str) -> None:
        """Before anything is closed: can commands be run, and are the files where they are said to be?

        Raises:
            Trouble: If not.
        """
        await self._cluster.host.check()
        async with self._cluster.database.reading() as connection:
            begun = await self._noted(connection, address)
        if all(note.ended for note in begun):
            await agree(self._cluster, address)

    async def _go_on(self, write: Write, note: _Note, found: Found) -> None:
        if not note.ended:
            await drop(self._cluster, [_user(write.key)])
            if write.backup is not None:
                await self._save(write.key, note, write.backup)
            await clear(self._cluster, write.key)
            await self._end(write.key, note, found)
        await self._cluster.cache.empty()
        await self._remove(note)

    async def _close(self, write: Write, found: Found) -> Sequence[_Note]:
        """Shut a mailbox, unless an earlier run has, and note that it goes; return all that is noted of the address."""
        names, given = self._cluster.names, {"address": write.key}
        async with self._cluster.database.writing() as connection:
            ground = await read_ground(connection, names, found, [write])
            noted = await self._noted(connection, write.key)
            if noted and write.key not in ground.boxes:
                return noted
            may_leave(write.key, ground)
            await self._fits(connection, write)
            shut = (statements.LET_GO, statements.BEGIN_LEAVING, statements.CLOSE_MAILBOX, statements.CLOSE_ADDRESS)
            closing = [*(Statement(text, given) for text in shut), *remember([_user(write.key)])]
            await self._cluster.execute(connection, closing)
            noted = await self._noted(connection, write.key)
            if all(note.ended for note in noted):
                raise Refused("storage", f"nothing is known of where the files of {write.key} are")
            return noted

    async def _fits(self, connection: Connection, write: Write) -> None:
        """Refuse an archive that is there already and surely lacks mail.

        Raises:
            Refused: If it is of a former life of the address, or was made before somebody opened the mailbox again.
            ArchiveError: If what is there is no archive.
        """
        made = None if write.backup is None else await asyncio.to_thread(_made, write.backup)
        if made is None:
            return
        for born, opened in await self._ask(connection, _LIFE, address=write.key):
            said = f"the archive {write.backup} was made {made}"
            # as text in UTC, to the second: as the archive has it
            if made[:_SECONDS] < born.astimezone(UTC).isoformat()[:_SECONDS]:
                raise Refused("archive", f"{said}, before this mailbox {write.key} was; name another folder")
            if opened:
                raise Refused("archive", f"{said}, and {write.key} was switched on again since; name another folder")

    async def _noted(self, connection: Connection, address: str) -> Sequence[_Note]:
        return [_Note(*row) for row in await self._ask(connection, _NOTED, address=address)]

    async def _save(self, address: str, note: _Note, place: Path) -> None:
        """See that there is an archive of the life that ends, and of no other.

        Raises:
            Trouble: If somebody has removed the mailbox, or switched it on, since it was closed.
            ProviderError: If the archive can not be made.
        """
        if await self._is_closed(address, note):
            await back_up_once(self._saving, address, place)
            if await self._is_closed(address, note):
                return
        elif await asyncio.to_thread(made_already, address, place):
            return
        raise Trouble(
            f"somebody else has removed the mailbox {address}, or switched it on, while it was being deleted; its files"
            f" are still at {self._cluster.host.home(note.path)}",
            "meanwhile",
            id="groupware-leaving",
            help="save them by hand, and then write `backup: waived`",
        )

    async def _is_closed(self, address: str, note: _Note) -> bool:
        async with self._cluster.database.writing() as connection:
            rows = await self._ask(connection, statements.IS_LEAVING, address=address, storage=note.storage)
        return bool(rows and rows[0][0])

    async def _end(self, address: str, note: _Note, found: Found) -> None:
        """Remove the rows of a mailbox; one of the same address that somebody has made since then stays.

        Raises:
            Trouble: If somebody has switched it on, so that mail may have come since it was saved.
        """
        cleared = [text for table, text in statements.CLEAR_MAILBOX.items() if table in found.beside]
        given = {"address": address, "storage": note.storage}
        gone = (*cleared, statements.END_ADDRESS, statements.END_MAILBOX)
        async with self._cluster.database.writing() as connection:
            rows = await self._ask(connection, statements.IS_LEAVING, **given)
            if rows and not rows[0][0]:
                raise Trouble(
                    f"somebody has switched the mailbox {address} on while it was being deleted",
                    "meanwhile",
                    id="groupware-leaving",
                    help="plan again: what it holds now may be more than was saved",
                )
            texts = (*(gone if rows else ()), statements.NOTE_END)
            await self._cluster.execute(connection, [Statement(text, given) for text in texts])

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


def _user(address: str) -> Effect:
    """What daemons have to forget, and whose sessions end."""
    return Effect((), frozenset({address}), frozenset({address}))


def _made(place: Path) -> str | None:
    """When the archive that is at a place was made."""
    return read_manifest(place).made if os.path.lexists(place) else None
