"""One request: sent once, never followed elsewhere, and its failure told apart by what may have happened.

Whether to try again is for those above to say, who know what a request does.
"""

import base64
import contextlib
import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from reconciler import __version__
from reconciler.state.places.http import problems
from reconciler.state.places.register.protocol import Uncertain

if TYPE_CHECKING:
    import urllib3

#: Says how a request is to be allowed; looked up when the first is made.
Credentials = Callable[[], Mapping[str, str]]
_GONE = (404, 410)
_BUSY = (408, 425, 429)
_SERVER = 500
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status and body."""

    status: int
    body: bytes

    @property
    def good(self) -> bool:
        """Whether the request took effect."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 §15.3

    @property
    def passing(self) -> bool:
        """Whether the server failed or was too busy, and may answer otherwise the next time."""
        return self.status >= _SERVER or self.status in _BUSY


class NeverSent(Uncertain):
    """No connection: the request surely took no effect."""


def basic(username: str, password: str) -> str:
    """Return the value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class Client:
    """Requests to one server over connections that are kept; two threads may use it at once."""

    def __init__(self, where: str, credentials: Credentials, timeout: float, tls: ssl.SSLContext | None) -> None:
        """Connect nowhere yet.

        Args:
            where: The state's address, for messages.
            credentials: The headers that say who asks.
            timeout: Seconds to wait for a connection, and for each piece of an answer.
            tls: What certificates are trusted; None for those the system trusts.
        """
        self._where = where
        self._credentials = credentials
        self._timeout = timeout
        self._tls = tls
        self._headers: Mapping[str, str] | None = None
        self._pool: urllib3.PoolManager | None = None

    def send(self, method: str, url: str, body: bytes | None = None) -> Reply:
        """Make a request; every answer is one, whatever its status.

        Raises:
            NeverSent: If no connection came about.
            Uncertain: If no answer came back, or not all of it.
            BackendError: If the server's certificate is refused.
            Problem: If the credentials can not be had.
        """
        import urllib3

        headers = dict(self._allowed())
        if body is not None:
            # Terraform sends both, and a server may check the digest
            headers["Content-Type"] = "application/json"
            headers["Content-MD5"] = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        try:
            answer = self._connections().request(
                method, url, body=body, headers=headers, redirect=False, retries=False, timeout=self._timeout
            )
        except urllib3.exceptions.HTTPError as error:
            self._failed(error)
        reply = Reply(answer.status, answer.data)
        if method == "GET" and reply.good and not reply.body and not _ends(answer):
            # it would be read as "there is no state", and may be the beginning of an answer that there is one
            raise Uncertain(problems.unreachable(self._where, "the answer breaks off"))
        return reply

    def close(self) -> None:
        """Close the connections; the next request opens one again."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def _allowed(self) -> Mapping[str, str]:
        if self._headers is None:
            self._headers = {"User-Agent": f"reconciler/{__version__}", **self._credentials()}
        return self._headers

    def _connections(self) -> "urllib3.PoolManager":
        import urllib3

        if self._pool is None:
            self._pool = urllib3.PoolManager(ssl_context=self._tls)
        return self._pool

    def _failed(self, error: "urllib3.exceptions.HTTPError") -> NoReturn:
        from urllib3 import exceptions as kinds

        match error:
            case kinds.SSLError():
                raise problems.tls(self._where, _reason(error)) from None
            case kinds.NewConnectionError():  # a ConnectTimeoutError by birth
                raise NeverSent(problems.unreachable(self._where, _reason(error))) from None
            case kinds.ConnectTimeoutError():
                raise NeverSent(problems.timed_out(self._where, self._timeout)) from None
            case kinds.TimeoutError():
                raise Uncertain(problems.timed_out(self._where, self._timeout)) from None
        raise Uncertain(problems.unreachable(self._where, _reason(error))) from None


def _reason(error: BaseException) -> str:
    """Return the sentence at the bottom of an error: the ones above it hold addresses of objects."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    with contextlib.suppress(IndexError, TypeError):
        return str(cause.args[0])
    return type(cause).__name__


def refuse(where: str, reply: Reply, size: int = 0) -> NoReturn:
    """Raise what an answer means that is not a good one.

    Args:
        where: The state's address.
        reply: The answer.
        size: Bytes of the body that was sent.

    Raises:
        Uncertain: If the server may answer otherwise the next time.
        BackendError: If it will not.
    """
    match reply.status:
        case 401:
            raise problems.credentials(where)
        case 403:
            raise problems.forbidden(where)
        case 413:
            raise problems.too_large(where, size)
        case status if status in _GONE:
            raise problems.missing(where)
        case status if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110 §15.4
            raise problems.redirected(where, status)
        case status if reply.passing:
            raise Uncertain(problems.status(where, status))
        case status:
            raise problems.unexpected(where, status)


def _ends(answer: "urllib3.BaseHTTPResponse") -> bool:
    """Whether an answer says where it ends (RFC 9112 §6.3); if not, one that was cut looks like a whole one."""
    marks = ("Content-Length", "Transfer-Encoding")
    return answer.status == _NO_CONTENT or any(name in answer.headers for name in marks)
