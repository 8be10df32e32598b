"""A domain on real name servers that moves between two mail hosts, driven by the command line; all of it is recorded.

The clock is the test's. What the DNS said at any moment, at which server, and who received mail then, is noted after
each change of the zone and of the hosts, so that a judge can tell what anybody may have seen.
"""

import shlex
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.presentation import quote, strings
from reconciler.providers.rfc2136.store import Store
from reconciler.providers.sandbox.access import SandboxWriter
from reconciler.providers.sandbox.platform import Platform
from tests.cli.conftest import House
from tests.migration.servers import Pair

ZONE = "example.org"
DAY = 86400
KEEP = 5 * DAY
CONSENTS = ("--allow-cost", "instance:home", "--allow-cost", "instance:fresh")
START = 1_790_000_000
CONFIG = """\
version: 1
state: {{local: state/mail.json}}
resolver:
  servers: ["{primary}"]
  authoritative: {{old.example: "{primary}", new.example: "{primary}", news.example: "{primary}"}}
providers:
  old:
    type: sandbox
    path: state/old.db
    published:
      suffix: old.example
      mx: [10 mx.old.example]
      spf: ["include:_spf.old.example"]
      spf_all: fail
      dkim: {{o1._domainkey: o1.old.example}}
  new:
    type: sandbox
    path: state/new.db
    published:
      suffix: new.example
      mx: [10 mx.new.example, 20 mx2.new.example]
      spf: ["include:_spf.new.example"]
      spf_all: fail
      dkim: {{n1._domainkey: n1.new.example}}
  zones:
    type: rfc2136
    server: "{primary}"
    servers: ["{secondary}"]
    zones: [example.org]
    key: {{name: {key}, algorithm: {algorithm}, secret: {{env: TSIG_SECRET}}}}
instances:
  home: {{provider: old, storage: 50 GB}}
  fresh: {{provider: new, storage: 50 GB}}
domains:
  example.org:
    instance: home
    dns:
      provider: zones
      ttl: 86400
      spf: {{include: [_spf.news.example]}}
      dmarc: {{policy: reject, reports: postmaster@example.org}}
      mta_sts: {{mode: enforce}}
      tls_reports: postmaster@example.org
      client_settings: true
      records: [{{name: mta-sts, type: A, values: [192.0.2.80]}}]
mailboxes:
  anna@example.org: {{owner: Anna, quota: 1 GB, password: {{env: ANNA_PASSWORD}}}}
  ben@example.org: {{owner: Ben, quota: 1 GB, password: {{env: BEN_PASSWORD}}}}
aliases:
  postmaster@example.org: anna@example.org
  abuse@example.org: anna@example.org
"""
RECIPIENTS = frozenset(f"{each}@{ZONE}" for each in ("anna", "ben", "postmaster", "abuse"))
#: What stands in the zone and is nobody's of us; one text is cut in an odd way.
FOREIGN = r"""
@ 3600 IN A 203.0.113.10
@ 3600 IN AAAA 2001:db8::10
@ 3600 IN CAA 0 issue "ca.example"
@ 7200 IN TXT "site-verification=" "cut" " in odd places; \"quoted\" \\ and \195\188"
www 300 IN CNAME @
*.dev 60 IN A 203.0.113.11
_sip._tls 300 IN SRV 10 5 443 sip.news.example.
news._domainkey 3600 IN CNAME news.dkim.news.example.
lab 300 IN NS ns.lab
ns.lab 300 IN A 203.0.113.53
"""
HEAD = f"""\
$ORIGIN {ZONE}.
@ 3600 IN SOA ns1 hostmaster 1 3600 600 86400 3600
@ 3600 IN NS ns1
@ 3600 IN NS ns2
ns1 3600 IN A 127.0.0.1
ns2 3600 IN A 127.0.0.1
"""
#: Where mail of each host comes from.
SENDERS = {"old": "192.0.2.1", "new": "198.51.100.1", "news": "203.0.113.77"}


def EXTERNAL(old_key: str, new_key: str) -> dict[str, list[str]]:  # noqa: N802 - a table with two holes
    """The zones of the mail hosts and of the newsletter."""
    zones = {
        f"{host}.example": [
            f"mx 3600 A {SENDERS[host]}",
            f"mx2 3600 A {SENDERS[host]}",
            f"example-org 3600 A {SENDERS[host]}",
            f'_spf 3600 TXT "v=spf1 ip4:{SENDERS[host]} -all"',
            f"{host[0]}1 3600 TXT {strings(quote(key))}",
        ]
        for host, key in (("old", old_key), ("new", new_key))
    }
    zones["news.example"] = [f'_spf 3600 TXT "v=spf1 ip4:{SENDERS["news"]} -all"', 'news.dkim 300 TXT "v=DKIM1; p="']
    return zones


class Killed(BaseException):
    """The process is gone, at once."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a server says from a time on: by name and type, TTL and values as in a zone file."""

    at: float
    zone: dict[tuple[str, str], tuple[int, tuple[str, ...]]]


@dataclass
class Move:
    """The domain, and what was noted of it.

    Attributes:
        said: What each server said, by its address.
        hosts: Since when which addresses were known at `old` and `new`.
        served: Since when which MTA-STS policy was served.
        held_back: Whether the secondary learns nothing.
        kill: How many crossings from now the process is killed at, two for each change; 0 for never.
        meddle: Called just before a change is made, by somebody else.
    """

    pair: Pair
    folder: Path
    now: float = START
    said: dict[str, list[Moment]] = field(default_factory=dict)
    hosts: list[tuple[float, dict[str, frozenset[str]]]] = field(default_factory=list)
    served: list[tuple[float, str]] = field(default_factory=list)
    held_back: bool = False
    kill: int = 0
    changes: int = 0
    meddle: Callable[[], None] | None = None
    texts: list[str] = field(default_factory=list)
    _disk: dict[Path, bytes] | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "state").mkdir()
        primary, secondary = self.pair.both
        text = CONFIG.format(
            primary=primary.address,
            secondary=secondary.address,
            key=primary.key_name,
            algorithm=primary.key_algorithm,
        )
        (self.folder / "mail.yaml").write_text(text)
        self.house = House(self.folder, env={"TSIG_SECRET": primary.key_secret}, clock=lambda: self.now)
        self.pair.host(ZONE, HEAD + FOREIGN)

    # -- recording

    def watch(self, monkeypatch) -> None:
        """Note what others may see after each write, and be killed between writes where that is wanted."""
        change, write = Store.change, SandboxWriter.write

        def changing(store, zone, changes):
            with self._one_at_a_time:
                if self.meddle is not None:
                    meddle, self.meddle = self.meddle, None
                    meddle()
                self.cross()
                outcome = change(store, zone, changes)
                self.changes += 1
                self.note()
                self.cross()
                return outcome

        async def writing(writer, batch):
            outcomes = await write(writer, batch)
            self.note_hosts()
            return outcomes

        monkeypatch.setattr(Store, "change", changing)
        monkeypatch.setattr(SandboxWriter, "write", writing)

    def note(self) -> None:
        """Note what the servers say; unless it is held back, the secondary learns it first."""
        self.now += 0.001
        if not self.held_back:
            self.pair.sync(ZONE)
        for server in self.pair.both:
            text = server.zone_text(ZONE)
            zone: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}
            for line in text.splitlines():
                name, ttl, _, rtype, data = line.split(" ", 4)
                key = name.rstrip(".").lower(), rtype
                zone[key] = int(ttl), (*zone.get(key, (0, ()))[1], data)
            self.said.setdefault(server.address, []).append(Moment(self.now, zone))
            if server is self.pair.primary:
                self.texts.append(text)

    def note_hosts(self) -> None:
        """Note which addresses each host knows."""
        self.now += 0.001
        self.hosts.append((self.now, {name: self.known_at(name) for name in ("old", "new")}))

    def known_at(self, host: str) -> frozenset[str]:
        """The addresses that a host has."""
        path = self.folder / f"state/{host}.db"
        if not path.exists():
            return frozenset()
        platform = Platform(path)
        try:
            return frozenset(live.resource.key for live in platform.read() if "@" in live.resource.key)
        finally:
            platform.close()

    # -- being killed

    def cross(self) -> None:
        """Pass a point at which the process may be killed; the dead pass none."""
        if self._disk is not None:
            raise Killed
        if self.kill:
            self.kill -= 1
            if not self.kill:
                self._disk = {path: path.read_bytes() for path in self._state_files()}
                raise Killed

    def _state_files(self) -> list[Path]:
        return [each for each in (self.folder / "state").rglob("mail.json*") if each.is_file()]

    def bury(self) -> None:
        """Put the state back as it was on disk when the process was killed; it had no time to tidy up."""
        assert self._disk is not None
        for path in self._state_files():
            if path not in self._disk:
                path.unlink()
        for path, data in self._disk.items():
            if not path.name.endswith(".lock"):
                path.write_bytes(data)
        self._disk = None

    # -- the operator

    def settle(self) -> None:
        """Let the domain live at its old host for a month."""
        self.note_hosts()
        self.serve()
        self.house.run("apply", "--yes", *CONSENTS)
        self.now += 30 * DAY
        self.said = {server: moments[-1:] for server, moments in self.said.items()}
        self.texts = self.texts[-1:]
        self.changes = 0

    def depart(self) -> None:
        """Declare the domain at the new host."""
        self.house.edit(("instance: home", "instance: fresh"))

    def consents(self) -> list[str]:
        """The options that the plan asks for."""
        plan = self.house.run("plan", "--format", "json", exit=None).json
        return [word for each in plan["refusals"] for word in shlex.split(each["consent"][0])]

    def serve(self) -> None:
        """Serve the policy that the planned record announces, before the record does: RFC 8461 §8.1."""
        policy = self.house.run("dns", "mta-sts", "--format", "json", ZONE).json["policy"]
        if not self.served or self.served[-1][1] != policy:
            self.now += 0.001
            self.served.append((self.now, policy))

    def step(self) -> str:
        """Validate, serve, plan, and apply what is ready with the consents that the plan asks for."""
        self.house.run("validate")
        self.serve()
        return self.house.run("apply", "--yes", *self.consents()).out

    def plan(self, exit: int | None = None) -> dict:  # noqa: A002 - the shell's word
        """The plan."""
        return self.house.run("plan", "--format", "json", exit=exit).json

    def come_what_may(self) -> bool:
        """Apply with every consent that the move takes; tells whether the run lived."""
        self.serve()
        try:
            self.house.run("apply", "--yes", "--allow-routing", ZONE)
        except Killed:
            self.bury()
            return False
        return True

    def finish(self, *waits: float) -> None:
        """Go on until nothing is left to do, with a run after each wait."""
        for wait in waits:
            self.now += wait
            self.step()

    # -- looking at it

    @property
    def zone(self) -> dict[tuple[str, str], tuple[int, tuple[str, ...]]]:
        """The zone as its primary last said it."""
        return self.said[self.pair.primary.address][-1].zone

    def foreign(self, text: str) -> list[str]:
        """The lines of a zone that are nobody's of us, to the letter."""
        # whatever TTL others use, it is never a day
        ours = (
            "_domainkey.example.org. 86400",
            'TXT "v=spf1',
            " SOA ",
            ".example.org. 86400 ",
            "example.org. 300 IN MX",
        )
        lines = (line for line in text.splitlines() if not line.startswith(f"{ZONE}. 86400 IN MX"))
        return [line for line in lines if not any(each in line for each in ours)]
