"""The names of things, as a person reads them."""

import shlex

from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.model.resources import split_record_key
from reconciler.report.layout import clean

_ADDRESSED = frozenset({Kind.MAILBOX, Kind.ALIAS, Kind.MEMBER})


def owner_name_label(name: str) -> str:
    """An owner name with U-labels where it has A-labels, label by label: `_dmarc` is no host name."""
    return ".".join(map(domain_label, name.split("."))) if "xn--" in name else name


def key_label(kind: Kind, key: str) -> str:
    """A resource's key as a person reads it."""
    if kind in _ADDRESSED:
        return clean(address_label(key))
    if kind is Kind.DOMAIN:
        return clean(domain_label(key))
    if kind is Kind.RECORD:
        name, _, rest = key.partition(" ")
        return clean(f"{owner_name_label(name)} {rest}")
    return clean(key)


def operation_label(identity: str) -> str:
    """An operation's id as a person reads it: its key has U-labels."""
    action, _, rest = identity.partition(" ")
    kind, _, key = rest.partition(" ")
    if kind not in Kind.__members__.values():
        return clean(identity)
    return f"{action} {kind} {key_label(Kind(kind), key)}"


def home(kind: Kind, key: str, zone: str | None = None) -> str:
    """The domain a resource is counted under: an address's domain, a record's zone, else the thing itself."""
    if kind in _ADDRESSED:
        return domain_label(domain_of(key))
    if kind is Kind.RECORD:
        return owner_name_label(zone or split_record_key(key)[0])
    return key_label(kind, key)


def typed(option: str) -> str:
    """An option and its value as a shell takes them: `--allow-destroy 'record:example.org MX'`."""
    name, _, value = option.partition(" ")
    return clean(f"{name} {shlex.quote(value)}") if value else clean(name)
