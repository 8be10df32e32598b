"""Which providers there are: the built-in ones, and every class behind an entry point of `reconciler.providers`."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from reconciler.model.closest import did_you_mean
from reconciler.model.desired import ProviderBlock
from reconciler.model.diagnostic import Problem, problem
from reconciler.model.reading import read_model
from reconciler.providers.base import Provider

GROUP = "reconciler.providers"

#: Type names that need no installation metadata, and are not to be replaced: module and class.
_BUILT_IN = {
    "dnsonly": ("reconciler.providers.dnsonly", "DnsOnlyProvider"),
    "netcup": ("reconciler.providers.netcup", "NetcupProvider"),
    "octodns": ("reconciler.providers.octodns", "OctoDnsProvider"),
    "powerdns": ("reconciler.providers.powerdns", "PowerDnsProvider"),
    "rfc2136": ("reconciler.providers.rfc2136", "Rfc2136Provider"),
    "sandbox": ("reconciler.providers.sandbox", "SandboxProvider"),
    "sogo": ("reconciler.providers.sogo", "SogoProvider"),
    "zonefile": ("reconciler.providers.zonefile", "ZonefileProvider"),
}


def provider_types() -> Mapping[str, type[Provider]]:
    """Every provider's class by its type name, imported.

    Raises:
        Problem: `provider-not-loadable`, if a class behind an entry point can not be imported.
    """
    found = {name: _built_in(name) for name in _BUILT_IN}
    for name, entry in _third_parties().items():
        found[name] = _load(entry)
    return found


def provider_names() -> list[str]:
    """The type names there are, without importing any provider."""
    return sorted({*_BUILT_IN, *_third_parties()})


def open_provider(block: ProviderBlock) -> Provider:
    """Make the provider of a configured block; nothing is opened yet.

    Raises:
        Problem: `unknown-provider-type`, `provider-not-loadable`, or what is wrong with its settings.
    """
    provider = provider_type(block)
    settings = read_model(provider.settings_model, block.settings, block.origin, f"provider '{block.name}'")
    return provider(block.name, settings, block.base)


def provider_type(block: ProviderBlock) -> type[Provider]:
    """Return the class of a configured block, imported.

    Raises:
        Problem: `unknown-provider-type` or `provider-not-loadable`.
    """
    if block.type in _BUILT_IN:
        return _built_in(block.type)
    entry = _third_parties().get(block.type)
    if entry is not None:
        return _load(entry)
    names = provider_names()
    raise Problem(
        problem(
            "unknown-provider-type",
            f"there is no provider type '{block.type}'",
            at=block.origin.span("type"),
            help=did_you_mean(block.type, names, f"write one of: {', '.join(names)}"),
        )
    )


def _built_in(name: str) -> type[Provider]:
    module, attribute = _BUILT_IN[name]
    return cast("type[Provider]", getattr(import_module(module), attribute))


def _third_parties() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in _BUILT_IN}


def _load(entry: EntryPoint) -> type[Provider]:
    try:
        return cast("type[Provider]", entry.load())
    except Exception as error:  # foreign code fails as it likes
        raise Problem(
            problem(
                "provider-not-loadable",
                f"provider type '{entry.name}' is installed but can not be loaded: {error}",
                help=f"reinstall the package that brings `{entry.value}`",
            )
        ) from error
