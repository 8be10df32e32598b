"""SOGo's cache: what it holds of a user is dropped, so that the next question goes to the database.

SOGo keeps a user's record, with the digest of the password that was last right, for some minutes under the key
`USER+attributes`. Until that is gone, CalDAV and CardDAV go on with an old password and refuse a new one.

It keeps more under other keys: settings, and where each calendar and address book lies, by its path. Who gets an
address anew would have the settings of whoever had it before, and write into a calendar that is no more; so where a
life of an address ends, or one is given back what it had, all of the cache goes. It is only a cache.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from reconciler.providers.sogo.trouble import Trouble

if TYPE_CHECKING:
    from pymemcache import Client

_KEY = "{}+attributes"
_LONGEST_KEY = 250  # bytes
_PORT = 11211
_LONGEST = 5.0  # seconds: a cache that takes longer is none


class Cache:
    """SOGo's memcached, one or several."""

    def __init__(self, places: Sequence[str], timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            places: `host:port`, or the path of a socket, of each.
            timeout: Seconds to wait for an answer.
        """
        self._places, self._timeout = tuple(places), min(timeout, _LONGEST)

    async def check(self) -> None:
        """Find out whether all are there.

        Raises:
            Trouble: If one is not.
        """
        await self.drop(())

    async def drop(self, users: Iterable[str]) -> None:
        """Drop what is held of some users, everywhere; what is not held is as good as dropped.

        Raises:
            Trouble: If one of the caches does not answer; others may have done it.
        """
        keys = [key for key in map(_KEY.format, users) if _possible(key)]
        await self._everywhere(lambda client: client.delete_many(keys, noreply=False))

    async def empty(self) -> None:
        """Drop everything, everywhere.

        Raises:
            Trouble: If one of the caches does not answer; others may have done it.
        """
        await self._everywhere(lambda client: client.flush_all(noreply=False))

    async def _everywhere(self, act: Callable[["Client"], object]) -> None:
        await asyncio.gather(*(asyncio.to_thread(self._at, place, act) for place in self._places))

    def _at(self, place: str, act: Callable[["Client"], object]) -> None:
        from pymemcache import Client, MemcacheError

        client = Client(_server(place), connect_timeout=self._timeout, timeout=self._timeout, allow_unicode_keys=True)
        try:
            client.version()
            act(client)
        except (OSError, MemcacheError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise Trouble(
                f"SOGo's memcached at {place} can not be reached: {reason}",
                "memcached",
                id="groupware-daemon",
                help="check `memcached:` of the provider; without it an old password lives on in calendars",
                transient=True,
                certain=False,
            ) from None
        finally:
            client.close()


def _possible(key: str) -> bool:
    """Whether a cache can have a key at all: of a user with any other SOGo keeps nothing there."""
    data = key.encode()
    return len(data) <= _LONGEST_KEY and not any(byte <= ord(" ") or byte == 0x7F for byte in data)  # noqa: PLR2004


def _server(place: str) -> str | tuple[str, int]:
    if place.startswith("/"):
        return f"unix:{place}"
    host, colon, port = place.rpartition(":")
    return (host.strip("[]"), int(port)) if colon else (place, _PORT)
