"""What octoDNS's providers do wrong, or can not tell, is told truthfully; and no secret is."""

import logging

import pytest
from pydantic import ValidationError

from reconciler.model.diagnostic import Problem
from reconciler.model.rrsets import RRset
from reconciler.providers.octodns import OctoDnsSettings, loading
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Done, Failed
from tests.octodns import stub
from tests.octodns.house import change, provider_of, read
from tests.octodns.stub import ZONE, StubProvider

_TOKEN = "a-token-that-nobody-may-see"
_ZONE = f"{ZONE}."
_WWW = RRset(f"www.{ZONE}", "A", 300, ("192.0.2.1",))
_OTHER = RRset(f"www.{ZONE}", "A", 300, ("192.0.2.2",))
_NEW = RRset(f"new.{ZONE}", "A", 300, ("192.0.2.3",))


@pytest.fixture
def zone(monkeypatch):
    """A zone in memory."""
    zone = {("www", "A"): {"type": "A", "ttl": 300, "value": "192.0.2.1"}}
    monkeypatch.setattr(StubProvider, "zones", {_ZONE: zone})
    monkeypatch.setattr(StubProvider, "made", [])
    monkeypatch.setenv("STUB_TOKEN", _TOKEN)
    return zone


def _stub(name="StubProvider", **options):
    return provider_of(f"tests.octodns.stub.{name}", {"token": {"env": "STUB_TOKEN"}, **options}, ZONE)


def test_a_provider_that_writes_whole_zones_is_refused(zone):
    """Who asks for all records of a zone would lose those that octoDNS does not know; nothing is changed."""
    before = dict(zone)
    outcome = change(_stub("RewritingProvider"), ZONE, (None, _NEW))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == ("rewrites", True, False)
    assert StubProvider.zones[_ZONE] == before


def test_an_answer_that_depends_on_who_asks_is_left_alone(zone):
    """A record with rules of the host's own would lose them if its values were written."""
    rules = {"pools": {"one": {"values": [{"value": "192.0.2.9"}]}}, "rules": [{"pool": "one"}]}
    zone["www", "A"]["dynamic"] = rules
    outcome = change(_stub(), ZONE, (_WWW, _OTHER))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("limit", True)
    assert zone["www", "A"]["dynamic"] == rules


def test_settings_of_a_host_s_own_outlive_a_change(zone):
    """What hangs on a record, such as Cloudflare's `proxied`, stays when its values change."""
    zone["www", "A"]["octodns"] = {"cloudflare": {"proxied": True}}
    assert change(_stub(), ZONE, (_WWW, _OTHER)) == Done()
    assert zone["www", "A"]["octodns"] == {"cloudflare": {"proxied": True}}
    assert zone["www", "A"]["value"] == "192.0.2.2"


def test_an_error_before_anything_happened_is_certain(zone, monkeypatch):
    """Errors of octoDNS tell nothing, so the zone is looked at: what did not move was surely not changed."""
    monkeypatch.setattr(StubProvider, "trouble", Exception("quota exceeded"))
    outcome = change(_stub(), ZONE, (_WWW, _OTHER), (None, _NEW))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (True, False)
    assert "quota exceeded" in outcome.message


def test_an_error_in_the_middle_is_uncertain(zone, monkeypatch):
    """Where some of the changes stand, nobody may take the failure for a refusal."""
    monkeypatch.setattr(StubProvider, "trouble", Exception("quota exceeded"))
    monkeypatch.setattr(StubProvider, "after", 1)
    outcome = change(_stub(), ZONE, (_WWW, _OTHER), (None, _NEW))
    assert isinstance(outcome, Failed)
    assert not outcome.certain


@pytest.mark.parametrize("error", [TimeoutError("no answer"), ConnectionResetError("reset"), stub.Timeout("late")])
def test_a_time_out_is_uncertain_and_passes(zone, monkeypatch, error):
    """A host that did not answer may yet do what it was asked to, whatever stands there now."""
    monkeypatch.setattr(StubProvider, "trouble", error)
    outcome = change(_stub(), ZONE, (_WWW, _OTHER))
    assert isinstance(outcome, Failed)
    assert (outcome.certain, outcome.retryable) == (False, True)


def test_a_secret_reaches_neither_message_nor_log(zone, monkeypatch, caplog):
    """An error that repeats the token is told without it, and octoDNS's own logs are silent."""
    caplog.set_level(logging.DEBUG)
    provider = _stub()
    read(provider, ZONE)
    read(_stub("MuteProvider"), ZONE)
    monkeypatch.setattr(StubProvider, "trouble", Exception(f"GET /?token={_TOKEN} failed"))
    outcome = change(provider, ZONE, (_WWW, _OTHER))
    monkeypatch.setenv("STUB_TOKEN", "refused")
    with pytest.raises(ProviderError, match="does not take its options") as caught:
        read(provider, ZONE)
    assert isinstance(outcome, Failed)
    assert "GET /?token=… failed" in outcome.message.replace("gET", "GET")
    assert "refused is" not in str(caught.value)
    assert _TOKEN not in caplog.text + repr(outcome)
    assert "populate" not in caplog.text


def test_a_secret_that_can_not_be_had_is_named_by_its_source(zone, monkeypatch):
    """Nothing is asked of the host without it."""
    monkeypatch.delenv("STUB_TOKEN")
    with pytest.raises(ProviderError, match="STUB_TOKEN"):
        read(_stub(), ZONE)
    assert StubProvider.made == []


def test_arguments_have_the_type_that_the_class_wants(zone):
    """YAML's numbers and flags come as texts; a default tells what is meant, and everything else stays a text."""
    read(_stub(retries="5", strict="true", delay="1.5", names=["a", "b"], root_ns_warnings="false"), ZONE)
    (made,) = StubProvider.made
    assert (made.retries, made.strict, made.delay, made.names, made.root_ns_warnings) == (
        5,
        True,
        1.5,
        ["a", "b"],
        False,
    )
    assert made.token == _TOKEN


def test_an_argument_the_class_does_not_know_is_named(zone):
    """A mistyped option is an error that names it."""
    with pytest.raises(ProviderError, match="'retires'"):
        read(_stub(retires="5"), ZONE)


def test_a_provider_that_is_not_to_write_does_not(zone):
    """An option such as `apply_disabled`, with which octoDNS changes nothing, is no success."""
    outcome = change(_stub(apply_disabled="true"), ZONE, (_WWW, _OTHER))
    assert isinstance(outcome, Failed)
    assert outcome.certain
    assert zone["www", "A"]["value"] == "192.0.2.1"


def test_what_a_class_tells_is_a_limit(zone):
    """Types and the least TTL stand in the class, and are known without a connection."""
    limits = _stub().capabilities.zones
    assert limits.types == {"A", "CNAME", "MX", "NS", "PTR", "TXT"}
    assert limits.min_ttl == 120
    assert StubProvider.made == []


def test_several_names_of_an_address_are_refused_where_they_can_not_be(zone):
    """A provider that takes one PTR a name would drop the others."""
    two = RRset(f"1.{ZONE}", "PTR", 300, ("a.example.net.", "b.example.net."))
    outcome = change(_stub(), ZONE, (None, two))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain) == ("limit", True)
    assert change(_stub(), ZONE, (None, RRset(*two.id, 300, two.values[:1]))) == Done()


def test_a_provider_that_does_not_tell_whether_a_zone_exists(zone):
    """A zone with records is there; one without is taken for missing, as making it would be worse."""
    assert read(_stub("MuteProvider"), ZONE).rrsets[_WWW.id] == _WWW
    zone.clear()
    with pytest.raises(ProviderError, match="is not hosted"):
        read(_stub("MuteProvider"), ZONE)


@pytest.mark.parametrize("missing", ["octodns", "octodns_nowhere"])
def test_a_missing_library_is_named_with_what_to_install(monkeypatch, missing):
    """Without octoDNS, or the package of this host, the way out can be typed."""
    real = loading.find_spec
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == missing else real(name))
    with pytest.raises(Problem) as caught:
        provider_of("octodns_nowhere.NowhereProvider", {}, ZONE)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.id == "octodns-missing"
    assert f"{missing} is not installed" in diagnostic.message
    assert diagnostic.help == "pip install 'reconciler[octodns]' octodns-nowhere"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("tests.octodns.stub.StubProvidr", "StubProvider"),
        ("tests.octodns.stub.Timeout", "README"),
        ("octodns_bind.AxfrSource", "README"),
        ("tests.octodns.nothing.Provider", "README"),
    ],
)
def test_a_class_that_is_no_provider_is_told(path, hint):
    """A class that is not there, or can not write, is a diagnostic with the nearest name."""
    with pytest.raises(Problem) as caught:
        provider_of(path, {}, ZONE)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.id == "octodns-class"
    assert path in diagnostic.message
    assert hint in (diagnostic.help or "")


@pytest.mark.parametrize("name", ["token", "api_key", "apiKey", "key_secret", "secret_access_key", "password"])
def test_a_secret_in_plain_text_is_refused(name):
    """What is named like a secret is not to be written down, and the message does not repeat it."""
    with pytest.raises(ValidationError) as caught:
        OctoDnsSettings.model_validate({"class": "a.B", "zones": (ZONE,), "options": {name: _TOKEN}})
    (error,) = caught.value.errors()
    assert name in error["msg"]
    assert _TOKEN not in error["msg"]
    for harmless in ("key_name", "access_key_id", "token_name"):
        OctoDnsSettings.model_validate({"class": "a.B", "zones": (ZONE,), "options": {harmless: "x"}})


@pytest.mark.parametrize("given", [{"class": "NoModule"}, {"options": {"id": "x"}}, {"zones": []}])
def test_settings_that_can_not_be_are_refused(given):
    """A class without a module, an id of one's own, no zone at all."""
    with pytest.raises(ValidationError):
        OctoDnsSettings.model_validate({"class": "a.B", "zones": (ZONE,), **given})
