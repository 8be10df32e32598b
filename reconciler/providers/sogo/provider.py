"""A groupware cluster as a provider: what it can do, and the ways in, which are made when they are first needed.

`validate` asks for capabilities alone, and then loads no driver of a database.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from reconciler.model.kinds import Kind
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import MailReader, ProviderError
from reconciler.providers.sogo.settings import SogoSettings
from reconciler.providers.writer import Writer

if TYPE_CHECKING:
    from reconciler.providers.archive.archivist import Archivist
    from reconciler.providers.sogo.cluster import Cluster

_BATCH, _CONCURRENCY = 64, 4


def _capabilities(settings: SogoSettings) -> Capabilities:
    instance = frozenset({Kind.INSTANCE})
    return Capabilities(
        kinds=frozenset({Kind.INSTANCE, Kind.DOMAIN, Kind.MAILBOX, Kind.ALIAS}),
        updatable={
            Kind.INSTANCE: frozenset({"storage"}),
            Kind.MAILBOX: frozenset({"owner", "quota", "password", "login"}),
            Kind.ALIAS: frozenset({"to", "send_as"}),
        },
        max_alias_targets=settings.alias_targets,
        external_alias_targets=settings.external_targets,
        costs_money=instance if settings.billed else frozenset(),
        loses_data=frozenset({Kind.INSTANCE, Kind.MAILBOX}),
        owned_domains=None if settings.domains is None else frozenset(settings.domains),
        concurrency=_CONCURRENCY,
        batch=_BATCH,
        extras=frozenset({"login", "send_as", "catch_all"}),
        least_quota=1,
        makes_backups=True,
    )


class SogoProvider:
    """Postfix, Dovecot and SOGo over a PostgreSQL database, with PostfixAdmin's tables."""

    type_name: ClassVar[str] = "sogo"
    summary: ClassVar[str] = "a groupware cluster of one's own: Postfix, Dovecot and SOGo over PostgreSQL"
    settings_model: ClassVar[type[BaseModel]] = SogoSettings

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:
        """Take the configured name, the settings, and the folder relative paths start at."""
        assert isinstance(settings, SogoSettings)
        self._name, self._settings, self._base = name, settings, base
        self._capabilities = _capabilities(settings)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    @cached_property
    def _cluster(self) -> "Cluster":
        try:
            from reconciler.providers.sogo.cluster import cluster_of
        except ImportError as error:
            raise ProviderError(
                f"the provider '{self._name}' needs the library {error.name}, which is not installed",
                help="pip install 'reconciler[sogo]'",
            ) from None
        return cluster_of(self._name, self._settings, self._base)

    def reader(self) -> MailReader:
        """The way in for planning."""
        cluster = self._cluster
        from reconciler.providers.sogo.reader import SogoReader

        return SogoReader(cluster, self._capabilities, self._settings.published)

    def writer(self) -> Writer:
        """The way in for apply."""
        cluster = self._cluster
        from reconciler.providers.sogo.writer import SogoWriter

        return SogoWriter(cluster)

    def archivist(self) -> "Archivist":
        """The way in for archives."""
        cluster = self._cluster
        from reconciler.providers.sogo.saving import Saving

        return Saving(cluster)

    async def examine(self) -> None:
        """Find out whether the commands on the mail host can be run.

        Raises:
            ProviderError: If one can not.
        """
        await self._cluster.host.examine()

    async def catch_up(self) -> None:
        """Have the daemons forget what changes have made untrue that a run before could not tell them of.

        Raises:
            ProviderError: If one can not be told.
        """
        cluster = self._cluster
        from reconciler.providers.sogo.stale import catch_up

        await catch_up(cluster)

    async def close(self) -> None:
        """Close the connections."""
        if "_cluster" in self.__dict__:
            await self._cluster.close()
