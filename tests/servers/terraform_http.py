"""A server for the protocol of Terraform's `http` backend: GET, POST, DELETE, LOCK and UNLOCK over real HTTP.

    with terraform_http.serving(Options(gitlab=True)) as server:
        ...server.url("mail")...

What it answers was taken from the client in Terraform (`internal/backend/remote-state/http`) and from GitLab's
`lib/api/terraform/state.rb` with its `RemoteStateHandler`; `tests/http_state/test_terraform.py` holds it to Terraform's
own engine. `serving` runs it in threads of this process, `running` in a process of its own.
"""

import base64
import contextlib
import json
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

_LOCK_FIELDS = ("ID", "Operation", "Info", "Who", "Version", "Created", "Path")


@dataclass(frozen=True)
class Options:
    """How the server behaves.

    Attributes:
        strict: A locked state is written with the matching id alone, and unlocked with it.
        locked: The status that says so: 423 or 409.
        gitlab: As GitLab does it: locks by POST and DELETE at `…/lock`, wants a new `serial` at the top of each body,
            shows a refused caller the holder's id and name beside the caller's own `Info`, and answers 500 to a write
            with a wrong id.
        lockless: LOCK and UNLOCK are not known: 405.
        username: Basic authentication is asked for where this is not empty.
        password: The password to it.
        limit: Bytes a body may have, 0 for any number.
        latency: Seconds each answer takes longer.
        projects: Numbers of the projects there are, in the gitlab mode.
    """

    strict: bool = True
    locked: int = 423
    gitlab: bool = False
    lockless: bool = False
    username: str = ""
    password: str = ""
    limit: int = 0
    latency: float = 0.0
    projects: tuple[str, ...] = ("1",)


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes = b""


@dataclass
class State:
    """One state: every version that was stored, and the lock."""

    data: bytes | None = None
    serials: set[int] = field(default_factory=set)
    lock: dict[str, Any] | None = None


class States:
    """What the server keeps; each request is one step."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.all: dict[str, State] = {}
        self._one = threading.Lock()

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """Carry out one request."""
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        lock_id = query.pop("ID", [None])[0]
        name, locking = parts.path, False
        if self.options.gitlab:
            if not self._project(name):
                return Answer(404, b'{"message":"404 Project Not Found"}')
            name, locking = name.removesuffix("/lock"), name.endswith("/lock")
        if query:
            name += "?" + urlencode(query, doseq=True)
        with self._one:
            return self._step(self._verb(method, locking), name, lock_id, body)

    def _project(self, path: str) -> bool:
        words = path.split("/")
        return len(words) > 4 and words[:4] == ["", "api", "v4", "projects"] and words[4] in self.options.projects

    def _verb(self, method: str, locking: bool) -> str:
        if self.options.gitlab:
            return {"POST": "LOCK", "DELETE": "UNLOCK"}.get(method, "") if locking else method
        return "" if self.options.lockless and method in ("LOCK", "UNLOCK") else method

    def _step(self, verb: str, name: str, lock_id: str | None, body: bytes) -> Answer:
        state = self.all.get(name)
        match verb:
            case "GET":
                return self._get(state)
            case "POST" | "PUT":
                return self._put(name, lock_id, body)
            case "DELETE":
                return self._delete(name)
            case "LOCK":
                return self._lock(name, body)
            case "UNLOCK":
                return self._unlock(state, lock_id, body)
            case _:
                return Answer(405)

    def _get(self, state: State | None) -> Answer:
        if state is None:
            return Answer(404)
        return Answer(204) if state.data is None else Answer(200, state.data)

    def _put(self, name: str, lock_id: str | None, body: bytes) -> Answer:
        serial = _serial(body)
        state = self.all.setdefault(name, State())
        refused = self._no_write(state, lock_id, body, serial)
        if refused is not None:
            return refused
        newest = serial is None or serial > max(state.serials, default=-1)
        if serial is not None:
            state.serials.add(serial)
        # GitLab keeps it as a version, but the one with the highest serial is what GET returns
        if newest or not self.options.gitlab:
            state.data = body
        return Answer(200)

    def _no_write(self, state: State, lock_id: str | None, body: bytes, serial: int | None) -> Answer | None:
        held = None if state.lock is None else state.lock["ID"]
        gitlab = self.options.gitlab
        if not body:
            return Answer(204)
        if self.options.limit and len(body) > self.options.limit:
            return Answer(413)
        if gitlab and serial is None:
            return Answer(422, b'{"message":"422 Unprocessable Entity - No serial in payload"}')
        if self.options.strict and held != lock_id:
            return Answer(500, b'{"message":"500 Internal Server Error"}') if gitlab else self._refused(state)
        if gitlab and serial in state.serials:
            return Answer(422, b'{"message":"PG::UniqueViolation: duplicate key value"}')
        return None

    def _delete(self, name: str) -> Answer:
        state = self.all.pop(name, None)
        if state is None:
            return Answer(404 if self.options.gitlab else 200)
        return Answer(200)

    def _lock(self, name: str, body: bytes) -> Answer:
        info = _json(body)
        if not isinstance(info, dict) or not isinstance(info.get("ID"), str) or not info["ID"]:
            return Answer(400)
        if self.options.gitlab and not all(isinstance(info.get(each), str) for each in _LOCK_FIELDS):
            return Answer(400)
        if len(info["ID"]) > 255:
            return Answer(400)
        state = self.all.setdefault(name, State())
        if state.lock is None:
            state.lock = info
            return Answer(200, json.dumps(info).encode())
        return self._refused(state, info)

    def _refused(self, state: State, asked: dict[str, Any] | None = None) -> Answer:
        holder = state.lock or {}
        if self.options.gitlab:
            # GitLab keeps id, name and time alone, and gives back the rest as the caller sent it
            holder = (asked or {}) | {each: holder.get(each, "") for each in ("ID", "Who", "Created")}
            return Answer(409, json.dumps(holder).encode())
        return Answer(self.options.locked, json.dumps(holder).encode())

    def _unlock(self, state: State | None, lock_id: str | None, body: bytes) -> Answer:
        info = _json(body)
        given = info.get("ID") if isinstance(info, dict) else lock_id
        if state is None or state.lock is None:
            return Answer(409) if self.options.gitlab and given else Answer(200)
        # Terraform's force-unlock of old sends no id
        if self.options.strict and given and given != state.lock["ID"]:
            return self._refused(state)
        state.lock = None
        return Answer(200)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _serial(body: bytes) -> int | None:
    document = _json(body)
    serial = document.get("serial") if isinstance(document, dict) else None
    return serial if type(serial) is int else None


@dataclass
class Fault:
    """What goes wrong with the next request that it fits.

    Attributes:
        method: Of the request, `*` for any.
        status: Answered instead; None to close the connection without a word.
        effect: Whether the request takes effect all the same.
        stall: Effect and answer come only once this is set; until then the request is among `Server.stalled`.
        path: What the request's target has to hold.
        body: What its body has to hold.
    """

    method: str
    status: int | None = 500
    effect: bool = False
    stall: threading.Event | None = None
    path: str = ""
    body: bytes = b""

    def fits(self, request: "Request") -> bool:
        """Whether it is for this request."""
        return self.method in ("*", request.method) and self.path in request.target and self.body in request.body


@dataclass
class Request:
    """A request that came in, and the status it was answered with; 0 for none."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]
    status: int = 0

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.status}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"
    disable_nagle_algorithm: ClassVar[bool] = True

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True  # torn on its way: no server takes half of a body for the whole
            return
        request = Request(self.command, self.path, body, dict(self.headers.items()))
        answer = self.server.handled(request)
        if answer is None:
            self.close_connection = True
            return
        try:
            self._send(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="state"')
        if answer.status in (301, 302, 307, 308):
            self.send_header("Location", self.path + "/elsewhere")
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_LOCK = do_UNLOCK = _any  # noqa: N815 - named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
        """Say nothing: `Server.requests` has it all."""


class Server(ThreadingHTTPServer):
    """The server; requests and faults are there to be looked at and set while it runs."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, options: Options, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.states = States(options)
        self.options = options
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.stalled: list[Request] = []
        self.tls = tls
        self._recording = threading.Lock()
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def url(self, name: str) -> str:
        """The address of a state."""
        scheme = "http" if self.tls is None else "https"
        path = f"/api/v4/projects/1/terraform/state/{name}" if self.options.gitlab else f"/{name}"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def state(self, name: str) -> State:
        """What it keeps of a state."""
        return self.states.all[urlsplit(self.url(name)).path]

    def handled(self, request: Request) -> Answer | None:
        """Answer a request, after its fault; None to close the connection."""
        with self._recording:
            self.requests.append(request)
            fault = next((each for each in self.faults if each.fits(request)), None)
            if fault is not None:
                self.faults.remove(fault)
        if self.options.latency:
            time.sleep(self.options.latency)
        if not self._admitted(request):
            answer: Answer | None = Answer(401)
        elif fault is None:
            answer = self.states.answer(request.method, request.target, request.body)
        else:
            answer = self._faulty(request, fault)
        request.status = 0 if answer is None else answer.status
        return answer

    def _faulty(self, request: Request, fault: Fault) -> Answer | None:
        if fault.stall is not None:
            self.stalled.append(request)
            fault.stall.wait(60)
        if fault.effect:
            self.states.answer(request.method, request.target, request.body)
        if fault.stall is not None:
            self.stalled.remove(request)
        return None if fault.status is None else Answer(fault.status)

    def _admitted(self, request: Request) -> bool:
        if not self.options.username:
            return True
        pair = f"{self.options.username}:{self.options.password}".encode()
        return request.headers.get("Authorization") == "Basic " + base64.b64encode(pair).decode()

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a client that went away, or did not like the certificate, go."""


@contextlib.contextmanager
def serving(options: Options | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve in threads of this process for the block."""
    with Server(options or Options(), tls=tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def running(options: Options | None = None) -> Iterator[str]:
    """Serve in a process of its own, gone when the test run is; yields the root address, without a slash."""
    from tests.servers import keeper

    with keeper.kept() as nest:
        ready = nest.folder / "port"
        daemon = nest.start([sys.executable, Path(__file__), json.dumps(asdict(options or Options())), ready])
        daemon.wait(ready.exists)
        yield f"http://127.0.0.1:{ready.read_text()}"


def main() -> None:
    """Serve until the end, with options in JSON; the port is written to the file that is named."""
    options = json.loads(sys.argv[1])
    options["projects"] = tuple(options["projects"])
    with Server(Options(**options)) as server:
        path = Path(sys.argv[2])
        temporary = path.with_suffix(".new")
        temporary.write_text(str(server.port))
        temporary.replace(path)
        server.serve_forever()


if __name__ == "__main__":
    main()
