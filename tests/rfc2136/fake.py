"""A name server that answers as a test wants it to: for what real ones never do on request."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import dns.message
import dns.tsig

from tests.servers.nameserver import ALGORITHM, Key

KEY = Key("key", ALGORITHM, "c2VjcmV0IG9mIHRoZSBmYWtlIHNlcnZlciAhISEhISE=")


class Fake:
    """Address and keys as a real server has them."""

    def __init__(self, port: int, key: Key) -> None:
        self.address = f"127.0.0.1:{port}"
        self.keys = {ALGORITHM: key}


def signing(key: Key) -> dns.tsig.Key:
    """A key as dnspython has it."""
    return dns.tsig.Key(key.name, key.secret, key.algorithm)


@contextlib.contextmanager
def answering(handler: Callable[[dns.message.Message], list[bytes] | None], key: Key = KEY) -> Iterator[Fake]:
    """A server whose handler returns the messages to answer with, or None to hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, handler, signing(key)), daemon=True)
        thread.start()
        yield Fake(listener.getsockname()[1], key)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listener: socket.socket, handler, key: dns.tsig.Key) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                while length := stream.read(2):
                    wire = stream.read(int.from_bytes(length, "big"))
                    answers = handler(dns.message.from_wire(wire, keyring=key))
                    if answers is None:
                        break
                    for each in answers:
                        connection.sendall(len(each).to_bytes(2, "big") + each)
