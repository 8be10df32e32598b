"""Plan and apply records of many zones on a real BIND, beside octoDNS with the same zones, key and server.

usage: python bench/dns_beside.py [--sizes 1000,10000] [--keep DIR]
A size is a number of records, 100 of them in each zone. Each figure is of a fresh process.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.dns_zones import PER_ZONE, host, write_octodns, write_ours, zone_names  # noqa: E402
from bench.measure import Measured, best, measure  # noqa: E402
from scripts.house import command  # noqa: E402
from tests.servers import bind  # noqa: E402

OURS, UNASKED, OCTODNS = "reconciler", "reconciler, resolver off", "octoDNS"
FIRST, APPLY, NOTHING = "first plan", "apply", "plan, nothing to do"
_CONSENT = ("--yes", "--allow-cost", "instance:campus")
_CHANGES = 2  # exit code of a plan with something to do
_WORKERS = 1  # octoDNS's own default; more are no faster, as it computes most of the time

#: Contender → stage → what it took.
Table = dict[str, dict[str, dict[str, float]]]


def available() -> str:
    """What is missing to measure; empty where nothing is."""
    programs = [name for name in ("named", "rndc") if shutil.which(name, path="/usr/sbin:/usr/bin") is None]
    sync = Path(sys.executable).with_name("octodns-sync")
    return ", ".join([*programs, *([] if sync.exists() else ["octodns-sync"])])


def _ours(folder: Path, times: int) -> Iterator[tuple[str, Measured]]:
    run = command()
    yield FIRST, best([*run, "plan", "--quiet"], folder, times, _CHANGES)
    yield APPLY, measure([*run, "apply", *_CONSENT, "--quiet"], folder)
    yield NOTHING, best([*run, "plan", "--quiet"], folder, times)


def _octodns(folder: Path, times: int) -> Iterator[tuple[str, Measured]]:
    sync = [Path(sys.executable).with_name("octodns-sync"), "--config-file", "octodns.yaml", "--quiet"]
    yield FIRST, best(sync, folder, times)
    yield APPLY, measure([*sync, "--doit"], folder)
    again = best([*sync[:-1]], folder, times)
    if "No changes were planned" not in again.out:
        sys.exit(f"bench: octoDNS still plans something after its apply\n{again.out[-2000:]}")
    yield NOTHING, again


def beside_octodns(size: int, folder: Path, times: int = 3) -> Table:
    """Measure the three contenders on zones that are the same at the start of each.

    Args:
        size: Records.
        folder: Where to work.
        times: Runs of what can be run again; the fastest counts.
    """
    zones = zone_names(size)
    count = size // len(zones)
    with bind.running() as server:

        def ours(where: Path, *, resolver: bool) -> None:
            write_ours(where, server, zones, count, resolver=resolver)

        contenders: tuple[
            tuple[str, Callable[[Path], None], Callable[[Path, int], Iterable[tuple[str, Measured]]]], ...
        ]
        contenders = (
            (OCTODNS, lambda where: write_octodns(where, server, zones, count, _WORKERS), _octodns),
            (OURS, lambda where: ours(where, resolver=True), _ours),
            (UNASKED, lambda where: ours(where, resolver=False), _ours),
        )
        table: Table = {}
        for number, (name, write, stages) in enumerate(contenders):
            host(server, zones)
            where = folder / f"{size}-{number}"
            where.mkdir(parents=True)
            write(where)
            table[name] = {}
            for stage, measured in stages(where, times):
                table[name][stage] = {key: value for key, value in asdict(measured).items() if key != "out"}
                print(_line(name, stage, size, measured), flush=True)
    return table


def _line(name: str, stage: str, size: int, measured: Measured) -> str:
    return f"{name:<26} {stage:<20} {size:>7,}  {measured.wall:>7.2f} s  {measured.cpu:>7.2f} s  {measured.peak / 1e6:>6.0f} MB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000", help="records, comma-separated")
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reconciler-bench.") as scratch:
        for size in map(int, asked.sizes.split(",")):
            found = beside_octodns(size, asked.keep or Path(scratch))
            for stage, took in found[OURS].items():
                theirs = found[OCTODNS][stage]
                ratios = {key: round(took[key] / theirs[key], 3) for key in ("wall", "peak")}
                print(stage, json.dumps(ratios))


if __name__ == "__main__":
    main()
