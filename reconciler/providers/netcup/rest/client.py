"""Requests to the REST interface: a key in every one, an envelope around every answer, and pages."""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from reconciler.providers.netcup.http import Sender, refusal
from reconciler.providers.netcup.pace import Ended, Pace
from reconciler.providers.netcup.trouble import Trouble, without

_PAGE = 100  # entries of one answer
_PAGES = 10_000  # at most: an answer that has no end is wrong
_MISSING = 404
_NO_CONTENT = 204
_ABSENT = "resourceDoesNotExist"
_BAD_KEY = "authenticationError"


class Absent(Trouble):
    """What was asked for is not there."""


class RestClient:
    """The interface; threads may use it at once."""

    def __init__(self, sender: Sender, token: Callable[[], str], pace: Pace) -> None:
        """Ask nothing yet; the key is looked up with the first request."""
        self._sender = sender
        self._look_up = token
        self._pace = pace
        self._token: str | None = None

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[object, int]:
        """Make a request, and return its result and the number of the last page.

        Raises:
            Absent: If there is no such thing.
            Trouble: If it did not go well.
        """
        import orjson

        try:
            self._pace.enter()
        except Ended:
            raise Trouble("the connection to netcup was closed", code="closed") from None
        if self._token is None:
            self._token = self._look_up()
        headers = {"Authorization": f"Bearer {self._token}"}
        reply = self._sender.send(method, path, None if body is None else orjson.dumps(body), headers)
        refused = refusal(self._sender.host, reply)
        if refused is not None:
            raise refused
        if reply.status == _NO_CONTENT:
            return None, 1
        return self._opened(reply.body, reply.status)

    def pages(self, path: str, **query: str) -> Iterator[Mapping[str, object]]:
        """Every entry of a list, over all its pages; none where the interface says there is nothing."""
        for page in range(1, _PAGES):
            asked = urlencode({**query, "page": page, "perPage": _PAGE})
            try:
                result, last = self.ask("GET", f"{path}?{asked}")
            except Absent:
                return
            entries = [each for each in result if isinstance(each, dict)] if isinstance(result, list) else []
            yield from entries
            if page >= last or not entries:
                return

    def close(self) -> None:
        """Close the connections."""
        self._pace.end()
        self._sender.close()

    def _opened(self, body: bytes, status: int) -> tuple[object, int]:
        import orjson

        try:
            found = orjson.loads(body)
            good, result, errors = found["success"], found["result"], found["errors"]
            last = _last_page((found.get("meta") or {}).get("pagination") or {})
            first = errors[0] if errors else {}
            code, said = str(first.get("code", "")), str(first.get("message", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Trouble(
                f"{self._sender.host} answers something that is not of the REST interface (HTTP status {status})",
                help="check the setting rest_endpoint",
                retryable=True,
                certain=False,
            ) from None
        if good and status < 400:  # noqa: PLR2004 - RFC 9110 §15.5
            return result, last
        raise self._refused(code, without(said, (self._token or "",)), status)

    def _refused(self, code: str, said: str, status: int) -> Trouble:
        if status == _MISSING or code == _ABSENT:
            return Absent(f"netcup's REST interface has no such thing: {said}", code="absent")
        if code == _BAD_KEY:
            return Trouble(
                "netcup refuses the key of the REST interface",
                code=code,
                help="compare `token` with the keys in the customer control panel; a key of the CCP interface is none",
            )
        return Trouble(f"netcup refuses the request: {said or 'no reason is given'} ({code or status})", code=code)


def _last_page(pagination: Mapping[str, int]) -> int:
    """The number of a list's last page; some answers leave it to be reckoned."""
    whole, size = int(pagination.get("totalEntries", 0)), int(pagination.get("perPage", 1))
    return int(pagination.get("lastPage") or max(1, -(-whole // max(1, size))))
