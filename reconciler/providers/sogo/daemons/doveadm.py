"""Dovecot by its doveadm HTTP API: sessions are ended, caches emptied.

Source: https://doc.dovecot.org/2.3/admin_manual/doveadm_http_api/ and the answers of a real Dovecot.
"""

import asyncio
import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import orjson

from reconciler.providers.sogo.trouble import Trouble

if TYPE_CHECKING:
    import urllib3

#: Name and parameters of an order.
Order: TypeAlias = tuple[str, Mapping[str, object]]

_PATH = "/doveadm/v1"
_OK = 200
_UNAUTHORIZED = 401
_NOBODY = frozenset({67, 68})  # no such user; nobody by that name was logged in


class Doveadm:
    """One Dovecot; several threads may use it at once."""

    def __init__(self, url: str, key: Callable[[], str], timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            url: Where it listens.
            key: Looks the API key up; called with the first order.
            timeout: Seconds to wait for an answer.
        """
        self._url, self._key, self._timeout = url, key, timeout
        self._pool: urllib3.PoolManager | None = None

    async def check(self) -> None:
        """Find out whether it is there and takes our key.

        Raises:
            Trouble: If not.
        """
        await self.give([("penalty", {})])

    async def kick(self, users: Iterable[str]) -> None:
        """End the sessions of some users, and forget what its cache holds of them.

        Raises:
            Trouble: If it can not be told.
        """
        orders: list[Order] = []
        for user in users:
            orders += [("authCacheFlush", {"user": [user]}), ("kick", {"mask": [user]})]
        if orders:
            await self.give(orders)

    async def home(self, user: str) -> str | None:
        """The folder of a user's files, None where it knows no such user.

        Raises:
            Trouble: If it can not be asked.
        """
        (answer,) = await self.give([("user", {"userMask": [user]})])
        found = answer.get(user) if isinstance(answer, dict) else None
        home = found.get("home") if isinstance(found, dict) else None
        return home if isinstance(home, str) else None

    async def give(self, orders: Sequence[Order]) -> Sequence[object]:
        """Give orders, in one request, and return what is answered to each; None to one about nobody it knows.

        Raises:
            Trouble: If it can not be reached, does not take the key, or can not do one of them.
        """
        return await asyncio.to_thread(self._give, orders)

    def close(self) -> None:
        """Close the connections; the next order opens one again."""
        if self._pool is not None:
            self._pool.clear()

    def _give(self, orders: Sequence[Order]) -> Sequence[object]:
        import urllib3

        body = orjson.dumps([[name, parameters, name] for name, parameters in orders])
        token = base64.b64encode(self._key().encode()).decode()
        if self._pool is None:
            self._pool = urllib3.PoolManager()
        try:
            answer = self._pool.request(
                "POST",
                self._url + _PATH,
                body=body,
                headers={"Authorization": f"X-Dovecot-API {token}", "Content-Type": "application/json"},
                redirect=False,
                retries=False,
                timeout=self._timeout,
            )
        except urllib3.exceptions.ReadTimeoutError:
            raise self._trouble(
                f"did not answer within {self._timeout:g} s", "it gives no answer to a wrong key"
            ) from None
        except urllib3.exceptions.HTTPError as error:
            reason = str(error).rpartition(": ")[2].rpartition("] ")[2] or type(error).__name__
            raise self._trouble(f"can not be reached: {reason}") from None
        if answer.status == _UNAUTHORIZED:
            raise self._trouble("does not take our key")
        if answer.status != _OK:
            raise self._trouble(f"answered with status {answer.status}")
        try:
            answers = orjson.loads(answer.data)
        except orjson.JSONDecodeError:
            raise self._trouble("gave an answer that is no JSON: something else listens there") from None
        for sort, told, name in answers:
            if sort != "doveadmResponse" and told.get("exitCode") not in _NOBODY:
                raise self._trouble(f"can not do `{name}`: {told.get('type')} {told.get('exitCode', '')}".rstrip())
        return [told if sort == "doveadmResponse" else None for sort, told, _ in answers]

    def _trouble(self, said: str, why: str = "") -> Trouble:
        return Trouble(
            f"doveadm at {self._url} {said}{f' ({why})' if why else ''}",
            "doveadm",
            id="groupware-daemon",
            help="check `doveadm: {url: …, key: …}` of the provider, and `doveadm_api_key` of Dovecot",
            transient=True,
            certain=False,
        )
