"""Reads a case: three sides written like a configuration, as the values that planning is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from reconciler.model.desired import Desired, Remembered
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Inventory, Live
from reconciler.model.names import address_key, domain_key
from reconciler.model.resources import field_names, make
from reconciler.model.sizes import parse_size
from reconciler.providers.capabilities import Capabilities

TODAY = date(2026, 11, 21)
PROVIDERS = {
    "groupware": {"type": "sandbox", "path": "groupware.db"},
    "mailorg": {"type": "sandbox", "path": "mailorg.db"},
    "zones": {"type": "zonefile", "directory": "zones"},
}
DEFAULTS = {"instance": {"provider": "groupware"}, "team": {"provider": "mailorg"}}
SECTIONS = {
    "instances": Kind.INSTANCE,
    "domains": Kind.DOMAIN,
    "mailboxes": Kind.MAILBOX,
    "aliases": Kind.ALIAS,
    "teams": Kind.TEAM,
    "records": Kind.RECORD,
}
OWN = {Kind.TEAM: "mailorg", Kind.MEMBER: "mailorg", Kind.RECORD: "zones"}
SIZES = frozenset({"storage", "quota", "used", "allocated"})
MEMORY = frozenset({"protect", "password_version", "contribution"})
HISTORY = frozenset({"changed_at", "stale_until", "left"})
NOT_FIELDS = frozenset({"provider", "password", "members", "dns", "copies", *MEMORY, *HISTORY})


#: By provider: fields of its capability table.
Able: TypeAlias = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """One example, with what its file settles already merged in."""

    name: str
    desired: dict[str, Any] | str
    actual: dict[str, Any]
    applied: dict[str, Any]
    plan: dict[str, Any]
    now: float = 0.0
    consents: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    able: Able = field(default_factory=dict)

    def text(self) -> str:
        """The configuration's text."""
        if isinstance(self.desired, str):
            return self.desired
        tree = with_passwords({key: each for key, each in self.desired.items() if key != "records"})
        for section in ("domains", "mailboxes"):  # a provider stands beside them on the other sides only
            tree[section] = {key: _without_provider(each) for key, each in tree.get(section, {}).items()}
        whole = merged({"version": 1, "providers": PROVIDERS, "defaults": DEFAULTS}, tree)
        return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)


@dataclass(frozen=True)
class Entry:
    """One resource of a side: where it is, its fields, and what stands beside them."""

    kind: Kind
    key: str
    provider: str
    fields: dict[str, Any]
    beside: dict[str, Any] = field(default_factory=dict)


def cases_of(file: Path) -> Iterator[Case]:
    """Every case of a file."""
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    settled = tree.get("settled", {})
    known = {"name", "because", "desired", "actual", "applied", "plan", "today", "now", "consents", "files", "able"}
    for each in tree["cases"]:
        strange = set(each) - known
        assert not strange, f"{file.name}: '{each['name']}' has unknown keys: {', '.join(sorted(strange))}"
        desired = each.get("desired") or {}
        yield Case(
            each["name"],
            desired if isinstance(desired, str) else merged(settled, desired),
            merged(settled, each.get("actual") or {}),
            merged(settled, each.get("applied") or {}),
            each["plan"],
            _moment(each.get("now") or each.get("today", TODAY)),
            tuple(each.get("consents", ())),
            tuple(each.get("files", ())),
            merged(tree.get("able", {}), each.get("able") or {}),
        )


def abler(able: Capabilities, more: Mapping[str, Any]) -> Capabilities:
    """What a provider of a case can do, beyond what its type can."""
    given = {name: frozenset(each) if name == "extras" else each for name, each in more.items()}
    edits = {Kind(kind): frozenset(names) for kind, names in given.pop("updatable", {}).items()}
    updatable = {kind: able.updatable.get(kind, frozenset()) | edits.get(kind, frozenset()) for kind in Kind}
    return replace(able, **given, updatable=updatable)


def _moment(given: date | str) -> float:
    """A day, in the middle of which the case plays, or a time such as `2026-11-21 06:00` in UTC, as seconds."""
    if isinstance(given, str):
        return datetime.strptime(given, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()
    return datetime.combine(given, time(12)).timestamp()


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with changes laid over it; None takes a thing away."""
    result = dict(base)
    for key, change in changes.items():
        if change is None:
            result.pop(key, None)
        elif isinstance(change, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], change)
        else:
            result[key] = merged({}, change) if isinstance(change, Mapping) else change
    return result


def with_passwords(tree: dict[str, Any]) -> dict[str, Any]:
    """A configuration in which every user has a password reference, unless it says `password: none`."""
    result = dict(tree)
    result["mailboxes"] = {key: _user(each) for key, each in tree.get("mailboxes", {}).items()}
    result["teams"] = {
        label: {**team, "members": {key: _user(each) for key, each in team.get("members", {}).items()}}
        for label, team in tree.get("teams", {}).items()
    }
    return {key: each for key, each in result.items() if each != {}}


def _without_provider(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if entry is None else {name: value for name, value in entry.items() if name != "provider"}


def _user(entry: Mapping[str, Any]) -> dict[str, Any]:
    given = {"password": {"env": "PASSWORD"}, **entry}
    return {key: value for key, value in given.items() if value != "none"}


def inventory(side: Mapping[str, Any]) -> Inventory:
    """The actual side."""
    return Inventory(
        (
            entry.provider,
            [Live(make(entry.kind, entry.key, entry.fields), f"id {entry.key}", facts=entry.beside)],
        )
        for entry in entries(side)
    )


def state(side: Mapping[str, Any], desired: Desired) -> AppliedState:
    """The applied side; a password counts as set in the version the files have, where nothing else is said."""
    resources = {}
    for entry in entries(side):
        declared = desired.of(entry.kind).get(entry.key)
        remembered = {"password_version": declared.remember.password_version} if declared else {}
        remembered.update({name: entry.beside[name] for name in MEMORY if name in entry.beside})
        past = {name: _past(name, value) for name, value in entry.beside.items() if name in HISTORY}
        resource = make(entry.kind, entry.key, entry.fields)
        memory = Remembered(**remembered)
        resources[entry.kind, entry.key] = Applied(resource, entry.provider, f"id {entry.key}", memory, **past)
    return AppliedState("lineage", 1, resources)


def _past(name: str, value: Any) -> Any:
    return tuple(value) if name == "left" else int(_moment(value))


def entries(side: Mapping[str, Any]) -> Iterator[Entry]:
    """The resources of one side, members after their team."""
    for section, kind in SECTIONS.items():
        for name, given in side.get(section, {}).items():
            copies = given.get("copies", {}) if isinstance(given, Mapping) else {}
            yield from (_entry(kind, name, {**given, "provider": at, **own}) for at, own in copies.items())
            yield _entry(kind, name, {"to": given} if isinstance(given, (str, list)) else given or {})
            for address, member in (given.get("members") or {}).items() if kind is Kind.TEAM else ():
                yield _entry(Kind.MEMBER, address, {"team": name, **member})


def _entry(kind: Kind, name: str, given: Mapping[str, Any]) -> Entry:
    key = {
        Kind.DOMAIN: domain_key,
        Kind.MAILBOX: address_key,
        Kind.ALIAS: address_key,
        Kind.MEMBER: address_key,
    }.get(kind, str)(name)
    values = {each: _value(each, value) for each, value in given.items()}
    names = set(field_names(kind))
    fields = {each: value for each, value in values.items() if each in names}
    beside = {
        each: value for each, value in values.items() if each not in names and each not in NOT_FIELDS - MEMORY - HISTORY
    }
    if kind is Kind.RECORD and "zone" not in fields:
        fields["zone"] = key.partition(" ")[0]
    return Entry(kind, key, str(given.get("provider", OWN.get(kind, "groupware"))), fields, beside)


def _value(name: str, value: Any) -> Any:
    if name in SIZES and isinstance(value, str):
        return parse_size(value)
    if name in ("to", "send_as"):
        return tuple(sorted(address_key(each) for each in ([value] if isinstance(value, str) else value)))
    if name == "values":
        return tuple(sorted(value))
    return value
