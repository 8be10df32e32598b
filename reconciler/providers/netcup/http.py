"""One HTTP request: sent once, never followed elsewhere, its failure told apart by what may have happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler import __version__
from reconciler.providers.netcup.trouble import Trouble

if TYPE_CHECKING:
    import urllib3

_SERVER = 500
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, body, and the seconds to wait where the server names them."""

    status: int
    body: bytes = field(repr=False)
    retry_after: float | None = None


class Sender:
    """Requests over connections that are kept; several threads may use it at once."""

    def __init__(self, address: str, timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            address: Of the interface; messages name its host alone.
            timeout: Seconds to wait for a connection, and for each piece of an answer.
        """
        self._address = address
        self._timeout = timeout
        self._pool: urllib3.PoolManager | None = None

    @property
    def host(self) -> str:
        """The server's name, for messages."""
        return urlsplit(self._address).netloc.rpartition("@")[2] or self._address

    def send(
        self, method: str, path: str = "", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Make a request; every answer is one, whatever its status.

        Raises:
            Trouble: If no answer came back; `certain` where the request was surely never sent.
        """
        import urllib3

        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=4)
        sent = {"User-Agent": f"reconciler/{__version__}", "Accept": "application/json", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            answer = self._pool.request(
                method,
                self._address + path,
                body=body,
                headers=sent,
                redirect=False,
                retries=False,
                timeout=self._timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise self._trouble(error) from None
        after = answer.headers.get("Retry-After", "")
        return Reply(answer.status, answer.data, float(after) if after.isdigit() else None)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def _trouble(self, error: "urllib3.exceptions.HTTPError") -> Trouble:
        from urllib3 import exceptions as kinds

        match error:
            case kinds.LocationValueError():
                return Trouble(f"{self.host} is not an address", help="write one such as https://api.netcup.com/v1")
            case kinds.SSLError():
                return Trouble(
                    f"{self.host} shows a certificate that is not trusted: {_reason(error)}",
                    help="check the address, and that the system's list of authorities is up to date",
                )
            case kinds.NewConnectionError() | kinds.ConnectTimeoutError():
                said = f"{self.host} can not be reached: {_reason(error)}"
                return Trouble(said, help="check the network, and try again", retryable=True)
            case kinds.TimeoutError():
                said = f"{self.host} did not answer within {self._timeout:g} s"
                return Trouble(said, help="try again; the answer may have been lost", retryable=True, certain=False)
        said = f"the connection to {self.host} broke off: {_reason(error)}"
        return Trouble(said, help="try again; the answer may have been lost", retryable=True, certain=False)


def refusal(host: str, reply: Reply) -> Trouble | None:
    """What a status of HTTP means that no interface of netcup gives; None where it means nothing special."""
    if reply.status == _TOO_MANY:
        wait = reply.retry_after if reply.retry_after is not None else 60.0
        return Trouble(f"{host} takes no more requests just now", code="429", retryable=True, retry_after=wait)
    if reply.status >= _SERVER:
        said = f"{host} answers with the HTTP status {reply.status}"
        return Trouble(
            said,
            help="try again later",
            code=str(reply.status),
            retryable=True,
            certain=False,
            retry_after=reply.retry_after,
        )
    if 300 <= reply.status < 400:  # noqa: PLR2004 - RFC 9110 §15.4
        said = f"{host} leads elsewhere (HTTP status {reply.status}), and credentials are not sent there"
        return Trouble(said, help="correct the address of the interface", code=str(reply.status))
    return None


def _reason(error: BaseException) -> str:
    """Return the sentence at the bottom of an error: the ones above it hold addresses of objects."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return type(cause).__name__
