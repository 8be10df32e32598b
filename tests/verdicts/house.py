"""What an example has published, on a real name server, with the world that its records lead to."""

import json
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

import dns.resolver

from scripts.house import ROOT, copy_examples
from tests.checks.house import rsa
from tests.cli.conftest import House
from tests.programs import program
from tests.servers.bind import Bind
from tests.servers.nameserver import HOST

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what others warn of when they are imported is not ours
    import checkdmarc.utils

HEAD = "@ 60 IN SOA ns hostmaster 1 3600 600 86400 60\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n"


def _key(name: str) -> str:
    text = f"v=DKIM1; k=rsa; p={rsa()}"
    return f'{name} 60 IN TXT "{text[:200]}" "{text[200:]}"\n'


def _host(addresses: str, *keys: str) -> str:
    return (
        f"{HEAD}*.mail 60 IN A {addresses}\n*.mail 60 IN AAAA 2001:db8::25\n"
        f'_spf 60 IN TXT "v=spf1 ip4:{addresses} -all"\n' + "".join(map(_key, keys))
    )


#: What examples lead to, outside their own zones.
WORLD = {
    "oldhost.example": _host("192.0.2.25", "old2024.dkim"),
    "newhost.example": _host("198.51.100.25", "new2026.dkim"),
    "webhosting.systems": HEAD
    + '_spf 60 IN TXT "v=spf1 ip4:192.0.2.26 -all"\n'
    + _key("key1._domainkey")
    + _key("key2._domainkey"),
    "netcup-mail.de": f"{HEAD}* 60 IN A 192.0.2.27\n* 60 IN AAAA 2001:db8::27\n",
    "example.com": HEAD + 'newsletter 60 IN TXT "v=spf1 ip4:203.0.113.9 -all"\n',
}
#: An example, its stages, the consents, and the domains whose DNS is judged.
EXAMPLES = {
    "quickstart": ([["mail.yaml"]], ["example.net", "example.org"]),
    "migration": ([["mail.yaml", "before"], ["mail.yaml", "after"]], ["example.org"]),
    "everything": ([["mail.yaml"]], ["example.org", "parked.example.net"]),
}
#: An example that shows nothing but what a `dns:` block can have.
EVERYTHING = """\
version: 1
state: {local: state/mail.json}
providers:
  new:
    type: sandbox
    path: state/new.db
    published:
      mx: [10 mx1.example.org, 20 mx.mail.newhost.example]
      spf: ["include:_spf.newhost.example"]
      dkim: {new2026._domainkey: new2026.dkim.newhost.example}
  zones: {type: zonefile, directory: zones}
instances: {office: {provider: new, storage: 10 GB}}
domains:
  example.org:
    instance: office
    dns:
      provider: zones
      spf: {include: [newsletter.example.com], all: fail}
      dmarc: {policy: reject, subdomain_policy: quarantine, reports: dmarc@example.org, alignment: {dkim: strict}}
      mta_sts: {mode: enforce}
      tls_reports: [tls@example.org, "https://reports.example.org/v1"]
      client_settings: true
      bimi: {logo: "https://www.example.org/logo.svg", certificate: "https://www.example.org/mark.pem"}
      caa: [letsencrypt.org]
      records:
        - {name: mta-sts, type: A, values: [192.0.2.80]}
        - {name: mx1, type: A, values: [192.0.2.25]}
        - {name: _25._tcp.mx1, type: TLSA, values: [3 1 1 {digest}]}
  parked.example.net: {instance: office, dns: {provider: zones, no_mail: true, dmarc: {policy: reject}}}
mailboxes:
  anna@example.org: {owner: Anna, quota: 1 GB, password: {env: ANNA_PASSWORD}}
aliases: {postmaster@example.org: anna@example.org, abuse@example.org: anna@example.org}
"""


@dataclass(frozen=True)
class Published:
    """An example that was applied, and its zones on BIND.

    Attributes:
        house: The copy it was applied in.
        paths: The files of its last stage.
        zones: Their texts, by name.
        domains: Whose DNS is judged.
        resolver: Asks BIND, and nobody else.
    """

    house: House
    paths: list[str]
    zones: dict[str, str]
    domains: list[str]
    server: Bind
    resolver: dns.resolver.Resolver

    def check(self, domain: str) -> dict:
        """What `reconciler dns check` says of a domain, asked of BIND."""
        config = [word for path in (*self.paths, "resolver.yaml") for word in ("--config", path)]
        told = self.house.run("dns", "check", "--server", self.server.address, "--format", "json", domain, *config)
        return told.json["domains"][0]

    def policy(self, domain: str) -> str:
        """The MTA-STS policy to serve."""
        config = [word for path in self.paths for word in ("--config", path)]
        return self.house.run("dns", "mta-sts", "--format", "json", domain, *config).json["policy"]


def publish(example: str, folder: Path, server: Bind) -> Published:
    """Apply an example in a copy, and host its zones and the world on BIND."""
    home = _copied(example, folder)
    house = House(home)
    stages, domains = EXAMPLES[example]
    for paths in stages:
        plan = house.run("plan", "--format", "json", *paths, exit=2).json
        consents = [word for each in plan["refusals"] for word in each["consent"][0].split()]
        house.run("apply", *(word for path in paths for word in ("--config", path)), "--yes", *consents)
    zones = {path.stem: path.read_text() for path in sorted((home / "zones").glob("*.zone"))}
    for zone, text in WORLD.items():
        server.add_zone_text(zone, f"$ORIGIN {zone}.\n{text}", update=False)
    for zone, text in zones.items():
        server.add_zone_text(zone, text, update=False)
    asked = dict.fromkeys((*zones, *WORLD), server.address)
    resolver = {"resolver": {"servers": [server.address], "authoritative": asked}}
    (home / "resolver.yaml").write_text(json.dumps(resolver))
    checkdmarc.utils.DNS_CACHE.clear()
    return Published(house, stages[-1], zones, domains, server, _resolver(server))


def _copied(example: str, folder: Path) -> Path:
    home = folder / "examples" / example
    if example != "everything":
        copy_examples(ROOT / "examples", folder / "examples")
        return home
    (home / "zones").mkdir(parents=True)
    (home / "state").mkdir()
    (home / "mail.yaml").write_text(EVERYTHING.replace("{digest}", "0123456789abcdef" * 4))
    for zone in ("example.org", "example.net"):
        (home / f"zones/{zone}.zone").write_text(f"$ORIGIN {zone}.\n{HEAD}@ 60 IN A 192.0.2.80\n")
    return home


def _resolver(server: Bind) -> dns.resolver.Resolver:
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port, made.lifetime = [HOST], server.port, 5.0
    return made


def checked_zone(zone: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What `named-checkzone` says of a zone file."""
    path = folder / f"{zone}.checked"
    path.write_text(text)
    words = [program("named-checkzone", "bind9-utils"), "-i", "local", zone, path]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
