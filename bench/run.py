"""Measure the whole way at several sizes, and print what was reached beside what is to be reached.

usage: python bench/run.py [--sizes 1000,10000,100000] [--keep DIR]
Every figure is of a fresh process. Ratios of one run hold where seconds of another machine do not.
"""

import argparse
import itertools
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import dns_beside, groupware, targets  # noqa: E402 - the line above makes them importable
from bench.measure import Measured, best, measure  # noqa: E402
from bench.report import groupware_lines, ratio_lines, state_rates  # noqa: E402
from examples.many.generate import generate  # noqa: E402
from scripts.house import command  # noqa: E402

CONSENT = ("--yes", "--allow-cost", "instance:campus")
LATENCY = 0.020  # seconds
IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One stage at one size; seconds and bytes."""

    stage: str
    size: int
    wall: float
    cpu: float
    peak: int


@dataclass(slots=True)
class Results:
    """All that was measured."""

    machine: dict[str, str | int]
    rows: list[Row] = field(default_factory=list)
    ratios: dict[str, float] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    dns: dict[str, Any] = field(default_factory=dict)
    groupware: dict[str, Any] = field(default_factory=dict)

    def add(self, stage: str, size: int, measured: Measured) -> None:
        """Keep a stage's figures and show them."""
        row = Row(stage, size, measured.wall, measured.cpu, measured.peak)
        self.rows.append(row)
        print(row_line(row), flush=True)


def row_line(row: Row) -> str:
    """A row of the table."""
    target = targets.TARGETS[row.stage].get(row.size)
    peak = targets.PEAK.get(row.size)
    must = f"{target.must:>7.2f}  {row.wall / target.must:>4.2f} x" if target else f"{'-':>7}  {'':>6}"
    memory = f"{row.peak / 1e6:>6.0f}" + (f" of {peak.must:.0f}" if peak else "")
    return f"{row.stage:<20} {row.size:>9,}  {row.wall:>7.2f} s  {row.cpu:>7.2f} s  {must}  {memory} MB"


def stages(size: int, folder: Path) -> Iterator[tuple[str, Measured]]:
    """The way of one configuration: loaded, planned, applied, planned again, changed."""
    times = 3 if size <= 10_000 else 1
    run = command()
    generate(size, folder)
    yield "load + validate", best([*run, "validate", "--quiet"], folder, times)
    yield "first plan", best([*run, "plan", "--quiet"], folder, times, 2)
    yield "apply", measure([*run, "apply", *CONSENT, "--quiet"], folder)
    yield "plan, nothing to do", best([*run, "plan", "--quiet"], folder, times)
    generate(size, folder, changed=1)
    yield "plan, 1 % changed", best([*run, "plan", "--quiet"], folder, times, 2)


def inside(stage: str, folder: Path) -> dict[str, float]:
    """What `bench/inside.py` measured in a process of its own."""
    words = [sys.executable, ROOT / "bench/inside.py", stage, folder]
    figures: dict[str, float] = json.loads(measure(words, folder).out)
    return figures


def against_events(folder: Path) -> float:
    """Loading and validating, in passes of libyaml's bare events over the same bytes: the best of three each."""
    load, events = (min(inside(stage, folder)["seconds"] for _ in range(3)) for stage in ("load", "events"))
    return load / events


def startup(results: Results, folder: Path) -> None:
    """`reconciler --help` beside bare Python, the median of eleven each."""

    def median(words: list[str]) -> float:
        return sorted(measure(words, folder).wall for _ in range(11))[5]

    bare, helped = median([sys.executable, "-c", ""]), median([*command(), "--help"])
    results.ratios |= {"bare python, s": bare, "--help, s": helped, "--help / bare python": helped / bare}


def run_alone(results: Results, folder: Path, size: int) -> None:
    """A run without its planning: what it writes, and its pace against a provider that takes 20 ms for a call."""
    fast, slow = folder / "fast", folder / "slow"
    for target in (fast, slow):
        generate(size, target)
    root = slow / "mail.yaml"
    settings = f"path: state/sandbox.db, latency: {LATENCY * 1000:.0f} ms, concurrency: {IN_FLIGHT}}}"
    root.write_text(root.read_text().replace("path: state/sandbox.db}", settings))
    kept, paced = inside("run", fast), inside("run", slow)
    most, where = IN_FLIGHT / LATENCY, f"at 20 ms and {IN_FLIGHT} in flight"
    results.ratios |= {
        f"state bytes written for an operation, {size:,}": kept["bytes"] / kept["operations"],
        f"operations for a flush of the state, {size:,}": kept["operations"] / kept["flushes"],
        f"provider calls for an operation, {size:,}": paced["calls"] / paced["operations"],
        f"calls/s {where}, as a share of {most:.0f}": paced["calls"] / paced["seconds"] / most,
        f"operations/s {where}": paced["operations"] / paced["seconds"],
    }


def journaling(results: Results, folder: Path, backends: str) -> None:
    """What recording operations costs in each place state can be kept in, beside the bare rate of that place."""
    for backend in filter(None, backends.split(",")):
        found = json.loads(measure([sys.executable, ROOT / "bench/state.py", "--backends", backend], folder).out)
        results.state |= found
        print("".join(state_rates(found)) or f"{backend} is left out: its server is not installed", flush=True)


def records(results: Results, folder: Path, sizes: list[int]) -> None:
    """Records of many zones on a real name server, beside octoDNS."""
    lacking = dns_beside.missing()
    if lacking:
        print(f"records are left out: {lacking} is not installed", flush=True)
        return
    for size in (each for each in sizes if each <= targets.LARGEST_DNS):
        results.dns[str(size)] = dns_beside.beside_octodns(size, folder)
    print("".join(ratio_lines(results.dns)), flush=True)


def mailboxes(results: Results, folder: Path) -> None:
    """Mailboxes of a real groupware cluster, beside the bare rate of its database."""
    try:
        results.groupware = groupware.beside_inserts([groupware.SIZE], folder)
    except groupware.Lacking as reason:
        print(f"mailboxes of a cluster are left out: {reason}", flush=True)
    print("".join(groupware_lines(results.groupware)), flush=True)


def growth(results: Results, sizes: list[int]) -> None:
    """For each stage the exponent by which time grows from one size to the next."""
    for small, large in itertools.pairwise(sizes):
        walls = {(row.stage, row.size): row.wall for row in results.rows}
        for stage in targets.TARGETS:
            times = walls[stage, large] / walls[stage, small]
            exponent = math.log(times) / math.log(large / small)
            results.ratios[f"{stage}: growth {small:,} to {large:,}"] = exponent
            results.ratios[f"{stage}: t({large:,}) / t({small:,})"] = times


def bench(sizes: list[int], folder: Path, backends: str) -> Results:
    """Measure everything."""
    results = Results({"cores": os.cpu_count() or 1, "python": platform.python_version(), "system": platform.system()})
    print(f"{'stage':<20} {'mailboxes':>9}  {'wall':>9}  {'cpu':>9}  {'must':>7}  {'':>6}  {'peak':>6}")
    for size in sizes:
        where = folder / str(size)
        for stage, measured in stages(size, where):
            results.add(stage, size, measured)
        results.ratios[f"load + validate / libyaml's events, {size:,}"] = against_events(where)
    growth(results, sizes)
    startup(results, folder)
    run_alone(results, folder, min(10_000, max(sizes)))
    records(results, folder, sizes)
    mailboxes(results, folder)
    journaling(results, folder, backends)
    return results


def main() -> None:
    """Measure, print, and write `bench/out/results.json`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000,100000", help="mailboxes, comma-separated")
    parser.add_argument("--backends", default="local,postgres,s3,ceph,http", help="of state, comma-separated")
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    asked = parser.parse_args()
    sizes = sorted(int(each.replace("_", "")) for each in asked.sizes.split(","))
    with tempfile.TemporaryDirectory(prefix="reconciler-bench.") as scratch:
        results = bench(sizes, asked.keep or Path(scratch), asked.backends)
    print()
    for name, value in results.ratios.items():
        print(f"{name:<52} {value:>8.3f}")
    out = ROOT / "bench/out"
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(asdict(results), indent=1) + "\n")
    print("\nwritten to bench/out/results.json")


if __name__ == "__main__":
    main()
