"""Talking to a name server over TCP (RFC 7766), signed where there is a key (RFC 8945)."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.providers.rfc2136 import trouble
from reconciler.providers.rfc2136.trouble import Trouble

if TYPE_CHECKING:
    import dns.message
    import dns.tsig

_LENGTH = 2  # octets before each message, RFC 1035 §4.2.2


@dataclass(frozen=True, slots=True)
class Peer:
    """A name server and how it is talked to.

    Attributes:
        host: Name or address.
        port: TCP port.
        key: What signs; None where the server goes by the address.
        timeout: Seconds to wait for a connection, and for each message.
    """

    host: str
    port: int
    key: "dns.tsig.Key | None"
    timeout: float

    @property
    def name(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def key_name(self) -> str | None:
        """Name of the key."""
        return self.key.name.to_text(omit_final_dot=True) if self.key is not None else None

    def sign(self, message: "dns.message.Message") -> None:
        """Have a message signed when it is sent."""
        if self.key is not None:
            message.use_tsig(self.key)


class Connection:
    """One TCP connection. Every method may raise Trouble."""

    def __init__(self, peer: Peer, connected: socket.socket) -> None:
        """Take a connected socket."""
        self.peer = peer
        self._socket = connected

    def send(self, wire: bytes) -> None:
        """Send a message."""
        self._socket.settimeout(self.peer.timeout)
        try:
            self._socket.sendall(len(wire).to_bytes(_LENGTH, "big") + wire)
        except TimeoutError:
            raise trouble.silent(self.peer.name, self.peer.timeout) from None
        except OSError as error:
            raise trouble.broken(self.peer.name, _reason(error)) from None

    def receive(self) -> bytes:
        """Return the next message."""
        deadline = time.monotonic() + self.peer.timeout
        return self._exactly(int.from_bytes(self._exactly(_LENGTH, deadline), "big"), deadline)

    def _exactly(self, size: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                raise trouble.silent(self.peer.name, self.peer.timeout)
            self._socket.settimeout(left)
            try:
                part = self._socket.recv(size - len(parts))
            except TimeoutError:
                raise trouble.silent(self.peer.name, self.peer.timeout) from None
            except OSError as error:
                raise trouble.broken(self.peer.name, _reason(error)) from None
            if not part:
                raise trouble.broken(self.peer.name, "it closed the connection")
            parts += part
        return bytes(parts)

    def exchange(self, message: "dns.message.Message") -> "dns.message.Message":
        """Send a message, signed, and return the answer, whose signature is verified."""
        self.peer.sign(message)
        self.send(message.to_wire())
        answer = opened(self.peer, self.receive(), message.mac or b"")
        if answer.id != message.id:
            raise trouble.broken(self.peer.name, "it answers another question")
        return answer


@contextmanager
def connected(peer: Peer) -> Iterator[Connection]:
    """Connect to a name server for the length of a block.

    Raises:
        Trouble: If nobody is there.
    """
    try:
        sock = socket.create_connection((peer.host, peer.port), peer.timeout)
    except TimeoutError:
        raise trouble.unreachable(peer.name, f"no answer within {peer.timeout:g} s") from None
    except OSError as error:
        raise trouble.unreachable(peer.name, _reason(error)) from None
    with sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(peer, sock)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def opened(peer: Peer, wire: bytes, mac: bytes) -> "dns.message.Message":
    """Read an answer and verify its signature.

    An answer without a signature is never taken for good news; a refusal without one is, since a server that does not
    know the key can not sign.

    Args:
        peer: Who should have sent it.
        wire: The message.
        mac: Signature of the question.

    Raises:
        Trouble: If it can not be read, or its signature is wrong.
    """
    import dns.exception
    import dns.message
    import dns.rcode
    import dns.tsig

    key = peer.key
    try:
        return dns.message.from_wire(wire, keyring=key or False, request_mac=mac if key else b"")
    except dns.exception.DNSException as error:
        unverified = _unverified(peer, wire)
        if isinstance(error, dns.tsig.PeerError | dns.tsig.BadTime | dns.tsig.BadSignature):
            raise signature_trouble(peer, error, unverified) from None
        if unverified.had_tsig or unverified.rcode() == dns.rcode.NOERROR:
            raise trouble.forged(peer.name, str(peer.key_name)) from None
        return unverified


def _unverified(peer: Peer, wire: bytes) -> "dns.message.Message":
    """Read an answer without a look at its signature."""
    import dns.exception
    import dns.message

    try:
        return dns.message.from_wire(wire, keyring=False)
    except dns.exception.DNSException as error:
        raise trouble.broken(peer.name, _words(error)) from None


def of_answer(peer: Peer, zone: str, answer: "dns.message.Message", what: str) -> Trouble:
    """Say what an answer's response code means."""
    import dns.rcode

    rcode = dns.rcode.to_text(answer.rcode())
    return trouble.of_rcode(rcode, peer.name, zone, what=what, key=peer.key_name, signed=answer.had_tsig)


def signature_trouble(peer: Peer, error: Exception, answer: "dns.message.Message | None" = None) -> Trouble:
    """Say what dnspython found wrong with a signature, the server's or ours."""
    import dns.tsig

    name = str(peer.key_name)
    if isinstance(error, dns.tsig.PeerBadTime | dns.tsig.BadTime):
        return trouble.wrong_clock(peer.name, name, _ahead(answer))
    if isinstance(error, dns.tsig.PeerBadKey):
        return trouble.unknown_key(peer.name, name)
    if isinstance(error, dns.tsig.PeerBadSignature):
        return trouble.wrong_key(peer.name, name, "the signature is wrong, so the secret is another")
    if isinstance(error, dns.tsig.PeerError):
        return trouble.wrong_key(peer.name, name, _words(error))
    return trouble.forged(peer.name, name)


def _ahead(answer: "dns.message.Message | None") -> int | None:
    """Seconds by which the server's clock is ahead, where its answer tells."""
    if answer is None or answer.tsig is None:
        return None
    signature = answer.tsig[0]
    theirs = int.from_bytes(signature.other, "big") if signature.other else signature.time_signed
    return int(theirs - time.time())


def _words(error: Exception) -> str:
    words = str(error).strip().rstrip(".") or type(error).__name__
    return words[:1].lower() + words[1:]
