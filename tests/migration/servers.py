"""Two authoritative BINDs of one zone: a primary that takes updates, and a secondary that transfers when it is told."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rdatatype

from tests.servers import bind, keeper
from tests.servers.bind import Bind
from tests.servers.nameserver import HOST, zone_file

_ASK = 0.5  # seconds for one question
_numbers = itertools.count()


@dataclass
class Pair:
    """Primary and secondary; the secondary never looks for news by itself."""

    primary: Bind
    secondary: Bind

    @property
    def both(self) -> tuple[Bind, Bind]:
        return self.primary, self.secondary

    def host(self, zone: str, text: str) -> None:
        """Host a zone, given as a zone file, at both; one of that name that is there is replaced."""
        self.drop(zone)
        path = self.primary._folder / f"{zone}.{next(_numbers)}.zone"
        path.write_text(text)
        keys = "".join(f' key "{key.name}";' for key in self.primary.keys.values())
        options = f"allow-transfer {{ {HOST}; }}; allow-update {{ {keys} }};"
        self.primary.rndc("addzone", zone, f'{{ type primary; file "{path.name}"; {options} }};')
        upstream = f"primaries {{ {HOST} port {self.primary.port}; }};"
        options = f'{upstream} file "{path.name}"; allow-transfer {{ {HOST}; }};'
        self.secondary.rndc("addzone", zone, f"{{ type secondary; {options} }};")
        keeper.until(lambda: self._serial(self.secondary, zone) is not None)

    def drop(self, zone: str) -> None:
        """Host a zone no more; nothing where it is not hosted."""
        for server in self.both:
            with contextlib.suppress(keeper.ServerFailed):
                server.rndc("delzone", "-clean", zone)

    def sync(self, zone: str) -> None:
        """Let the secondary have what the primary has."""
        wanted = self._serial(self.primary, zone)
        if self._serial(self.secondary, zone) == wanted:
            return
        notify = dns.message.make_query(f"{zone}.", "SOA")
        notify.set_opcode(dns.opcode.NOTIFY)
        notify.flags = dns.flags.from_text("AA") | dns.opcode.to_flags(dns.opcode.NOTIFY)
        dns.query.udp(notify, HOST, timeout=5, port=self.secondary.port)
        keeper.until(lambda: self._serial(self.secondary, zone) == wanted)

    def _serial(self, server: Bind, zone: str) -> int | None:
        reply = dns.query.udp(dns.message.make_query(f"{zone}.", "SOA"), HOST, timeout=5, port=server.port)
        rows = [each for rrset in reply.answer if rrset.rdtype == dns.rdatatype.SOA for each in rrset]
        return rows[0].serial if rows else None


@contextlib.contextmanager
def running() -> Iterator[Pair]:
    """Both, gone when the block ends."""
    with bind.running() as primary, bind.running() as secondary:
        yield Pair(primary, secondary)


def outside(pair: Pair, zones: dict[str, list[str]]) -> None:
    """Host zones of others at the primary: records as `name ttl type data`, `@` for the zone itself."""
    for zone, records in zones.items():
        lines = [zone_file(zone, (), 3600, 300, (f"ns.{zone}.",))]
        for record in records:
            name, ttl, rest = record.split(" ", 2)
            owner = f"{zone}." if name == "@" else f"{name}.{zone}."
            lines.append(f"{owner} {ttl} IN {rest}\n")
        pair.primary.add_zone_text(zone, "".join(lines), update=False)
