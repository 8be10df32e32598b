"""The cluster as reader, writer and archivist share it: its database, its daemons, its names, its policy."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.providers.reader import ProviderError
from reconciler.providers.sogo.columns import COLUMNS
from reconciler.providers.sogo.daemons.doveadm import Doveadm
from reconciler.providers.sogo.daemons.host import Host
from reconciler.providers.sogo.daemons.memcached import Cache
from reconciler.providers.sogo.database import Connection, Database
from reconciler.providers.sogo.hashing import Hasher
from reconciler.providers.sogo.judge import Policy, Statement
from reconciler.providers.sogo.names import Names, Table
from reconciler.providers.sogo.settings import SogoSettings, TableSettings
from reconciler.secrets import SecretError, look_up
from reconciler.secrets.settings import SecretSetting


@dataclass(frozen=True)
class Cluster:
    """Everything that a configured provider of type `sogo` speaks to.

    Attributes:
        name: As configured.
        database: With the mailboxes.
        sogo_database: With SOGo's own tables, where its DSN is known.
        cache: SOGo's.
        doveadms: Dovecot's interfaces.
        host: Where commands run.
        hasher: Makes hashes of passwords.
        names: What tables and columns are called.
        policy: What is allowed here.
    """

    name: str
    database: Database
    sogo_database: Database | None
    cache: Cache
    doveadms: tuple[Doveadm, ...]
    host: Host
    hasher: Hasher
    names: Names
    policy: Policy

    async def check_daemons(self) -> None:
        """Find out whether cache and Dovecot are there, all of them.

        Raises:
            ProviderError: If one is not; `also` has the others.
        """
        checks = [self.cache.check(), *(each.check() for each in self.doveadms)]
        found = await asyncio.gather(*checks, return_exceptions=True)
        troubles = [each for each in found if isinstance(each, ProviderError)]
        unforeseen = next((each for each in found if isinstance(each, BaseException) and each not in troubles), None)
        if unforeseen is not None:
            raise unforeseen
        if troubles:
            first, *others = troubles
            first.also = tuple(others)
            raise first

    async def send_away(self, users: Iterable[str], kick: Iterable[str] = ()) -> None:
        """Have SOGo forget what it holds of users, and end the sessions of some.

        Raises:
            Trouble: If a daemon can not be told; others may have been.
        """
        await self.cache.drop(users)
        gone = sorted(kick)
        if gone:
            await asyncio.gather(*(each.kick(gone) for each in self.doveadms))

    async def execute(self, connection: Connection, statements: Sequence[Statement]) -> None:
        """Carry out statements that answer nothing, without waiting for each."""
        async with connection.pipeline():
            for statement in statements:
                await connection.execute(self.names.said(statement.text), statement.values)

    async def close(self) -> None:
        """Give back what is held open."""
        await self.database.close()
        if self.sogo_database is not None:
            await self.sogo_database.close()
        for each in self.doveadms:
            each.close()


def cluster_of(name: str, settings: SogoSettings, base: Path) -> Cluster:
    """Make the cluster of a configured block; nothing is opened yet.

    Args:
        name: As configured.
        settings: The block.
        base: Folder that relative paths start at.
    """
    host = settings.host
    secret = _Secrets(name, base)
    sogo = settings.sogo_database
    return Cluster(
        name=name,
        database=Database(f"the database of {name}", secret.of(settings.database, "database"), settings.timeout),
        sogo_database=None
        if sogo is None
        else Database(f"SOGo's database of {name}", secret.of(sogo, "sogo_database"), settings.timeout),
        cache=Cache(settings.memcached, settings.timeout),
        doveadms=tuple(
            Doveadm(each.url, secret.of(each.key, "doveadm"), settings.timeout) for each in settings.doveadm
        ),
        host=Host(
            storage=host.storage.rstrip("/"),
            ssh=host.ssh,
            ssh_options=host.ssh_options,
            as_sogo=host.as_sogo,
            as_mail=host.as_mail,
            sogo_tool=host.sogo_tool,
            doveadm=host.doveadm,
            mail=host.mail,
        ),
        hasher=Hasher(settings.passwords.scheme, settings.passwords.rounds),
        names=names_of(settings),
        policy=Policy(
            domains=None if settings.domains is None else frozenset(settings.domains),
            alias_targets=settings.alias_targets,
            external_targets=settings.external_targets,
            default_instance=settings.default_instance,
        ),
    )


def names_of(settings: SogoSettings) -> Names:
    """What tables, columns and roles are called in a configured block."""
    given: dict[str, TableSettings] = {name: getattr(settings.tables, name) for name in COLUMNS}
    return Names(
        ext=settings.schema_,
        tables={name: _table(name, each) for name, each in given.items()},
        default_instance=settings.default_instance,
        daemons=settings.roles.daemons,
        sogo=settings.roles.sogo,
    )


def _table(name: str, given: TableSettings) -> Table:
    called = {column: given.columns.get(column, column) for column in COLUMNS[name]}
    there = {column: each for column, each in called.items() if each is not None}
    return Table(given.table or name, there, given.schema_)


@dataclass(frozen=True)
class _Secrets:
    name: str
    base: Path

    def of(self, setting: SecretSetting, where: str) -> Callable[[], str]:
        """Return what looks a secret up when it is needed."""
        ref = setting.ref(self.base)

        def found() -> str:
            try:
                return look_up(ref).reveal()
            except SecretError as error:
                raise ProviderError(f"`{where}` of the provider '{self.name}' can not be had: {error}") from None

        return found
