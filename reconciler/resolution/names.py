"""Names and addresses as settings have them, and names that nobody in the public DNS answers for."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from reconciler.resolution.talk import Address

PORT = 53

#: RFC 6761, 6762, 7686, 8375; the ones of example.com, example.net and example.org are real zones.
_SPECIAL = frozenset({"invalid", "test", "example", "localhost", "onion", "local", "home.arpa"})


def special(name: str) -> str | None:
    """Return the special-use domain that a name stands in, or None."""
    return next((each for each in (name, *above_all(name)) if each in _SPECIAL), None)


def above(name: str) -> str:
    """Return a name without its first label; the root is empty."""
    at = name.find(".")
    while at > 0 and name[at - 1] == "\\":
        at = name.find(".", at + 1)
    return "" if at < 0 else name[at + 1 :]


def above_all(name: str) -> Iterator[str]:
    """Yield the names above a name, nearest first, the root last."""
    while name:
        name = above(name)
        yield name


def split_server(text: str, port: int = PORT) -> tuple[str, int]:
    """Return host and port of `host`, `host:port`, `[v6]:port` or a bare IPv6 address.

    Raises:
        ValueError: If it is none of these; the message is one lower-case sentence.
    """
    host, colon, number = text.rpartition(":")
    if _is_address(text) or not colon:
        host, number = text, str(port)
    host = host.strip("[]")
    if not host or not number.isdigit() or not 0 < int(number) < 2**16:
        raise ValueError(f"'{text}' is not a server, such as 192.0.2.53 or ns1.example.net:53")
    return host.rstrip(".").lower(), int(number)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def as_address(host: str, port: int) -> Address | None:
    """Return the address that a host is, if it is one and not a name."""
    return Address(host, port) if _is_address(host) else None


def system_resolvers(path: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """Return the recursive resolvers that this machine is configured with (resolv.conf(5))."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    return tuple(each[1] for each in words if len(each) > 1 and each[0] == "nameserver" and _is_address(each[1]))
