"""Both interfaces on a loopback address."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.twins.netcup.account import Account
from tests.twins.netcup.ccp import Ccp
from tests.twins.netcup.rest import Rest

_CCP_PATH = "/run/webservice/servers/endpoint.php"


class Addresses(NamedTuple):
    """Where the twin is: `ccp` and `rest` as settings have them, `origin` without a path."""

    ccp: str
    rest: str
    origin: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True  # else the second segment of an answer waits for an ACK that is late
    account: Account

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        account = self.account
        with account.lock:
            if account.troubles.broken > 0:
                account.troubles.broken -= 1
                self._break()
                return
            if self.path.startswith(_CCP_PATH):
                status, answer = 200, json.dumps(Ccp(account).answer(body)).encode()
            else:
                reply = Rest(account).answer(self.command, self.path, self.headers.get("Authorization", ""), body)
                status, answer = reply.status, b"" if reply.body is None else json.dumps(reply.body).encode()
            if account.troubles.swallowed and account.calls and account.calls[-1].endswith(account.troubles.swallowed):
                account.troubles.swallowed = ""
                self._break()
                return
            self._send(status, answer, "application/json")

    def _break(self) -> None:
        self._send(200 if self.account.troubles.garbled else 502, b"<html><body>Bad Gateway</body></html>", "text/html")

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _answer  # noqa: N815 - the base class names them so

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextlib.contextmanager
def serving(account: Account) -> Iterator[Addresses]:
    """Serve an account until the block ends."""
    handler = type("Handler", (_Handler,), {"account": account})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        origin = f"http://127.0.0.1:{server.server_port}"
        try:
            yield Addresses(f"{origin}{_CCP_PATH}?JSON", f"{origin}/v1", origin)
        finally:
            server.shutdown()
            thread.join()
