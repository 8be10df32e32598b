"""SOGo's cache: what it holds of a user is dropped, so that the next question goes to the database.

SOGo keeps a user's record, with the digest of the password that was last right, for some minutes under the key
`USER+attributes`. Until that is gone, CalDAV and CardDAV go on with an old password and refuse a new one.
"""

import asyncio
from collections.abc import Iterable, Sequence

from reconciler.providers.sogo.trouble import Trouble

_KEY = "{}+attributes"
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
        keys = [_KEY.format(user) for user in users]
        await asyncio.gather(*(asyncio.to_thread(self._drop, place, keys) for place in self._places))

    def _drop(self, place: str, keys: Sequence[str]) -> None:
        from pymemcache import Client, MemcacheError

        client = Client(_server(place), connect_timeout=self._timeout, timeout=self._timeout, allow_unicode_keys=True)
        try:
            client.version()
            client.delete_many(keys, noreply=False)
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


def _server(place: str) -> str | tuple[str, int]:
    if place.startswith("/"):
        return f"unix:{place}"
    host, colon, port = place.rpartition(":")
    return (host.strip("[]"), int(port)) if colon else (place, _PORT)
