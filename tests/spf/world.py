"""A DNS of a few names, as our evaluator and as pyspf see it; neither asks anybody."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import spf as pyspf

from reconciler.dns.spf.published import name_of
from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Status
from reconciler.model.presentation import canonical, quote

FAILED = Answer(Status.FAILED, detail="the server does not answer")
UNKNOWN = Answer(Status.UNKNOWN, detail="nobody is asked")


@dataclass(frozen=True)
class World:
    """What stands at each name: values by type as people write them; None where the question fails.

    `asked` grows by each question.
    """

    names: Mapping[str, Mapping[str, list[str] | None]]
    asked: list[tuple[str, str]]
    unknown: frozenset[tuple[str, str]] = frozenset()

    def ask(self, name: str, rtype: str) -> Answer:
        """Answer as a resolver: CNAMEs are followed, a loop of them is an error."""
        self.asked.append((name, rtype))
        if (name, rtype) in self.unknown:
            return UNKNOWN
        chain = []
        while True:
            types = self.names.get(name)
            if types is None:
                return FAILED if name.startswith("error.") else NXDOMAIN
            if rtype in types or "CNAME" not in types:
                break
            chain.append(name)
            name = types["CNAME"][0].rstrip(".").lower()
            if name in chain:
                return FAILED
        if rtype not in types:
            return NODATA
        values = types[rtype]
        return FAILED if values is None else Answer(Status.FOUND, tuple(sorted(_told(rtype, values))), 300, (*chain,))

    def lookup(self, name: str, rtype: str, strict: bool = True, timeout: float = 0, _level: int = 0) -> Iterator:
        """Answer as pyspf wants it, in the place of its `DNSLookup`."""
        key = name_of(name.rstrip("."))
        types = self.names.get(key or "", {})
        if (rtype in types and types[rtype] is None) or name.startswith("error."):
            raise pyspf.TempError("DNS timeout")
        for each, values in types.items():
            for value in values or ():
                if each in (rtype, "CNAME"):
                    yield (name, each), _for_pyspf(each, value)


def world(names: Mapping[str, Mapping[str, list[str] | None]], **more) -> World:
    """Make a world; names are brought into the form of questions."""
    return World({name_of(name): types for name, types in names.items()}, [], **more)


def _told(rtype: str, values: list[str]) -> Iterator[str]:
    for value in values:
        yield quote(value) if rtype == "TXT" else canonical(rtype, value)


def _for_pyspf(rtype: str, value: str):
    if rtype == "TXT":
        return (value.encode(),)
    if rtype == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if rtype == "MX":
        preference, name = value.split(" ", 1)
        return int(preference), name.rstrip(".")
    return value.rstrip(".") if rtype in ("PTR", "CNAME") else value


@contextmanager
def asked_of(zone: World) -> Iterator[None]:
    """Let pyspf see this world and nothing else."""
    with patch.object(pyspf, "DNSLookup", zone.lookup):
        yield


def oracle(zone: World, ip: str, sender: str, helo: str = "mail.example.org") -> str:
    """Return pyspf's result in strict mode."""
    with asked_of(zone):
        return pyspf.query(i=ip, s=sender, h=helo).check()[0]
