"""Reading: one snapshot of the database, after a look at whether all is there that a plan would need."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import Booking, MailSettings, Oddity
from reconciler.providers.sogo.cluster import Cluster
from reconciler.providers.sogo.contents import NOTHING, Contents, contents
from reconciler.providers.sogo.database import Connection
from reconciler.providers.sogo.listing import Listing
from reconciler.providers.sogo.looking import Found, look
from reconciler.providers.sogo.oddities import oddities
from reconciler.providers.sogo.published import mail_settings
from reconciler.providers.sogo.settings import PublishedSettings


class SogoReader:
    """Reads one cluster."""

    def __init__(self, cluster: Cluster, capabilities: Capabilities, published: PublishedSettings) -> None:
        """Take the cluster; nothing is opened yet."""
        self._cluster, self._capabilities, self._published = cluster, capabilities, published
        self._oddities: tuple[Oddity, ...] = ()
        self._found: Found | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the cluster can do."""
        return self._capabilities

    async def read(self) -> Sequence[Live]:
        """Everything the cluster has, and a look at whether its daemons are there."""
        _, (lives, self._oddities), held = await asyncio.gather(
            self._cluster.check_daemons(), self._read(), contents(self._cluster)
        )
        return lives if held is None else [_with(live, held) for live in lives]

    async def look_up(self, kind: Kind, keys: Sequence[str]) -> Mapping[str, Live]:
        """The named resources as they are now."""
        async with self._cluster.database.reading() as connection:
            found = await self._look(connection)
            return await Listing(connection, self._cluster.names, found).named(kind, keys)

    async def oddities(self) -> Sequence[Oddity]:
        """What the last `read` found and could not express."""
        return self._oddities

    def mail_settings(self, domain: str) -> MailSettings:
        """What to publish for a domain, and how its users log in."""
        return mail_settings(self._published, domain)

    async def statement(self, team: str) -> Sequence[Booking]:
        """No bookings: there are no teams here."""
        del team
        return ()

    async def _look(self, connection: Connection) -> Found:
        """What the database has; what is complete is not looked at again."""
        if self._found is None or self._found.lack:
            self._found = await look(connection, self._cluster.names)
        return self._found

    async def _read(self) -> tuple[list[Live], tuple[Oddity, ...]]:
        async with self._cluster.database.reading() as connection:
            self._found = None
            found = await self._look(connection)
            listing = Listing(connection, self._cluster.names, found)
            lives = await listing.everything()
            return lives, await oddities(self._cluster, listing, found, lives)


def _with(live: Live, held: Mapping[str, Contents]) -> Live:
    """Add what SOGo has of a user to what is known of a mailbox (netcup/N13)."""
    if live.resource.kind is not Kind.MAILBOX:
        return live
    contacts, events = held.get(live.resource.key, NOTHING)
    return replace(live, facts={**live.facts, "contacts": contacts, "events": events})
