"""The embedded platform as a provider: what it can do, and the ways in, which are made when they are first needed.

`validate` asks for capabilities alone, and then loads neither SQLite nor asyncio.
"""

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from reconciler.model.kinds import Kind
from reconciler.providers.capabilities import Capabilities, TeamPolicy
from reconciler.providers.reader import MailReader
from reconciler.providers.sandbox.settings import SandboxSettings
from reconciler.providers.writer import Writer

if TYPE_CHECKING:
    from reconciler.providers.archive.archivist import Archivist
    from reconciler.providers.sandbox.access import Line
    from reconciler.providers.sandbox.platform import Platform

_FAST = 4, 256  # calls in flight, writes in a call: what suits a file
_SLOW = 8, 1  # with latency: what suits a platform over the network


def _capabilities(settings: SandboxSettings) -> Capabilities:
    concurrency, batch = _SLOW if settings.latency else _FAST
    rate = settings.rate_limit
    alias = frozenset({"to"}) if settings.alias_edit else frozenset[str]()
    return Capabilities(
        kinds=frozenset(Kind) - {Kind.RECORD},
        updatable={
            Kind.INSTANCE: frozenset({"storage"}),
            Kind.MAILBOX: frozenset({"owner", "quota", "password"}),
            Kind.ALIAS: alias,
            Kind.TEAM: frozenset({"plan"}),
            Kind.MEMBER: frozenset({"owner", "plan"}),
        },
        max_alias_targets=settings.alias_targets,
        costs_money=frozenset({Kind.INSTANCE}),
        loses_data=frozenset({Kind.INSTANCE, Kind.MAILBOX, Kind.TEAM, Kind.MEMBER}),
        smtputf8=settings.smtputf8,
        owned_domains=None if settings.domains is None else frozenset(settings.domains),
        team=_team_policy(settings),
        concurrency=settings.concurrency or concurrency,
        batch=settings.batch or batch,
        rate=None if rate is None else rate[0] / rate[1],
        consistency=settings.stale_reads,
        makes_backups=True,
    )


def _team_policy(settings: SandboxSettings) -> TeamPolicy:
    return TeamPolicy(
        plans={name: plan.storage for name, plan in settings.mail_plans().items()},
        excluded_plans=frozenset(settings.excluded_plans),
        initial_plan=settings.initial_plan,
        credentials=frozenset(settings.credentials),
        accounts=None if settings.accounts is None else frozenset(settings.accounts),
        acts_as=settings.login,
    )


class SandboxProvider:
    """The embedded platform, configured.

    Args:
        name: As configured.
        settings: The validated block.
        base: Folder at which relative paths start.
        clock: Gives seconds since the epoch; for tests.
    """

    type_name: ClassVar[str] = "sandbox"
    summary: ClassVar[str] = "an embedded platform in one file, with the rules of a groupware and a team platform"
    settings_model: ClassVar[type[BaseModel]] = SandboxSettings

    def __init__(self, name: str, settings: BaseModel, base: Path, clock: Callable[[], float] = time.time) -> None:
        """Open nothing yet."""
        assert isinstance(settings, SandboxSettings)
        self.name = name
        self.published = settings.published.published()
        self._settings = settings
        self._base = base
        self._clock = clock
        self._capabilities = _capabilities(settings)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._capabilities

    @cached_property
    def platform(self) -> "Platform":
        """The platform itself; its file is opened when it is first read or written."""
        from reconciler.providers.sandbox.platform import Platform

        return Platform(self._base / self._settings.path, self._settings.policy(self._base), self._clock)

    @cached_property
    def _line(self) -> "Line":
        from reconciler.providers.sandbox.access import Line

        return Line(self._settings)

    def reader(self) -> MailReader:
        """The way in for planning."""
        from reconciler.providers.sandbox.access import SandboxReader

        return SandboxReader(self.platform, self._line, self._capabilities, self.published)

    def writer(self) -> Writer:
        """The way in for apply."""
        from reconciler.providers.sandbox.access import SandboxWriter

        return SandboxWriter(self.platform, self._line)

    def archivist(self) -> "Archivist":
        """The way in for archives."""
        from reconciler.providers.sandbox.access import SandboxArchivist

        return SandboxArchivist(self.platform, self._line)

    async def close(self) -> None:
        """Close the file."""
        if "platform" in self.__dict__:
            self.platform.close()
