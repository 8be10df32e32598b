"""Providers of a real cluster: the one its daemons read, or one with a database of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from reconciler.providers.sogo import SogoProvider
from reconciler.providers.sogo.settings import SogoSettings
from tests.servers.cluster import Cluster

T = TypeVar("T")


def block(cluster: Cluster, **more: object) -> dict[str, Any]:
    """The provider's block, with settings replaced or added."""
    return {name: value for name, value in {**cluster.provider, **more}.items() if name != "type"}


def provider_of(cluster: Cluster, dsn: str | None = None, **more: object) -> SogoProvider:
    """A provider of a cluster.

    Args:
        cluster: The cluster, whose secrets are in the environment.
        dsn: Another database than the one its daemons read.
        more: Settings that are replaced or added.
    """
    if dsn is not None:
        more["database"] = {"command": ["printf", "%s", dsn]}
    return SogoProvider("groupware", SogoSettings.model_validate(block(cluster, **more)), Path("/"))


def with_provider(
    cluster: Cluster, work: Callable[[SogoProvider], Awaitable[T]], dsn: str | None = None, **more: object
) -> T:
    """Do some work with a provider, and close it."""

    async def run() -> T:
        provider = provider_of(cluster, dsn, **more)
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(run())


def in_environment(monkeypatch: Any, secrets: Mapping[str, str]) -> None:
    """Put the secrets of a cluster where its provider looks for them."""
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
