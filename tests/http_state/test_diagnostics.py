"""Each trouble has its own diagnostic, nothing is written, and no message holds a credential."""

import json
import ssl
import subprocess
import threading

import pytest

from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.source import Span
from reconciler.state.backend import BackendError
from reconciler.state.places.http import open_http
from reconciler.state.places.register import RegisterState
from tests.http_state.http_worlds import TERRAFORM_LOCK, Opener, agree, lock
from tests.programs import program
from tests.servers import keeper
from tests.servers.terraform_http import Fault, Options, serving

MINE = lock(1)
TOKEN = "glpat-very-secret"


def raises(call):
    """The one id of the problem that a call raises, and its text."""
    with pytest.raises(Problem) as raised:
        call()
    (diagnostic,) = raised.value.diagnostics
    text = " ".join(filter(None, (diagnostic.message, diagnostic.why, diagnostic.help)))
    assert TOKEN not in text
    return diagnostic.id, text


@pytest.fixture
def serve():
    """Starts servers, and opens states there."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def start(options=None, tls=None):
            server = stack.enter_context(serving(options, tls))
            opener = Opener(server)
            stack.callback(opener.close)
            return server, opener

        yield start


@pytest.mark.parametrize("action", ["read", "lock"])
def test_wrong_credentials(serve, monkeypatch, action):
    """401: the user or the password is wrong."""
    monkeypatch.setenv("PASSWORD", TOKEN)
    server, opener = serve(Options(username="ci", password="other"))
    state = opener.state(username="ci", password={"env": "PASSWORD"})
    call = state.read if action == "read" else lambda: state.write_lock(None, MINE)
    assert raises(call)[0] == "state-http-credentials"
    assert server.states.all == {}


def test_right_credentials(serve, monkeypatch, tmp_path):
    """Basic authentication with a password that is no ASCII, and headers of any name, each from where it is kept."""
    monkeypatch.setenv("TOKEN", TOKEN)
    (tmp_path / "password").write_text("päss\n")
    server, opener = serve(Options(username="ci", password="päss"))
    state = opener.state(
        username="ci", password={"file": str(tmp_path / "password")}, headers={"PRIVATE-TOKEN": {"env": "TOKEN"}}
    )
    assert state.write_lock(None, MINE)
    assert {each.headers["PRIVATE-TOKEN"] for each in server.requests} == {TOKEN}


def test_credentials_that_can_not_be_had(serve):
    """The variable is not set: said before anything is sent."""
    server, opener = serve()
    identity, text = raises(opener.state(headers={"PRIVATE-TOKEN": {"env": "NOT_SET_HERE"}}).read)
    assert identity == "state-http-secret"
    assert "NOT_SET_HERE" in text
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "identity"),
    [
        (403, "state-http-forbidden"),
        (404, "state-http-missing"),
        (405, "state-http-lockless"),
        (501, "state-http-lockless"),
        (307, "state-http-redirected"),
        (400, "state-http-status"),
        (503, "state-http-status"),
    ],
)
def test_refused_lock(serve, status, identity):
    """What a server answers to LOCK."""
    server, opener = serve()
    server.faults += [Fault("LOCK", status) for _ in range(3)]
    assert raises(lambda: opener.state().write_lock(None, MINE))[0] == identity
    assert server.states.all == {}


@pytest.mark.parametrize(
    ("status", "identity"),
    [
        (401, "state-http-credentials"),
        (403, "state-http-forbidden"),
        (404, "state-http-missing"),
        (413, "state-http-too-large"),
        (302, "state-http-redirected"),
        (422, "state-http-status"),
        (500, "state-http-status"),
    ],
)
def test_refused_write(serve, status, identity):
    """What a server answers to a write; the state stays as it was, and the next write works."""
    server, opener = serve()
    state = opener.state()
    assert state.write_lock(None, MINE)
    stored = server.state("mail").data
    server.faults += [Fault("POST", status) for _ in range(3)]
    assert raises(lambda: state.append(b"x", 0, agree))[0] == identity
    assert server.state("mail").data == stored
    server.faults.clear()
    state.append(b"x", 0, agree)
    assert state.read().journal == b"x"


@pytest.mark.parametrize(
    ("status", "identity"),
    [(403, "state-http-forbidden"), (302, "state-http-redirected"), (422, "state-http-status")],
)
def test_refused_read(serve, status, identity):
    """What a server answers to a read; a redirect is not followed, credentials go nowhere else."""
    server, opener = serve()
    server.faults.append(Fault("GET", status))
    assert raises(opener.state().read)[0] == identity
    assert [each.target for each in server.requests] == ["/mail"]


def test_missing_project(serve):
    """GitLab answers 404 for a project that is not there, or that the token may not see."""
    _, opener = serve(Options(gitlab=True, projects=("2",)))
    state = opener.state()
    assert state.read_lock() is None
    assert raises(lambda: state.write_lock(None, MINE))[0] == "state-http-missing"


def test_server_without_locks(serve):
    """A server that knows no LOCK is not written to."""
    server, opener = serve(Options(lockless=True))
    assert raises(lambda: opener.state().write_lock(None, MINE))[0] == "state-http-lockless"
    assert server.states.all == {}


def test_gitlab_with_the_methods_of_others(serve):
    """GitLab without its methods is told apart: it knows no LOCK."""
    server, opener = serve(Options(gitlab=True))
    state = opener.state(lock_method="LOCK", unlock_method="UNLOCK")
    identity, text = raises(lambda: state.write_lock(None, MINE))
    assert identity == "state-http-lockless"
    assert "lock_method" in text
    assert server.states.all == {}


def test_server_that_does_not_compare_ids(serve):
    """A server that lets anybody write while it is locked is found out before anything is kept there."""
    server, opener = serve(Options(strict=False))
    assert raises(lambda: opener.state().write_lock(None, MINE))[0] == "state-http-unfenced"
    assert server.states.all.get("/mail") is None or server.state("mail").data is None


def test_unreachable():
    """Nobody listens there."""
    port = keeper.free_port()
    register = open_http(StateBlock("http", {"address": f"http://127.0.0.1:{port}/mail"}, None))
    state = RegisterState(register, pauses=(0.0,))
    identity, text = raises(state.read)
    assert identity == "state-http-unreachable"
    assert "Connection refused" in text
    assert "0x" not in text
    assert raises(lambda: state.write_lock(None, MINE))[0] == "state-http-unreachable"


@pytest.mark.parametrize("method", ["GET", "LOCK"])
def test_timeout(serve, method):
    """No answer within the time that is set; a lock that may have been taken is given back."""
    server, opener = serve()
    gate = threading.Event()
    server.faults += [Fault(method, 200, stall=gate) for _ in range(3)]
    state = opener.state(timeout="100 ms")
    identity, text = raises(lambda: state.write_lock(None, MINE))
    gate.set()
    assert identity == "state-http-timeout"
    assert "0.1 s" in text


def test_torn_answer(serve):
    """An answer that breaks off is not taken for the whole."""
    server, opener = serve()
    state = opener.state()
    assert state.write_lock(None, MINE)
    server.faults += [Fault("GET", None) for _ in range(3)]
    assert raises(opener.state().read)[0] == "state-http-unreachable"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b'{"version": 4, "terraform_version": "1.15.5", "serial": 3, "resources": []}', "Terraform 1.15.5"),
        (b'{"serial": 1}', "another program"),
        (b"<html>Please log in</html>", "no JSON"),
        (b'{"format":"reconciler.http/2","serial":1,"head":{}}\n', "later version"),
    ],
)
def test_not_a_state_of_ours(serve, data, word):
    """What another program keeps at the address is neither read as ours nor overwritten."""
    server, opener = serve()
    server.states.answer("POST", "/mail", data)
    for call in (opener.state().read, lambda: opener.state().write_lock(None, MINE), opener.register().contend):
        identity, text = raises(call)
        assert identity == "state-http-foreign"
        assert word in text
    assert server.state("mail").data == data
    assert server.state("mail").lock is None


def test_state_of_terraform_that_comes_in_between(serve):
    """Terraform's first state, written after we looked, is noticed under the lock and kept."""
    server, opener = serve()
    state = opener.state()
    assert state.read_lock() is None
    data = b'{"version": 4, "terraform_version": "1.15.5", "serial": 1}'
    server.states.answer("POST", "/mail", data)
    assert raises(lambda: state.write_lock(None, MINE))[0] == "state-http-foreign"
    assert server.state("mail").data == data


def test_head_cut_short(serve):
    """A head without its end is damaged, and is left as it is."""
    server, opener = serve()
    assert opener.state().write_lock(None, MINE)
    server.state("mail").data = server.state("mail").data[:-20]
    assert raises(opener.state().read)[0] == "state-head-damaged"


@pytest.mark.parametrize("replaced", [b"not JSON", b"{}", None])
def test_part_damaged_or_lost(serve, replaced):
    """A part that is not what was written is found by its checksum, one that is gone by its name."""
    server, opener = serve()
    state = opener.state()
    assert state.write_lock(None, MINE)
    state.append(b"x" * 100_000, 0, agree)
    (part,) = (name for name in server.states.all if name != "/mail")
    if replaced is None:
        del server.states.all[part]
    else:
        server.states.all[part].data = replaced
    assert raises(opener.state().read)[0] == "state-truncated"


def test_limit_of_the_server(serve):
    """A body above the server's limit: said with its size; what was there stays."""
    _, opener = serve(Options(gitlab=True, limit=20_000))
    state = opener.state()
    assert state.write_lock(None, MINE)
    identity, text = raises(lambda: state.append(b"x" * 100_000, 0, agree))
    assert identity == "state-http-too-large"
    assert "100," in text
    assert state.read().journal == b""


def test_held_by_a_server_that_does_not_say_who(serve):
    """A refused lock without a readable holder is somebody's all the same, and nobody's to take over."""
    server, opener = serve()
    server.faults += [Fault("LOCK", 423) for _ in range(9)]
    state = opener.state()
    assert not state.write_lock(None, MINE)
    assert b"somebody" in state.read_lock()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    words = [
        program("openssl", "openssl"),
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(certificate):
    """What the server speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def test_certificate_nobody_trusts(serve, tls):
    """The connection is refused, and says why."""
    _, opener = serve(tls=tls)
    identity, text = raises(opener.state().read)
    assert identity == "state-http-tls"
    assert "self-signed certificate" in text


def test_certificate_of_our_own(serve, tls, certificate):
    """With the authority's file it is trusted."""
    _, opener = serve(tls=tls)
    state = opener.state(ca=str(certificate / "cert.pem"))
    assert state.write_lock(None, MINE)
    state.append(b"x", 0, agree)
    assert state.read().journal == b"x"


def test_no_tls_where_it_is_expected(serve):
    """A server that speaks http is asked for https."""
    server, opener = serve()
    state = opener.state(address=server.url("mail").replace("http:", "https:"))
    assert raises(state.read)[0] == "state-http-tls"


AT = Span("mail.yaml", 3, 5, 4)


@pytest.mark.parametrize(
    ("settings", "identity"),
    [
        ({"address": f"https://ci:{TOKEN}@host/state"}, "state-http-address"),
        ({"address": f"https://{TOKEN}@host/state"}, "state-http-address"),
        ({"address": "ftp://host/state"}, "state-http-address"),
        ({"address": "host/state"}, "state-http-address"),
        ({"address": "https:///state"}, "state-http-address"),
        ({"address": "https://host:port/state"}, "state-http-address"),
        ({"address": "https://host/my state"}, "state-http-address"),
        ({"address": "https://host/state#one"}, "state-http-address"),
        ({"address": "https://host/state", "lock_address": "https://u:p@host/lock"}, "state-http-address"),
        ({"address": "https://host/state", "ca": "missing.pem"}, "state-http-ca"),
        ({"address": "https://host/state", "ca": __file__}, "state-http-ca"),
        ({"address": "https://host/state", "lock_method": "lock it"}, "bad-value"),
        ({"address": "https://host/state", "timeout": "0"}, "bad-value"),
        ({"adress": "https://host/state"}, "unknown-field"),
        ({"address": "https://host/state", "password": TOKEN}, "bad-value"),
        ({"address": "https://host/state", "headers": {"PRIVATE-TOKEN": TOKEN}}, "bad-value"),
        ({}, "missing-field"),
    ],
)
def test_settings_refused(settings, identity, tmp_path):
    """Settings that can not be used are refused at their place, without the secret somebody wrote into them."""
    with pytest.raises(Problem) as raised:
        open_http(StateBlock("http", settings, tmp_path, AT))
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.id == identity
    assert diagnostic.primary.span.file == "mail.yaml"
    assert TOKEN not in repr(diagnostic)


def test_only_an_address(tmp_path):
    """The address alone may stand there."""
    assert open_http(StateBlock("http", "https://host/state?x=1", tmp_path, AT)).where == "https://host/state"


def test_no_credential_in_any_message(serve, monkeypatch):
    """Whatever goes wrong, the password and the token are in no text."""
    monkeypatch.setenv("TOKEN", TOKEN)
    more = {"username": "ci", "password": {"env": "TOKEN"}, "headers": {"PRIVATE-TOKEN": {"env": "TOKEN"}}}
    server, opener = serve()
    for status in (None, 302, 400, 401, 403, 404, 405, 413, 422, 500, 501, 502, 503):
        server.faults[:] = [Fault("LOCK", status) for _ in range(9)]
        with pytest.raises(BackendError) as raised:
            opener.state(**more).write_lock(None, MINE)
        assert TOKEN not in repr(raised.value.diagnostics)


def test_lock_info_is_what_gitlab_insists_on(serve):
    """All seven fields of the lock's info are texts."""
    server, opener = serve(Options(gitlab=True))
    assert opener.state().write_lock(None, b"no lease")
    info = server.state("mail").lock
    assert sorted(info) == sorted(TERRAFORM_LOCK)
    assert all(isinstance(value, str) for value in info.values())
    assert len(json.dumps(info)) < 1000
