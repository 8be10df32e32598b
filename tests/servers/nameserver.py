"""What the name servers for tests have in common: keys, zone files, and looking at a zone from outside."""

import base64
import contextlib
import secrets
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig

from reconciler.model.presentation import TEXT, strings, within
from reconciler.model.rrsets import RRset
from tests.programs import program
from tests.servers.keeper import Daemon, ServerFailed

HOST = "127.0.0.1"
ALGORITHM = "hmac-sha256"
#: What both BIND and Knot can sign with.
ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha224", ALGORITHM, "hmac-sha384", "hmac-sha512")
_PATIENCE = 30.0  # seconds
_LISTENING = {"tcp": "0A", "udp": "07"}


class Key(NamedTuple):
    """A TSIG key; the secret is base64."""

    name: str
    algorithm: str
    secret: str

    @property
    def word(self) -> str:
        """As dig and nsupdate take it."""
        return f"{self.algorithm}:{self.name}:{self.secret}"


def keys() -> dict[str, Key]:
    """A fresh key of every algorithm."""
    return {each: Key(f"key-{each}", each, base64.b64encode(secrets.token_bytes(32)).decode()) for each in ALGORITHMS}


def owns(pid: int, *ports: int) -> bool:
    """Whether a process, and nobody beside it, listens on each of these TCP and UDP ports of 127.0.0.1.

    Several servers can share one port (SO_REUSEPORT), and then another may answer.
    """
    sockets = {inode for port in ports for inode in _listeners(port)}
    if not sockets:
        return False
    held = set()
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                held.add(str(each.readlink()))
    return all(_listeners(port) for port in ports) and sockets <= held


def _listeners(port: int) -> set[str]:
    """The sockets that listen on a port."""
    found = set()
    for table, state in _LISTENING.items():
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1] in (f"0100007F:{port:04X}", f"00000000:{port:04X}") and fields[3] == state:
                found.add(f"socket:[{fields[9]}]")
    return found


def zone_file(zone: str, rrsets: Iterable[RRset], ttl: int, negative_ttl: int, name_servers: Iterable[str]) -> str:
    """A zone's file: SOA with serial 1, name servers with addresses where they are in the zone, and the rrsets."""
    servers = list(name_servers)
    lines = [f"{zone}. {ttl} IN SOA {servers[0]} hostmaster.{zone}. 1 3600 600 86400 {negative_ttl}"]
    for server in servers:
        lines.append(f"{zone}. {ttl} IN NS {server}")
        if within(server.rstrip("."), zone):
            lines.append(f"{server} {ttl} IN A {HOST}")
    for rrset in rrsets:
        for value in rrset.values:
            data = strings(value) if rrset.type in TEXT else value
            lines.append(f"{rrset.name}. {rrset.ttl} IN {rrset.type} {data}")
    return "\n".join(lines) + "\n"


class NameServer(ABC):
    """A running name server, whose zones come and go while it runs.

    Attributes:
        host: 127.0.0.1.
        port: Where it listens, UDP and TCP.
        daemon: The process.
        keys: A TSIG key of each algorithm, allowed whatever a zone allows.
    """

    def __init__(self, port: int, daemon: Daemon, keys: Mapping[str, Key]) -> None:
        self.host, self.port, self.daemon, self.keys = HOST, port, daemon, keys
        self._zones: set[str] = set()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @property
    def key_name(self) -> str:
        """Name of the usual key."""
        return self.keys[ALGORITHM].name

    @property
    def key_algorithm(self) -> str:
        """Algorithm of the usual key."""
        return ALGORITHM

    @property
    def key_secret(self) -> str:
        """Secret of the usual key, base64."""
        return self.keys[ALGORITHM].secret

    def add_zone(
        self,
        zone: str,
        rrsets: Iterable[RRset] = (),
        *,
        transfer: bool = True,
        update: bool = True,
        ttl: int = 3600,
        negative_ttl: int = 300,
        name_servers: Iterable[str] | None = None,
    ) -> None:
        """Host a zone; one of that name that is there is replaced.

        Args:
            zone: Its name, without the closing dot.
            rrsets: What is in it beside SOA and NS.
            transfer: Whether the keys may have all of it.
            update: Whether the keys may change it.
            ttl: Of SOA, NS and the name servers' addresses, in seconds.
            negative_ttl: Of the answer that there is nothing, in seconds.
            name_servers: Absolute names; None for `ns1` of the zone. Those in the zone have the address 127.0.0.1.
        """
        text = zone_file(zone, rrsets, ttl, negative_ttl, name_servers or (f"ns1.{zone}.",))
        self.add_zone_text(zone, text, transfer=transfer, update=update)

    def add_zone_text(self, zone: str, text: str, *, transfer: bool = True, update: bool = True) -> None:
        """Host a zone that is given as a whole zone file."""
        if zone in self._zones:
            self.remove_zone(zone)
        self._add(zone, text, transfer=transfer, update=update)
        self._zones.add(zone)

    def remove_zone(self, zone: str) -> None:
        """Host a zone no more."""
        self._remove(zone)
        self._zones.discard(zone)

    def zone_text(self, zone: str) -> str:
        """The zone as the server has it: one record a line, with absolute names, sorted."""
        question = dns.message.make_query(f"{zone}.", "AXFR")
        question.use_tsig(dns.tsig.Key(*self._watch[::2], algorithm=self._watch.algorithm))
        wire, lines, marks = question.to_wire(), set(), 0
        with contextlib.ExitStack() as open_ones:
            connection = open_ones.enter_context(socket.create_connection((self.host, self.port), _PATIENCE))
            stream = open_ones.enter_context(connection.makefile("rb"))
            connection.sendall(len(wire).to_bytes(2, "big") + wire)
            while marks < 2:  # the SOA comes first and last
                answer = dns.message.from_wire(stream.read(int.from_bytes(stream.read(2), "big")), False, xfr=True)
                if answer.rcode() or not answer.answer:
                    raise ServerFailed(f"the transfer of {zone} is answered {dns.rcode.to_text(answer.rcode())}")
                marks += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer)
                lines.update(line for rrset in answer.answer for line in rrset.to_text().splitlines())
        return "".join(f"{line}\n" for line in sorted(lines))

    def hosts(self, zone: str) -> bool:
        """Whether the zone is answered for."""
        question = dns.message.make_query(f"{zone}.", "SOA")
        with contextlib.suppress(dns.exception.Timeout):
            return bool(dns.query.udp(question, self.host, timeout=1, port=self.port).answer)
        return False

    def dig(self, *words: str) -> str:
        """What dig prints for a question over TCP that is signed with the tests' own key."""
        tool = program("dig", "bind9-dnsutils")
        argv = [tool, f"@{self.host}", "-p", str(self.port), "-y", self._watch.word, "+tcp", "+nocmd", "+nostats"]
        return _run([*argv, *words])

    def nsupdate(self, *lines: str) -> None:
        """Change a zone as somebody else would: lines of nsupdate, such as `add www.example.org 300 A 192.0.2.1`."""
        tool = program("nsupdate", "bind9-dnsutils")
        text = "\n".join((f"server {self.host} {self.port}", *lines, "send", ""))
        _run([tool, "-v", "-y", self.keys[ALGORITHM].word], text)

    @property
    @abstractmethod
    def _watch(self) -> Key:
        """The key that may have every zone."""

    @abstractmethod
    def _add(self, zone: str, text: str, *, transfer: bool, update: bool) -> None:
        """Host a zone."""

    @abstractmethod
    def _remove(self, zone: str) -> None:
        """Host a zone no more."""


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise ServerFailed(f"{argv[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def run(*argv: str | Path) -> None:
    """Run a program of the server's own.

    Raises:
        ServerFailed: If it does not end well.
    """
    _run([str(word) for word in argv])


@contextlib.contextmanager
def zone_of(server: NameServer, zone: str, *args: object, **kwargs: object) -> Iterator[str]:
    """A zone for the length of a block."""
    server.add_zone(zone, *args, **kwargs)
    try:
        yield zone
    finally:
        server.remove_zone(zone)
