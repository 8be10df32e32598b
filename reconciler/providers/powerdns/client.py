"""One request to PowerDNS's HTTP API, and what its failure means.

Source: https://doc.powerdns.com/authoritative/http-api/ and the answers of a real server.
"""

import contextlib
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import orjson

from reconciler import __version__
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed

if TYPE_CHECKING:
    import urllib3

Method = Literal["GET", "PATCH"]
_OK = range(200, 300)
_PLAIN = {
    "is not canonical": "a name lacks its closing dot",
    "Name is out of zone": "a name is not in the zone",
    "Parsing record content": "a value is not in the form that PowerDNS expects",
    "Not in expected format": "a value is not in the form that PowerDNS expects",
    "Conflicts with": "a CNAME can not stand beside other records",
    "Duplicate record": "an rrset would hold a record twice",
}


class ApiError(ProviderError):
    """A request that did not do what it was to do.

    Attributes:
        code: The status as text, or `unreachable`, `timeout`, `tls`, `broken`, `answer`.
        certain: Whether it surely had no effect.
        retry_after: Seconds to wait first, where the server says.
    """

    def __init__(
        self,
        message: str,
        code: str,
        *,
        help: str | None = None,  # noqa: A002
        transient: bool = False,
        certain: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """Say what is wrong in one lower-case sentence that names the thing."""
        super().__init__(message, help=help, transient=transient)
        self.code, self.certain, self.retry_after = code, certain, retry_after

    @property
    def failed(self) -> Failed:
        """The same as a writer's answer."""
        return Failed(
            str(self), self.code, retryable=self.transient, certain=self.certain, retry_after=self.retry_after
        )


class Client:
    """Requests to one server over connections that are kept; several threads may use it at once."""

    def __init__(self, name: str, url: str, server_id: str, api_key: Callable[[], str], timeout: float) -> None:
        """Connect nowhere yet.

        Args:
            name: The provider as configured, for messages.
            url: Where the web server listens.
            server_id: The server behind it.
            api_key: Looks the key up; called with the first request.
            timeout: Seconds to wait for a connection, and for each piece of an answer.
        """
        self._name, self._url, self._timeout = name, url, timeout
        self._root = f"{url}/api/v1/servers/{server_id}"
        self._server_id = server_id
        self._api_key = api_key
        self._pool: urllib3.PoolManager | None = None

    def send(self, method: Method, path: str, body: object = None) -> object:
        """Make a request and return what the answer's JSON says, None where there is none.

        Raises:
            ApiError: If it fails.
            ProviderError: If the key can not be had.
        """
        import urllib3

        data = None if body is None else orjson.dumps(body)
        try:
            answer = self._connections().request(
                method, self._root + path, body=data, redirect=False, retries=False, timeout=self._timeout
            )
        except urllib3.exceptions.HTTPError as error:
            raise self._failure(error) from None
        if answer.status not in _OK:
            raise self._refusal(answer)
        if not answer.data:
            return None
        try:
            return orjson.loads(answer.data)
        except orjson.JSONDecodeError:
            raise self.not_understood(certain=method == "GET") from None

    def close(self) -> None:
        """Close the connections; the next request opens one again."""
        if self._pool is not None:
            self._pool.clear()
            self._pool = None

    def not_understood(self, *, certain: bool = True) -> ApiError:
        """The error for an answer that is not PowerDNS's."""
        return ApiError(
            f"what answers at {self._url} is not PowerDNS's API",
            "answer",
            help=f"check `url` of the provider '{self._name}'",
            certain=certain,
        )

    def _connections(self) -> "urllib3.PoolManager":
        import urllib3

        if self._pool is None:
            headers = {
                "X-API-Key": self._api_key(),
                "User-Agent": f"reconciler/{__version__}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            }
            self._pool = urllib3.PoolManager(headers=headers, maxsize=4)
        return self._pool

    def _failure(self, error: "urllib3.exceptions.HTTPError") -> ApiError:
        """What it means that no answer came."""
        from urllib3 import exceptions as kinds

        where = f"PowerDNS at {self._url}"
        match error:
            case kinds.SSLError():
                return ApiError(f"{where} has a certificate that is not trusted: {_reason(error)}", "tls")
            case kinds.NewConnectionError() | kinds.ConnectTimeoutError() | kinds.LocationParseError():
                return ApiError(
                    f"{where} can not be reached: {_reason(error)}",
                    "unreachable",
                    help=f"check `url` of the provider '{self._name}', and `webserver` and `api` in its pdns.conf",
                    transient=True,
                )
            case kinds.TimeoutError():
                said = f"{where} did not answer within {self._timeout:g} s"
                return ApiError(said, "timeout", transient=True, certain=False)
        return ApiError(
            f"the connection to {where} broke: {_reason(error)}",
            "broken",
            help="check that `webserver-allow-from` in its pdns.conf names this machine",
            transient=True,
            certain=False,
        )

    def _refusal(self, answer: "urllib3.BaseHTTPResponse") -> ApiError:
        """What it means that the answer is not a good one."""
        status, where = answer.status, f"PowerDNS at {self._url}"
        code = str(status)
        if status == 401:  # noqa: PLR2004 - RFC 9110 §15.5.2
            return ApiError(
                f"{where} does not know the API key",
                code,
                help=f"compare `api_key` of the provider '{self._name}' with `api-key` in its pdns.conf",
            )
        if status == 404:  # noqa: PLR2004 - RFC 9110 §15.5.5
            said = f"{where} has no server '{self._server_id}'"
            return ApiError(
                said, code, help=f"check `server_id` of the provider '{self._name}'; it is mostly localhost"
            )
        if status == 422:  # noqa: PLR2004 - RFC 9110 §15.5.21
            return ApiError(f"{where} refuses the change: {_plain(answer.data)}", code)
        wait = _seconds(answer.headers.get("Retry-After"))
        if status in (429, 503):
            return ApiError(f"{where} is too busy", code, transient=True, retry_after=wait)
        if status >= 500:  # noqa: PLR2004 - RFC 9110 §15.6
            said = f"{where} failed with status {status}"
            return ApiError(said, code, help="see its log", transient=True, certain=False, retry_after=wait)
        return ApiError(f"{where} answered with status {status}", code, help="check `url`, and what stands before it")


def _plain(body: bytes) -> str:
    """A refusal in plain words, and what the server says of it."""
    said = ""
    with contextlib.suppress(orjson.JSONDecodeError, KeyError, TypeError):
        said = str(orjson.loads(body)["error"])
    if not said:
        return "it does not say why"
    meant = next((words for sign, words in _PLAIN.items() if sign in said), None)
    return f"{said[:1].lower()}{said[1:]}" if meant is None else f"{meant} ({said})"


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdigit() else None


def _reason(error: BaseException) -> str:
    """Return the sentence at the bottom of an error: the ones above it hold addresses of objects."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    with contextlib.suppress(IndexError):
        return str(cause.args[0])
    return type(cause).__name__
