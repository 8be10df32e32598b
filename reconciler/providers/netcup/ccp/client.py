"""Requests to the CCP interface, within a session that is made when it is needed and made again when it is lost."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.providers.netcup.ccp.envelope import SESSION, Answer, parse, trouble
from reconciler.providers.netcup.http import Sender, refusal
from reconciler.providers.netcup.pace import Ended, Pace
from reconciler.providers.netcup.trouble import Trouble

_LOGINS = 3  # more of them for one request, where sessions are lost


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks."""

    customer: str
    key: str = field(repr=False)
    password: str = field(repr=False)


class CcpClient:
    """The interface, one request after another: how sessions bear several at once is not known."""

    def __init__(self, sender: Sender, credentials: Callable[[], Credentials], pace: Pace) -> None:
        """Log in nowhere yet; the credentials are looked up with the first request."""
        self._sender = sender
        self._look_up = credentials
        self._pace = pace
        self._lock = threading.Lock()
        self._known: Credentials | None = None
        self._session: str | None = None

    def call(
        self, action: str, zone: str, good: Callable[[Answer], bool] = lambda answer: answer.good, **param: object
    ) -> Answer:
        """Ask for something about a zone.

        Args:
            action: A function of the interface.
            zone: The zone's name.
            good: Which answers to hand back.
            param: More arguments of the function.

        Raises:
            Trouble: If the answer is none of those.
        """
        with self._lock:
            for _ in range(_LOGINS + 1):
                session = self._session or self._login()
                answer = self._ask(action, {"domainname": zone, "apisessionid": session, **param})
                if answer.code != SESSION:
                    break
                self._session = None  # sessions end after a while that nobody knows, and at times right away
        if good(answer):
            return answer
        raise trouble(answer, zone, self._secrets())

    def close(self) -> None:
        """Log out, if that can be, and close the connections."""
        self._pace.end()
        with self._lock:
            if self._session is not None:
                with contextlib.suppress(Trouble):  # the session ends by itself
                    self._ask("logout", {"apisessionid": self._session}, paced=False)
                self._session = None
            self._sender.close()

    def _login(self) -> str:
        answer = self._ask("login", {"apipassword": self._credentials().password})
        if not answer.good:
            raise trouble(answer, "", self._secrets())
        session = answer.data.get("apisessionid")
        if not isinstance(session, str) or not session:
            raise Trouble("netcup's answer to the login has no session", code="session", retryable=True)
        self._session = session
        return session

    def _ask(self, action: str, param: Mapping[str, object], *, paced: bool = True) -> Answer:
        import orjson

        who = self._credentials()
        body = {"action": action, "param": {"customernumber": who.customer, "apikey": who.key, **param}}
        if paced:
            try:
                self._pace.enter()
            except Ended:
                raise Trouble("the connection to netcup was closed", code="closed") from None
        reply = self._sender.send("POST", body=orjson.dumps(body))
        refused = refusal(self._sender.host, reply)
        if refused is not None:
            raise refused
        return parse(reply.body, self._sender.host)

    def _credentials(self) -> Credentials:
        if self._known is None:
            self._known = self._look_up()
        return self._known

    def _secrets(self) -> tuple[str, ...]:
        who = self._known
        return () if who is None else (who.key, who.password, self._session or "")
