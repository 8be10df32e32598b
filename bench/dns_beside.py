"""Plan and apply records of many zones on a real BIND, beside octoDNS with the same zones, key and server.

usage: python bench/dns_beside.py [--sizes 1000,10000] [--keep DIR]
A size is a number of records, 100 of them in each zone. Each figure is of a fresh process.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.dns_zones import host, write_octodns, write_ours, zone_names  # noqa: E402 - the line above makes it so
from bench.measure import Measured, best, measure  # noqa: E402
from bench.report import OCTODNS, OURS, UNASKED, ratio_lines  # noqa: E402
from scripts.house import command  # noqa: E402
from tests.servers import bind  # noqa: E402
from tests.servers.bind import Bind  # noqa: E402

FIRST, APPLY, NOTHING = "first plan", "apply", "plan, nothing to do"
_CONSENT = ("--yes", "--allow-cost", "instance:campus")
_CHANGES = 2  # exit code of a plan with something to do
_WORKERS = 1  # octoDNS's own default; more are no faster, as it computes most of the time

#: Contender → stage → what it took.
Table = dict[str, dict[str, dict[str, float]]]


def missing() -> str:
    """What is not installed that has to be; empty where nothing is lacking."""
    sync = Path(sys.executable).with_name("octodns-sync")
    named = shutil.which("named") or shutil.which("named", path="/usr/sbin")
    return "" if sync.exists() and named else "BIND" if sync.exists() else "octoDNS"


def _ours(folder: Path, times: int) -> Iterator[tuple[str, Measured]]:
    run = command()
    yield FIRST, best([*run, "plan", "--quiet"], folder, times, _CHANGES)
    yield APPLY, measure([*run, "apply", *_CONSENT, "--quiet"], folder)
    yield NOTHING, best([*run, "plan", "--quiet"], folder, times)


def _octodns(folder: Path, times: int) -> Iterator[tuple[str, Measured]]:
    sync = [Path(sys.executable).with_name("octodns-sync"), "--config-file", "octodns.yaml", "--quiet"]
    yield FIRST, best(sync, folder, times)
    yield APPLY, measure([*sync, "--doit"], folder)
    told = measure(sync[:-1], folder).out
    if "No changes were planned" not in told:
        sys.exit(f"bench: octoDNS still plans something after its apply\n{told[-2000:]}")
    yield NOTHING, best(sync, folder, times)


class Contender(NamedTuple):
    """Who is measured: writes its configuration into a folder, then goes its way in it."""

    name: str
    write: Callable[[Path], None]
    stages: Callable[[Path, int], Iterator[tuple[str, Measured]]]


def _contenders(server: Bind, zones: list[str], count: int) -> Iterator[Contender]:
    yield Contender(OCTODNS, lambda where: write_octodns(where, server, zones, count, _WORKERS), _octodns)
    yield Contender(OURS, lambda where: write_ours(where, server, zones, count, resolver=True), _ours)
    yield Contender(UNASKED, lambda where: write_ours(where, server, zones, count, resolver=False), _ours)


def beside_octodns(size: int, folder: Path, times: int = 3) -> Table:
    """Measure the three contenders, each on zones as they were before any came.

    Args:
        size: Records.
        folder: Where to work.
        times: Runs of what can be run again; the fastest counts.
    """
    zones = zone_names(size)
    table: Table = {}
    left: list[str] = []
    with bind.running() as server:
        for number, contender in enumerate(_contenders(server, zones, size // len(zones))):
            host(server, zones)
            where = folder / f"dns-{size}-{number}"
            where.mkdir(parents=True)
            contender.write(where)
            table[contender.name] = {}
            for stage, took in contender.stages(where, times):
                table[contender.name][stage] = {"wall": took.wall, "cpu": took.cpu, "peak": took.peak}
                print(line(contender.name, stage, size, took), flush=True)
            left.append("".join(each for zone in zones for each in _records(server, zone)))
    if len(set(left)) > 1:
        sys.exit("bench: the contenders left different zones behind")
    return table


def _records(server: Bind, zone: str) -> list[str]:
    """A zone's records without its SOA, whose serial counts updates, and a text in one string, however it was cut."""
    lines = server.zone_text(zone).splitlines(keepends=True)
    return [each.replace('" "', "") for each in lines if " SOA " not in each]


def line(name: str, stage: str, size: int, took: Measured) -> str:
    """A row of what is printed."""
    return f"{name:<26} {stage:<20} {size:>7,}  {took.wall:>7.2f} s  {took.cpu:>7.2f} s  {took.peak / 1e6:>6.0f} MB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000", help="records, comma-separated")
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    asked = parser.parse_args()
    if missing():
        parser.error(f"{missing()} is not installed")
    with tempfile.TemporaryDirectory(prefix="reconciler-bench.") as scratch:
        for size in map(int, asked.sizes.split(",")):
            found = beside_octodns(size, asked.keep or Path(scratch))
            print("".join(ratio_lines({str(size): found})))


if __name__ == "__main__":
    main()
