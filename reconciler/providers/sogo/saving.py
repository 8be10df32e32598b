"""Archives of mailboxes: all files of one, as they lie there, and what SOGo has of its user.

    mail.tar    the folder of the mailbox's files: messages with flags and dates, folders, subscriptions, sieve scripts
    sogo.plist  calendars, address books and settings, as sogo-tool writes and reads them, without the password's hash

Restoring adds: messages by Dovecot itself, which knows by its ids which ones are there already; scripts where there are
none; calendars and address books by sogo-tool, entry by entry.
"""

import asyncio
import contextlib
import posixpath
import tarfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import LiteralString

from reconciler.providers.archive.archivist import Restored
from reconciler.providers.archive.making import Draft, making
from reconciler.providers.archive.manifest import ArchiveError, Counts, Manifest, made_by
from reconciler.providers.reader import ProviderError
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.homes import agree
from reconciler.providers.sogo.plist import counted, renamed, without_password
from reconciler.providers.sogo.trouble import Trouble

TYPE = "sogo"
_END = bytes(1024)
_MAIL, _SOGO = "mail.tar", "sogo.plist"
_TRIES = 3  # while somebody works in the mailbox, its files move under tar's hands
_SIEVE, _ACTIVE = "sieve", ".dovecot.sieve"  # the folder of the scripts, and the link to the one that is at work

_MAILBOX: LiteralString = """
SELECT m.{mailbox_name}, m.{mailbox_quota}, s.path,
       COALESCE((SELECT u.messages FROM {ext}.usage u WHERE u.username = m.{mailbox_username}), 0)
FROM {mailbox} m
JOIN {ext}.storage s ON s.username = m.{mailbox_username} AND s.released IS NULL
WHERE m.{mailbox_username} = %(address)s
"""
_ALIASES: LiteralString = """
SELECT a.{alias_address} FROM {alias} a WHERE a.{alias_address} <> %(address)s
  AND %(address)s = ANY (string_to_array(replace(lower(a.{alias_goto}), ' ', ''), ',')) ORDER BY 1
"""


@dataclass(frozen=True)
class _Mailbox:
    owner: str
    quota: int
    home: str
    messages: int  # as Dovecot has counted them last
    aliases: tuple[str, ...]


class Saving:
    """Makes and restores archives of the mailboxes of one cluster."""

    def __init__(self, cluster: Cluster, *, closed: bool = False) -> None:
        """Take the cluster.

        Args:
            cluster: The cluster.
            closed: Whether it is about mailboxes that are closed already: Dovecot can not tell of those where they are.
        """
        self._cluster, self._host, self._closed = cluster, cluster.host, closed

    async def back_up(self, address: str, to: Path) -> Manifest:
        """Make an archive of a mailbox.

        Raises:
            ProviderError: If there is no such mailbox, or it can not be read, or nothing can be written there.
        """
        mailbox = await self._mailbox(address)
        await self._host.check()
        if not self._closed:
            await agree(self._cluster, address)
        with making(to) as draft:
            await self._save_files(address, mailbox, draft.folder / _MAIL)
            await self._save_groupware(address, draft.folder / _SOGO)
            return await asyncio.to_thread(_finished, draft, address, mailbox)

    async def restore(self, archive: Path, address: str) -> Restored:
        """Add what an archive holds to a mailbox that is there.

        Raises:
            ProviderError: If the archive is not one of this kind, or the mailbox is not there, or does not take it.
        """
        manifest = await asyncio.to_thread(made_by, TYPE, archive)
        await asyncio.to_thread(_hold_inside, archive / _MAIL)
        mailbox = await self._mailbox(address)
        await self._host.check()
        if not self._closed:
            await agree(self._cluster, address)
        await self._restore_files(archive / _MAIL, address, mailbox.home)
        await self._restore_groupware(archive / _SOGO, manifest.address, address)
        await self._cluster.cache.empty()
        return Restored(manifest.counts)

    async def _mailbox(self, address: str) -> _Mailbox:
        names, given = self._cluster.names, {"address": address}
        async with self._cluster.database.reading() as connection:
            row = await (await connection.execute(names.said(_MAILBOX), given)).fetchone()
            aliases = await (await connection.execute(names.said(_ALIASES), given)).fetchall()
        if row is None:
            raise ProviderError(
                f"{self._cluster.name} has no mailbox {address}", help="make it first: declare it, and reconciler apply"
            )
        owner, quota, path, messages = row
        return _Mailbox(owner, quota, self._host.home(path), messages, tuple(each for (each,) in aliases))

    async def _save_files(self, address: str, mailbox: _Mailbox, place: Path) -> None:
        home = mailbox.home
        if not await self._host.has(home):  # nobody ever wrote to it or logged in
            if mailbox.messages:
                raise _files_missing(address, mailbox)
            tarfile.open(place, "w").close()
            return
        for last in (*(False,) * (_TRIES - 1), True):
            try:
                await self._host.fetch(place, *self._host.as_mail, "tar", "--create", "--directory", home, ".")
            except Trouble:
                if last:
                    raise
            else:
                return

    async def _save_groupware(self, address: str, place: Path) -> None:
        async with self._exchange(self._host.as_sogo) as folder:
            tool = (*self._host.as_sogo, *self._host.sogo_tool)
            await self._host.run(*tool, "backup", folder, address)
            text = await self._host.run(*self._host.as_sogo, "cat", f"{folder}/{address}")
        await asyncio.to_thread(place.write_text, without_password(text), encoding="utf-8")

    async def _restore_files(self, mail: Path, address: str, home: str) -> None:
        host = self._host
        async with self._exchange(host.as_mail, host.storage) as folder:
            await host.send(mail, *host.as_mail, "tar", "--extract", "--directory", folder)
            source = host.mail.replace("{home}", folder)
            if await self._host.has(source.partition(":")[2]):
                await host.run(*host.doveadm, "sync", "-u", address, "-1", "-R", source)
            await self._restore_scripts(await asyncio.to_thread(_scripts, mail), folder, home)

    async def _restore_scripts(self, scripts: Sequence[str], folder: str, home: str) -> None:
        """Copy sieve scripts, and then what says which one is at work: nothing is whole without what it points to."""
        if scripts:
            await self._host.run(*self._host.as_mail, "mkdir", "-p", "-m", "0700", f"{home}/{_SIEVE}")
        for name in sorted(scripts, key=_ACTIVE.__eq__):
            await self._copy(f"{folder}/{name}", f"{home}/{name}")

    async def _copy(self, source: str, target: str) -> None:
        """Copy a sieve script unless there is one."""
        host = self._host
        if await self._host.has(source, "-e") and not await self._host.has(target, "-e"):
            await host.run(*host.as_mail, "cp", "-a", source, target)

    async def _restore_groupware(self, plist: Path, saved_as: str, address: str) -> None:
        host = self._host
        tool = (*host.as_sogo, *host.sogo_tool)
        # as bytes, for the lines of an entry end as SOGo has them
        text = (await asyncio.to_thread(plist.read_bytes)).decode()
        async with self._exchange(host.as_sogo) as folder:
            await host.tell(renamed(text, saved_as, address), *host.as_sogo, "tee", f"{folder}/{address}")
            await host.run(*tool, "restore", "-p", folder, address)
            await host.run(*tool, "restore", "-f", "ALL", folder, address)

    @contextlib.asynccontextmanager
    async def _exchange(self, as_user: Sequence[str], where: str | None = None) -> AsyncIterator[str]:
        """A folder on the host for what goes to and fro, and gone afterwards; nobody but that user can see into it."""
        place = (f"--tmpdir={where}",) if where else ("--tmpdir",)
        folder = (await self._host.run(*as_user, "mktemp", "--directory", *place, ".reconciler-XXXXXXXX")).strip()
        try:
            yield folder
        finally:
            await self._host.run(*as_user, "rm", "-rf", "--", folder)


def _files_missing(address: str, mailbox: _Mailbox) -> Trouble:
    return Trouble(
        f"there is no folder {mailbox.home}, though {address} has {mailbox.messages} messages by Dovecot's count",
        "home",
        id="groupware-host",
        help="see that the storage is mounted on the mail host, and that `host: {storage: …}` names it",
    )


def _finished(draft: Draft, address: str, mailbox: _Mailbox) -> Manifest:
    """Count what was saved, and make the archive one."""
    contacts, appointments = counted((draft.folder / _SOGO).read_text(encoding="utf-8"))
    messages, folders, scripts = _in_tar(draft.folder / _MAIL)
    return draft.finish(
        Manifest(
            address=address,
            provider=TYPE,
            owner=mailbox.owner,
            quota=mailbox.quota or None,
            aliases=mailbox.aliases,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            counts=Counts(messages, folders, contacts, appointments, scripts),
        )
    )


def _hold_inside(place: Path) -> None:
    """Hold the files of a mailbox to being its own: a link could bring in, or let out, what is another's.

    Raises:
        ArchiveError: If something is neither a file, a folder nor a link to one of them, or lies or leads elsewhere.
    """
    try:
        with tarfile.open(place) as tar:
            strange = next((member.name for member in tar if not _is_own(member)), None)
    except tarfile.TarError as error:
        raise ArchiveError(f"{place} can not be read: {error}") from None
    if strange is not None:
        raise ArchiveError(
            f"{place} holds '{strange}', which is no file of a mailbox or leads out of it",
            help=f"look what it is: tar --list --verbose --file {place}",
        )


def _is_own(member: tarfile.TarInfo) -> bool:
    """Whether this is a mailbox's own; what says which script is at work may lead out, and is then not restored."""
    name = normpath(member.name)
    plain = member.isfile() or member.isdir() or member.issym() or member.islnk()
    return plain and _is_inside(name) and (name == _ACTIVE or _stays(member))


def _stays(member: tarfile.TarInfo) -> bool:
    """Whether a file is one, or leads to one below the same folder."""
    start = posixpath.dirname(normpath(member.name)) if member.issym() else ""
    return _is_inside(normpath(posixpath.join(start, member.linkname)))


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and path.partition("/")[0] != ".."


def _scripts(place: Path) -> list[str]:
    """The sieve scripts of a mailbox's files, and what says which is at work, as paths below its home.

    That one is a link, which is worth nothing in another home where it leads out of its own.
    """
    with tarfile.open(place) as tar:
        paths = [PurePosixPath(member.name) for member in tar if _stays(member) and not member.isdir()]
    return [
        str(path)
        for path in paths
        if str(path) == _ACTIVE or (path.parent == PurePosixPath(_SIEVE) and path.suffix == ".sieve")
    ]


def _in_tar(place: Path) -> tuple[int, int, int]:
    """Messages, folders and sieve scripts of a mailbox's files, in Maildir or in Dovecot's own formats.

    Raises:
        ArchiveError: If the file is not whole.
    """
    messages = folders = scripts = 0
    try:
        if not _is_ended(place):
            raise tarfile.ReadError("its end is missing")
        with tarfile.open(place) as tar:
            for member in tar:
                path = PurePosixPath(member.name)
                if member.isfile() or member.islnk():  # a copy in another folder is a link to the same file
                    messages += path.parent.name in ("cur", "new")
                    scripts += path.suffix == ".sieve"
                folders += member.isdir() and path.name == "cur"
    except tarfile.TarError as error:
        raise ArchiveError(f"the files of the mailbox did not arrive whole: {error}") from None
    return messages, folders, scripts


def _is_ended(place: Path) -> bool:
    """Whether a tar file has its end, which no reader insists on: two blocks of zeros."""
    with place.open("rb") as file:
        file.seek(max(0, place.stat().st_size - len(_END)))
        return file.read() == _END
