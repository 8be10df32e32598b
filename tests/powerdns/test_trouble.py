"""What goes wrong between us and PowerDNS is told in plain words, with the truth about what may have happened."""

import asyncio
import contextlib
import http.server
import re
import threading

import pytest
from pydantic import ValidationError

from reconciler.model.rrsets import RRset
from reconciler.providers.powerdns import PowerDnsSettings
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.powerdns.house import change, provider_of, read
from tests.servers import proxy
from tests.servers.proxy import Fault, Trouble

ZONE = "trouble.example"
_NEW = RRset(f"www.{ZONE}", "A", 300, ("192.0.2.1",))


@pytest.fixture
def server(pdns):
    """The server with a fresh zone."""
    pdns.add_zone(ZONE)
    return pdns


@pytest.fixture(scope="module")
def way(pdns):
    """A way to the API that can fail."""
    with proxy.to(pdns.api_port, proxy.http_request) as way:
        yield way


def _through(server, way, **settings):
    return provider_of(server, url=f"http://127.0.0.1:{way.port}", **settings)


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.TORN, Trouble.STALLED])
def test_a_change_without_an_answer_is_uncertain(server, way, trouble):
    """When the connection breaks or falls silent during the change, nobody can tell whether it was made."""
    way.arm(Fault(trouble, containing=b"PATCH"))
    with _through(server, way, timeout=0.2) as provider:
        outcome = change(provider, ZONE, (None, _NEW))
        way.heal()
        assert isinstance(outcome, Failed)
        assert (outcome.certain, outcome.retryable) == (False, True)
        assert _NEW.id not in read(provider, ZONE).rrsets


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.STALLED])
def test_no_answer_to_the_look_behind_undoes_nothing(server, way, trouble):
    """A change that was answered is done, even if the server is gone when its serial is looked at."""
    way.arm(Fault(trouble, at=2, times=9, containing=b"rrsets=false"))
    with _through(server, way, timeout=0.2) as provider:
        assert change(provider, ZONE, (None, _NEW)) == Done()
        assert way.struck
        way.heal()
        assert read(provider, ZONE).rrsets[_NEW.id] == _NEW


def test_a_read_without_an_answer_may_be_tried_again(server, way):
    """An answer that is cut is no answer, and half a zone is no zone."""
    with _through(server, way, timeout=0.2) as provider:
        for trouble in (Trouble.UNANSWERED, Trouble.STALLED, Trouble.REFUSED):
            way.arm(Fault(trouble))
            with pytest.raises(ProviderError) as caught:
                read(provider, ZONE)
            assert caught.value.transient
            way.heal()


def test_a_refusal_is_said_in_plain_words(server):
    """What PowerDNS alone objects to is told with its own words beside ours."""
    odd = RRset(f"odd.{ZONE}", "TLSA", 300, ("3 1 1 zz",))
    with provider_of(server) as provider:
        outcome = change(provider, ZONE, (None, odd))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == ("422", True, False)
    assert outcome.message.startswith(f"PowerDNS at {server.url} refuses the change: ")
    assert f"odd.{ZONE}./TLSA" in outcome.message
    assert server.rrset(ZONE, odd.name, "TLSA") == {}


@pytest.mark.parametrize(
    ("rrset", "words"),
    [
        (RRset(f"mx.{ZONE}", "MX", 300, ("10 host.example.net",)), "form that PowerDNS expects"),
        (RRset(f"a.{ZONE}", "A", 300, ("192.0.2.300",)), "form that PowerDNS expects"),
        (RRset(f"caa.{ZONE}", "CAA", 300, ("0 issue letsencrypt.org",)), "form that PowerDNS expects"),
    ],
)
def test_each_objection_names_the_record(server, rrset, words):
    """A value that is not in the form PowerDNS expects is refused, by name, and nothing is changed."""
    with provider_of(server) as provider:
        outcome = change(provider, ZONE, (None, _NEW), (None, rrset))
        assert isinstance(outcome, Failed)
        assert outcome.certain
        assert re.search(words, outcome.message)
        assert rrset.name in outcome.message
        assert _NEW.id not in read(provider, ZONE).rrsets, "one PATCH is made whole or not at all"


def test_a_wrong_server_id_is_named(server):
    """An address with another server behind it is a mistake in the settings."""
    with provider_of(server, server_id="elsewhere") as provider, pytest.raises(ProviderError) as caught:
        asyncio.run(provider.zone_reader().zones())
    assert "'elsewhere'" in str(caught.value)
    assert "server_id" in (caught.value.help or "")


def test_a_key_that_can_not_be_had_is_named_by_its_setting(server):
    """A missing variable is told by name, and no request is made."""
    with (
        provider_of(server, api_key={"env": "NO_SUCH_KEY"}) as provider,
        pytest.raises(ProviderError, match=r"`api_key` of the provider 'hosts' can not be had.*NO_SUCH_KEY"),
    ):
        read(provider, ZONE)


class _Answering(http.server.BaseHTTPRequestHandler):
    """Gives every request the answer that the server was made with."""

    def do_GET(self):
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@contextlib.contextmanager
def _answering(status, body=b"", **headers):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        server.answer = status, headers, body
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "code", "transient"),
    [
        (200, b"<html>welcome</html>", "answer", False),
        (200, b'"a text"', "answer", False),
        (200, b'{"kind": "Native"}', "answer", False),
        (302, b"", "302", False),
        (403, b"", "403", False),
        (500, b"", "500", True),
        (503, b"", "503", True),
    ],
)
def test_what_is_not_powerdns_is_told_apart(pdns, status, body, code, transient):
    """A page, a redirect, a proxy in between: each is an error that names the address, and nothing is written."""
    with (
        _answering(status, body, **{"Retry-After": "7", "Location": "/login"}) as url,
        provider_of(pdns, url=url) as it,
    ):
        with pytest.raises(ProviderError) as caught:
            read(it, ZONE)
        outcome = change(it, ZONE, (None, _NEW))
    assert url in str(caught.value)
    assert caught.value.transient is transient
    assert isinstance(outcome, Failed)
    assert outcome.code == code
    assert outcome.retry_after == (7.0 if transient else None)


@pytest.mark.parametrize(
    "url", ["ns1:8081", "ftp://ns1", "http://anna:geheim@ns1", "http://ns1/?key=geheim", "http://", "http://[", "x y"]
)
def test_an_address_that_is_none_is_refused(url):
    """Neither a secret in an address nor something else than http is taken, and the message repeats no secret."""
    with pytest.raises(ValidationError) as caught:
        PowerDnsSettings.model_validate({"url": url, "api_key": {"env": "KEY"}})
    assert "geheim" not in "".join(each["msg"] for each in caught.value.errors())


@pytest.mark.parametrize("end", ["", "/", "/api/v1", "/api/v1/"])
def test_an_address_may_end_as_people_write_it(end):
    """The path that every server has is added once."""
    settings = PowerDnsSettings.model_validate({"url": f"https://ns1:8081{end}", "api_key": {"env": "KEY"}})
    assert settings.url == "https://ns1:8081"
