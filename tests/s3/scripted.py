"""Stores that answer as a test wants: always the same, or as one that ignores conditions."""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

#: What a request is answered with: status, headers, body.
Answer = tuple[int, dict[str, str], bytes]


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Listening(NamedTuple):
    """A server: where it is, and what it was asked."""

    port: int
    asked: list[Asked]


def error(status: int, code: str) -> Answer:
    """An error as S3 writes it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>as a test wants it</Message></Error>"
    return status, {"Content-Type": "application/xml"}, body.encode()


class Careless:
    """A store that writes whatever the condition, for some of the conditions there are."""

    def __init__(self, ignored: frozenset[str] = frozenset(), *, never: bool = False) -> None:
        self.objects: dict[str, bytes] = {}
        self._ignored = ignored
        self._never = never

    def answer(self, asked: Asked) -> Answer:
        held = self.objects.get(asked.path)
        etag = "" if held is None else hashlib.md5(held).hexdigest()
        if asked.method == "GET":
            return error(404, "NoSuchKey") if held is None else (200, {"ETag": f'"{etag}"'}, held)
        if asked.method == "DELETE":
            self.objects.pop(asked.path, None)
            return 204, {}, b""
        asks = {name: asked.headers[name] for name in ("if-match", "if-none-match") if name in asked.headers}
        for name in asks.keys() - self._ignored:
            if (name == "if-none-match") == bool(etag) or (name == "if-match" and self._never):
                return error(412, "PreconditionFailed")
            if name == "if-match" and asks[name].strip('"') != etag:
                return error(412, "PreconditionFailed")
        self.objects[asked.path] = asked.body
        return 200, {"ETag": f'"{hashlib.md5(asked.body).hexdigest()}"'}, b""


@contextlib.contextmanager
def answering(answer: Callable[[Asked], Answer]) -> Iterator[Listening]:
    """A server for the block."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, self.path.partition("?")[0], headers, body)
            asked.append(request)
            status, more, content = answer(request)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_DELETE = do_HEAD = do  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Listening(server.server_address[1], asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
