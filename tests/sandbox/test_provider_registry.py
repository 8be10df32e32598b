"""Providers are found by their type name: two built in, others behind entry points."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from reconciler.model.desired import ProviderBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.source import Origin, pack
from reconciler.providers import registry
from reconciler.providers.sandbox import SandboxProvider


def _block(type_, **settings):
    places = (pack(2, 4, 4), pack(2, 10, 7), pack(3, 4, 4), pack(3, 10, 9))
    origin = Origin("mail.yaml", pack(1, 2, 9), ("type", next(iter(settings), "path")), places)
    return ProviderBlock("groupware", type_, settings, origin, Path("/nowhere"))


@pytest.fixture
def installed(monkeypatch):
    """Pretends that a package with these entry points is installed."""

    def install(**entries):
        found = [EntryPoint(name, value, registry.GROUP) for name, value in entries.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: found)

    return install


def test_the_built_in_types_need_no_installation(installed):
    """All are there without any metadata, and nothing installed takes their names."""
    installed(sandbox="json:JSONDecoder")
    types = registry.provider_types()
    assert set(types) == {"dnsonly", "netcup", "octodns", "powerdns", "rfc2136", "sandbox", "sogo", "zonefile"}
    assert types["sandbox"] is SandboxProvider
    assert all(name == found.type_name for name, found in types.items())


def test_an_installed_type_is_found(installed):
    """A class behind an entry point is a type like the built-in ones."""
    installed(mine="reconciler.providers.sandbox:SandboxProvider")
    assert registry.provider_types()["mine"] is SandboxProvider
    assert isinstance(registry.open_provider(_block("mine", path="x.db")), SandboxProvider)


def test_opening_a_provider_opens_nothing():
    """A provider is made with its validated settings; the path starts at the block's folder."""
    provider = registry.open_provider(_block("sandbox", path="state/x.db"))
    assert provider.name == "groupware"
    assert provider.platform.path == Path("/nowhere/state/x.db")


def test_an_unknown_type_is_named_with_a_suggestion(installed):
    """The place of the type, and what was probably meant."""
    installed()
    with pytest.raises(Problem) as error:
        registry.open_provider(_block("sandbocks"))
    (found,) = error.value.diagnostics
    assert found.id == "unknown-provider-type"
    assert "sandbocks" in found.message
    assert "sandbox" in found.help
    assert str(found.primary.span) == "mail.yaml:3:11"


def test_an_unlike_type_is_answered_with_all_there_are(installed):
    """Where nothing is close, every type is listed, the installed ones too."""
    installed(mine="x:Y")
    with pytest.raises(Problem) as error:
        registry.open_provider(_block("carrier-pigeon"))
    types = "dnsonly, mine, netcup, octodns, powerdns, rfc2136, sandbox, sogo, zonefile"
    assert types in error.value.diagnostics[0].help


def test_a_type_that_can_not_be_loaded_is_a_problem(installed):
    """A broken package is named, not met as a traceback."""
    installed(mine="reconciler.nothing_of_the_kind:Provider")
    with pytest.raises(Problem) as error:
        registry.open_provider(_block("mine"))
    assert error.value.diagnostics[0].id == "provider-not-loadable"


def test_bad_settings_are_told_at_their_place():
    """What a provider's own model refuses is a diagnostic with the place of the setting."""
    with pytest.raises(Problem) as error:
        registry.open_provider(_block("sandbox", pfad="x.db"))
    assert any("pfad" in found.message for found in error.value.diagnostics)
    assert all(found.primary is not None for found in error.value.diagnostics)
