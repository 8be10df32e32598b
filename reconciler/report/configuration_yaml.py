"""Live resources as a configuration: YAML that declares them as they are, in the same order whatever the reading's."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_label
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Resource, Team
from reconciler.model.sizes import exact_size

#: Text that every YAML reader takes for that text: no sign of YAML's, no blank at an end.
_PLAIN = re.compile(r"[^\W_](?:[\w.@+/-]|(?<=\w) (?=\w))*\Z")
#: Words and numbers that YAML 1.1 or 1.2 takes for something else (yaml.org/type).
_OTHER = re.compile(
    r"(?:y|n|yes|no|on|off|true|false|null|~|[-+]?[\d_.]+(?:e[-+]?\d+)?|0x[\da-f_]+|0o?[0-7_]+|\.inf|\.nan"
    r"|\d{4}-\d\d?-\d\d?.*|[\d:]+(?:\.\d*)?)\Z",
    re.IGNORECASE,
)
#: What JSON leaves as it is and YAML takes for a line's end, or refuses.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

_SECTIONS = {
    Kind.INSTANCE: "instances", Kind.DOMAIN: "domains", Kind.MAILBOX: "mailboxes", Kind.ALIAS: "aliases",
    Kind.TEAM: "teams",
}  # fmt: skip


def scalar(text: str) -> str:
    """Return a text as a YAML scalar: plain where every reader takes it for that text, else in double quotes."""
    if _PLAIN.match(text) and not _OTHER.match(text):
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def configuration_yaml(resources: Mapping[Kind, Mapping[str, tuple[str, Resource]]], comments: Sequence[str]) -> str:
    """Return YAML that declares resources.

    Args:
        resources: By kind and key: the provider's name, and the resource as it is. A member is declared below its
            team, which must be among them.
        comments: Lines to stand on top.
    """
    lines = [f"# {each}".rstrip() for each in comments]
    for kind, section in _SECTIONS.items():
        group = resources.get(kind, {})
        if not group:
            continue
        lines += ["", f"{section}:"]
        for key in sorted(group):
            provider, resource = group[key]
            lines += _declared(provider, resource, resources.get(Kind.MEMBER, {}))
    return "\n".join(lines) + "\n"


def _declared(provider: str, resource: Resource, members: Mapping[str, tuple[str, Resource]]) -> Iterator[str]:
    if isinstance(resource, Instance):
        yield f"  {scalar(resource.label)}: {_flow(provider=provider, storage=_size(resource.storage))}"
    elif isinstance(resource, Domain):
        yield f"  {scalar(domain_label(resource.name))}: {_flow(instance=resource.instance)}"
    elif isinstance(resource, Mailbox):
        login = "false" if resource.login is False else None
        fields = _flow(owner=resource.owner, quota=_size(resource.quota), login=login)
        yield f"  {_address(resource.address)}: {fields}"
    elif isinstance(resource, Alias):
        yield f"  {_address(resource.address)}: {_alias(resource)}"
    elif isinstance(resource, Team):
        yield from _team(provider, resource, members)


def _alias(alias: Alias) -> str:
    to = _address(alias.to[0]) if len(alias.to) == 1 else _addresses(alias.to)
    return to if alias.send_as is None else f"{{to: {to}, send_as: {_addresses(alias.send_as)}}}"


def _addresses(keys: Sequence[str]) -> str:
    return f"[{', '.join(map(_address, keys))}]"


def _team(provider: str, team: Team, members: Mapping[str, tuple[str, Resource]]) -> Iterator[str]:
    yield f"  {scalar(team.label)}:"
    yield f"    provider: {scalar(provider)}"
    if team.master is not None:
        yield f"    master: {_address(team.master)}"
    for name, value in (("billing", team.billing), ("plan", team.plan)):
        if value is not None:
            yield f"    {name}: {scalar(value)}"
    ours = [(key, each) for key, (_, each) in sorted(members.items()) if isinstance(each, Member)]
    ours = [(key, each) for key, each in ours if each.team == team.label]
    if ours:
        yield "    members:"
        for key, each in ours:
            yield f"      {_address(key)}: {_flow(owner=each.owner, plan=each.plan)}"


def _address(key: str) -> str:
    return scalar(address_label(key))


def _size(size: int | None) -> str | None:
    return None if size is None else exact_size(size)


def _flow(**fields: str | None) -> str:
    told = [f"{name}: {_flow_scalar(name, value)}" for name, value in fields.items() if value is not None]
    return "{" + ", ".join(told) + "}"


def _flow_scalar(name: str, value: str) -> str:
    return value if name in ("storage", "quota", "login") else scalar(value)
