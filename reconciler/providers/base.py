"""What a provider is to the house: a class behind an entry point of the group `reconciler.providers`."""

from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import MailReader, ZoneReader
from reconciler.providers.writer import Writer, ZoneWriter


class Provider(Protocol):
    """A configured provider. Making one opens nothing; the first read does.

    Attributes:
        type_name: Its name in `providers: {NAME: {type: …}}`.
        summary: One line for people.
        settings_model: A pydantic model of its block less `type`; the configuration's JSON Schema includes it.
    """

    type_name: ClassVar[str]
    summary: ClassVar[str]
    settings_model: ClassVar[type[BaseModel]]

    def __init__(self, name: str, settings: BaseModel, base: Path) -> None:
        """Take the configured name, the validated settings, and the folder relative paths start at."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, known without a connection."""
        ...

    async def close(self) -> None:
        """Give back what it holds open."""
        ...


class MailProvider(Provider, Protocol):
    """A provider that hosts mail."""

    def reader(self) -> MailReader:
        """The way in for planning."""
        ...

    def writer(self) -> Writer:
        """The way in for apply."""
        ...


@runtime_checkable
class Examined(Protocol):
    """A provider that can look at what no plan needs, and what an apply may: for `doctor`."""

    async def examine(self) -> None:
        """Look, and change nothing.

        Raises:
            ProviderError: If something would go wrong.
        """
        ...


class ZoneProvider(Provider, Protocol):
    """A provider that hosts DNS zones."""

    def zone_reader(self) -> ZoneReader:
        """The way in for planning."""
        ...

    def zone_writer(self) -> ZoneWriter:
        """The way in for apply."""
        ...
