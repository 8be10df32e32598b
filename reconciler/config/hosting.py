"""Instances and domains: what everything else is hosted in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.config.blocks import Defaults
from reconciler.config.dnsblock import dns_settings
from reconciler.config.entries import Context, Entry, Part, entries, twice, validated
from reconciler.config.models import DomainBlock, InstanceBlock
from reconciler.config.nodes import overlay
from reconciler.model.closest import did_you_mean
from reconciler.model.desired import Declaration, DnsSettings, ProviderBlock, Remembered
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.names import MAX_LOCAL, BadName, address_key, domain_key, domain_of
from reconciler.model.resources import Domain, Instance
from reconciler.model.source import Span

#: Local parts that `address_key` gives back as they are.
_OWN_KEY = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*").fullmatch


@dataclass(slots=True)
class Hosting:
    """Instances and domains as read.

    `known_instances` and `known_domains` hold also those with mistakes, so that a reference to one is not a second
    mistake. `mailbox_domains` are those that any mailbox names, declared or not.
    """

    instances: dict[str, Declaration] = field(default_factory=dict)
    domains: dict[str, Declaration] = field(default_factory=dict)
    dns: dict[str, DnsSettings] = field(default_factory=dict)
    known_instances: set[str] = field(default_factory=set)
    known_domains: set[str] = field(default_factory=set)
    mailbox_domains: set[str] = field(default_factory=set)


class AddressReader:
    """Reads addresses as keys, with the provider that hosts their domain; most are written as their keys already.

    Attributes:
        domains: Keys of the domains seen.
    """

    __slots__ = ("_cache", "_hosting", "domains")

    def __init__(self, hosting: Hosting) -> None:
        """Look providers up among the domains read."""
        self._hosting = hosting
        self._cache: dict[str, str] = {}  # a domain that is its own key: its provider
        self.domains: set[str] = set()

    def read(self, text: str) -> tuple[str, str]:
        """Return an address's key, and its provider's name (empty where its domain has none).

        Raises:
            BadName: If it is not an address.
        """
        local, _, domain = text.rpartition("@")
        provider = self._cache.get(domain)
        if provider is not None and len(local) <= MAX_LOCAL and _OWN_KEY(local):
            return text, provider
        address = address_key(text)
        key = domain_of(address)
        declared = self._hosting.domains.get(key)
        provider = declared.provider if declared else ""
        self.domains.add(key)
        self._cache[key] = provider
        return address, provider


def unknown_provider(name: str, what: str, at: Span, providers: Mapping[str, ProviderBlock], context: Context) -> None:
    """Note that a provider is named that is not configured."""
    context.problems.append(
        problem(
            "unknown-provider",
            f"{what} names the provider '{name}', which is not configured",
            at=at,
            help=did_you_mean(
                name,
                providers,
                "configured are: " + ", ".join(providers) if providers else "add it to the section `providers:`",
            ),
        )
    )


def read_instances(
    parts: Sequence[Part],
    defaults: Defaults,
    providers: Mapping[str, ProviderBlock],
    hosting: Hosting,
    context: Context,
) -> None:
    """Read the section `instances:`."""
    seen: dict[str, Span] = {}
    under = defaults.of("instance")
    for part in parts:
        for entry in entries(part, context, "instance"):
            if entry.name in seen:
                context.problems.append(twice("instance", entry.name, seen[entry.name], entry.span))
                continue
            seen[entry.name] = entry.span
            hosting.known_instances.add(entry.name)
            what = f"instance '{entry.name}'"
            block = validated(InstanceBlock, part, overlay(entry.node, under), entry.key, what, context)
            if block is None:
                continue
            origin = entry.origin()
            if block.provider not in providers:
                unknown_provider(block.provider, what, origin.span("provider"), providers, context)
            resource = Instance(entry.name, block.storage)
            hosting.instances[entry.name] = Declaration(resource, block.provider, origin, Remembered(block.protect))


def read_domains(
    parts: Sequence[Part],
    defaults: Defaults,
    providers: Mapping[str, ProviderBlock],
    hosting: Hosting,
    context: Context,
) -> None:
    """Read the section `domains:`; instances come first."""
    seen: dict[str, tuple[str, Span]] = {}
    under = defaults.of("domain")
    for part in parts:
        for entry in entries(part, context, "domain"):
            try:
                key = domain_key(entry.name)
            except BadName as error:
                context.problems.append(bad_name("domain", entry.name, str(error), entry.span))
                continue
            if key in seen:
                name, first = seen[key]
                context.problems.append(twice("domain", entry.name, first, entry.span, same=name == entry.name))
                continue
            seen[key] = entry.name, entry.span
            hosting.known_domains.add(key)
            filled = overlay(entry.node, under, deep=("dns", "spf", "dmarc", "mta_sts", "alignment"))
            block = validated(DomainBlock, part, filled, entry.key, f"domain '{entry.name}'", context)
            if block is not None:
                _keep(block, entry, key, providers, hosting, context)


def _keep(  # noqa: PLR0917 - the parts of one step
    block: DomainBlock,
    entry: Entry,
    key: str,
    providers: Mapping[str, ProviderBlock],
    hosting: Hosting,
    context: Context,
) -> None:
    origin = entry.origin()
    instance = hosting.instances.get(block.instance)
    if instance is None and block.instance not in hosting.known_instances:
        context.problems.append(
            problem(
                "unknown-instance",
                f"domain '{entry.name}' names the instance '{block.instance}', which is not declared",
                at=origin.span("instance"),
                help=did_you_mean(
                    block.instance, hosting.known_instances, "declare it under `instances:`, or name one that is"
                ),
            )
        )
    if block.dns is not None:
        settings = dns_settings(block.dns, entry, key, context)
        if block.dns.provider not in providers:
            at = settings.origin.span("provider")
            unknown_provider(block.dns.provider, f"'dns' of domain '{entry.name}'", at, providers, context)
        hosting.dns[key] = settings
    hosting.domains[key] = Declaration(
        Domain(key, block.instance), instance.provider if instance else "", origin, Remembered(block.protect)
    )


def bad_name(what: str, name: str, why: str, at: Span) -> Diagnostic:
    """The diagnostic of a key that can not be the name of its kind."""
    return problem("bad-name", f"{what} '{name}': {why}", at=at, help="write an address such as anna@example.org")
