"""The test suites that no one here wrote: RFC 7208's official one, and pyspf's own."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from scripts import spf_corpus
from tests.spf.world import World, world

_TYPES = ("TXT", "A", "AAAA", "MX", "PTR")


@dataclass(frozen=True)
class Case:
    """One test of a suite."""

    id: str
    world: World
    host: str
    helo: str
    mailfrom: str
    results: tuple[str, ...]

    @property
    def sender(self) -> str:
        """The identity that is checked (RFC 7208 §2.4)."""
        return self.mailfrom or f"postmaster@{self.helo}"

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def cases() -> list[Case]:
    """Every case; without the suites the test is skipped, and in CI it fails."""
    if not spf_corpus.present():
        said = "the SPF test suites are not there (python scripts/spf_corpus.py fetches them)"
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)
    return [case for name in spf_corpus.NAMES for case in _cases(name)]


def _cases(name: str) -> Iterator[Case]:
    with (spf_corpus.folder() / name).open("rb") as file:
        for scenario in yaml.load_all(file, yaml.CSafeLoader):
            zone = _world(scenario["zonedata"])
            for key, test in scenario["tests"].items():
                results = test["result"] if isinstance(test["result"], list) else [test["result"]]
                yield Case(f"{name}/{key}", zone, test["host"], test["helo"], test["mailfrom"], tuple(results))


def _world(data) -> World:
    return world({name: _types(entries) for name, entries in data.items()})


def _types(entries) -> dict[str, list[str] | None]:
    """The records of a name. Records of type SPF stand for TXT where there are none (the suite's own convention)."""
    types: dict[str, list[str] | None] = {}
    silent = "TIMEOUT" in entries
    for rtype, value in (pair for entry in entries if entry != "TIMEOUT" for pair in entry.items()):
        if value == "NONE":
            types.setdefault(rtype, [])
        elif value == "TIMEOUT":
            types[rtype] = None
        else:
            types.setdefault(rtype, []).append(_written(rtype, value))
    types.setdefault("TXT", types.get("SPF", []))
    written = {rtype: values for rtype, values in types.items() if values != [] and rtype != "SPF"}
    return written | {rtype: None for rtype in _TYPES if silent and rtype not in written}


def _written(rtype: str, value) -> str:
    if rtype in ("TXT", "SPF"):
        return "".join(value)
    if rtype == "MX":
        return f"{value[0]} {value[1].rstrip('.')}."
    return f"{value.rstrip('.')}." if rtype in ("PTR", "CNAME") else value
