"""Zones of a hundred records each, as both contenders are given them: mail's own, and what else a unit has.

Each zone also holds records that are nobody's business: both have to leave them as they are.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.model.presentation import quote
from reconciler.model.rrsets import RRset
from tests.servers.nameserver import NameServer

PER_ZONE = 100  # rrsets that are declared; so many of mail come first
TTL = 3600  # seconds
#: Names in each zone that neither contender is to touch.
FOREIGN = ("ns1", "mx1", "mx2", "printer", "wiki", "_acme-challenge")
_VERIFICATION = "site-verification=0f3c9a52c1e84d5b"  # a foreign value in the TXT rrset that SPF stands in
_SPF = "v=spf1 mx ip4:192.0.2.0/24 -all"
#: A public key of 2048 bits, whose private one was never kept.
_DKIM = (
    "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvuhI0A2vgxW4wolZuvmEtrWdlQqcT+LkKMiR3ph6worb2w/IAgr6"
    "MkiSj40A9jEgIeqCC8Z9Rqg4FinZMUov2Grfj76rW7DGqCVzQbEPVwOVJ5vUapQwwgvFx9e9G3RUa2KYoMMHwXQ4HNy0DLrLsnIdtmGU2MQhnx8rcbTy"
    "GeELsp0/lkwKlJODEOHOf/2QIKy4JrUesATkdeQlmNPwV+WBpOcKecO62lcjNW3miUbjnwTs28MKwlYh1z8/DLoC6As9y4AwbZWJPrs0Pd8XMEsvsQMK"
    "SW93PZVXJLdWFo/7XrdGqqoSGAEp2Suza4h2YBS5Nwwj4Qz1/09xIH5CjwIDAQAB"
)

_ROOT = """\
version: 1
state: {{local: state/mail.json}}
providers:
  groupware: {{type: sandbox, path: state/sandbox.db}}
  dns:
    type: rfc2136
    server: {server}
    key: {{name: {key}, algorithm: {algorithm}, secret: {{file: secrets/tsig}}}}
    zones: {zones}
instances:
  campus: {{provider: groupware, storage: 1 GB}}
{more}domains:
"""
_OCTODNS = """\
manager:
  max_workers: {workers}
processors:
  foreign: {{class: octodns.processor.filter.NameRejectlistFilter, rejectlist: {foreign}}}
providers:
  files: {{class: octodns.provider.yaml.YamlProvider, directory: ./octodns, default_ttl: {ttl}, enforce_order: false}}
  server:
    class: octodns_bind.Rfc2136Provider
    host: {host}
    port: {port}
    key_name: {key}
    key_secret: {secret}
    key_algorithm: {algorithm}
zones:
"""


class Declared(NamedTuple):
    """An rrset as its owner writes it: the name below the zone (`@` for the zone's own), type and values."""

    name: str
    type: str
    values: tuple[str, ...]


def zone_names(records: int, per_zone: int = PER_ZONE) -> list[str]:
    """The zones that so many records fill."""
    return [f"unit-{number:04}.example" for number in range(max(1, records // per_zone))]


def declared(zone: str, count: int = PER_ZONE) -> list[Declared]:
    """The rrsets of a zone that both contenders are to make."""
    found = list(_mail(zone))
    for number in range(count):
        found.extend(_host(zone, number))
        if len(found) >= count:
            break
    return found[:count]


def _mail(zone: str) -> Iterator[Declared]:
    yield Declared("@", "MX", (f"10 mx1.{zone}.", f"20 mx2.{zone}."))
    yield Declared("@", "TXT", (_SPF,))
    yield Declared("s1._domainkey", "TXT", (_DKIM,))
    yield Declared("_dmarc", "TXT", (f"v=DMARC1; p=reject; rua=mailto:dmarc@{zone}",))
    yield Declared("_smtp._tls", "TXT", (f"v=TLSRPTv1; rua=mailto:tls@{zone}",))
    yield Declared("_imaps._tcp", "SRV", (f"0 1 993 mx1.{zone}.",))
    yield Declared("_submissions._tcp", "SRV", (f"0 1 465 mx1.{zone}.",))
    yield Declared("autoconfig", "CNAME", (f"mx1.{zone}.",))
    yield Declared("@", "A", ("192.0.2.80",))
    yield Declared("www", "CNAME", (f"{zone}.",))


def _host(zone: str, number: int) -> Iterator[Declared]:
    """A host of the unit, which receives and sends mail of its own."""
    host = f"host-{number:03}"
    yield Declared(host, "A", (f"192.0.2.{number % 250 + 1}",))
    yield Declared(host, "MX", (f"10 mx1.{zone}.",))
    yield Declared(host, "TXT", (f"v=spf1 ip4:192.0.2.{number % 250 + 1} -all",))
    yield Declared(host, "AAAA", (f"2001:db8::{number + 1:x}",))
    yield Declared(f"_dmarc.{host}", "TXT", ("v=DMARC1; p=reject",))
    yield Declared(f"_imaps._tcp.{host}", "SRV", (f"0 1 993 mx1.{zone}.",))
    yield Declared(f"mail.{host}", "CNAME", (f"mx2.{zone}.",))


def foreign(zone: str) -> list[RRset]:
    """What stands in a zone before either contender comes."""
    return [
        RRset(f"mx1.{zone}", "A", TTL, ("192.0.2.11",)),
        RRset(f"mx2.{zone}", "A", TTL, ("192.0.2.12",)),
        RRset(f"printer.{zone}", "A", TTL, ("192.0.2.99",)),
        RRset(f"wiki.{zone}", "CNAME", TTL, (f"printer.{zone}.",)),
        RRset(f"_acme-challenge.{zone}", "TXT", 60, (quote("kT9wPq2vXz0"),)),
        RRset(zone, "TXT", TTL, (quote(_VERIFICATION),)),
    ]


def host(server: NameServer, zones: Iterable[str]) -> None:
    """Put zones on a server as they are before either contender comes."""
    for zone in zones:
        server.add_zone(zone, foreign(zone))


def write_ours(folder: Path, server: NameServer, zones: Iterable[str], count: int, *, resolver: bool) -> None:
    """Write the configuration of reconciler: the domains' mail is a sandbox's, their records are all declared.

    Args:
        folder: Where to; made where it is missing.
        server: Who hosts the zones.
        zones: Their names, which are the domains' too.
        count: Records of each.
        resolver: Whether the name servers are asked for the previews.
    """
    secret = folder / "secrets" / "tsig"
    secret.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret.write_text(server.key_secret)
    secret.chmod(0o600)
    names = list(zones)
    head = _ROOT.format(
        server=server.address, key=server.key_name, algorithm=server.key_algorithm, zones=json.dumps(names),
        more="" if resolver else "resolver: {off: true}\n",
    )  # fmt: skip
    lines = [line for zone in names for line in _our_lines(zone, count)]
    (folder / "mail.yaml").write_text(head + "\n".join(lines) + "\n")


def _our_lines(zone: str, count: int) -> Iterator[str]:
    yield f"  {zone}:"
    yield "    instance: campus"
    yield "    dns:"
    yield "      provider: dns"
    yield "      mail: false"
    yield "      records:"
    for each in declared(zone, count):
        yield f"        - {{name: {json.dumps(each.name)}, type: {each.type}, values: {json.dumps(each.values)}}}"


def write_octodns(folder: Path, server: NameServer, zones: Iterable[str], count: int, workers: int) -> None:
    """Write octoDNS's configuration: a file for each zone, and names that are not its own left alone.

    The foreign value beside SPF is in its files: octoDNS knows whole rrsets only.
    """
    files = folder / "octodns"
    files.mkdir(parents=True, exist_ok=True)
    head = _OCTODNS.format(
        workers=workers, foreign=json.dumps(FOREIGN), ttl=TTL, host=server.host, port=server.port, key=server.key_name,
        secret=server.key_secret, algorithm=server.key_algorithm,
    )  # fmt: skip
    lines = []
    for zone in zones:
        lines.append(f"  {zone}.: {{sources: [files], processors: [foreign], targets: [server]}}")
        (files / f"{zone}.yaml").write_text("\n".join(_octodns_lines(zone, count)) + "\n")
    (folder / "octodns.yaml").write_text(head + "\n".join(lines) + "\n")


def _octodns_lines(zone: str, count: int) -> Iterator[str]:
    """A zone's file."""
    by_name: dict[str, list[Declared]] = {}
    for each in declared(zone, count):
        by_name.setdefault("" if each.name == "@" else each.name, []).append(each)
    for name, group in by_name.items():
        yield f"{json.dumps(name)}:"
        for each in group:
            yield f"  - {json.dumps({'type': each.type} | _octodns_values(each))}"


def _octodns_values(each: Declared) -> dict[str, object]:
    if each.type == "CNAME":
        return {"value": each.values[0]}
    if each.type == "TXT":
        texts = (*each.values, _VERIFICATION) if each.name == "@" else each.values
        return {"values": [text.replace(";", r"\;") for text in texts]}
    fields = {"MX": ("preference", "exchange"), "SRV": ("priority", "weight", "port", "target")}.get(each.type)
    if fields is None:
        return {"values": each.values}
    return {"values": [dict(zip(fields, map(_number, value.split()), strict=True)) for value in each.values]}


def _number(word: str) -> int | str:
    return int(word) if word.isdecimal() else word
