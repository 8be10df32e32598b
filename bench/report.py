"""Turn `bench/out/results.json` into the tables of `docs/benchmarks.md`.

usage: python bench/report.py           prints them
       python bench/report.py --write   puts them between the page's two marks
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import targets  # noqa: E402 - the line above makes it importable

OURS, UNASKED, OCTODNS = "reconciler", "reconciler, resolver off", "octoDNS"
START, END = "<!-- measured: bench/report.py writes from here -->\n", "<!-- to here -->\n"


def tables(results: dict[str, Any]) -> Iterator[str]:
    """The lines of both tables."""
    machine = results["machine"]
    yield f"{machine['cores']} cores, Python {machine['python']}, {machine['system']}.\n\n"
    yield "| stage | mailboxes | wall s | must; stretch | cpu s | peak MB | must; stretch |\n"
    yield "| --- | --: | --: | --: | --: | --: | --: |\n"
    for row in results["rows"]:
        wanted, memory = targets.TARGETS[row["stage"]].get(row["size"]), targets.PEAK.get(row["size"])
        yield (
            f"| {row['stage']} | {row['size']:,} | {row['wall']:.2f} | {_pair(wanted)} | {row['cpu']:.2f} |"
            f" {row['peak'] / 1e6:.0f} | {_pair(memory)} |\n"
        )
    yield "\n| ratio or figure | reached |\n| --- | --: |\n"
    for name, value in results["ratios"].items():
        yield f"| {name} | {f'{value:,.0f}' if value >= 100 else f'{value:.3g}'} |\n"

    if results.get("dns"):
        yield "\n"
        yield from dns_tables(results["dns"])
    if results.get("groupware"):
        yield "\n"
        yield from groupware_tables(results["groupware"])
    if results.get("state"):
        yield "\n"
        yield from state_tables(results["state"])


def dns_tables(dns: dict[str, Any]) -> Iterator[str]:
    """The lines of the tables on records: what each contender took, and ours as shares of octoDNS's."""
    yield "| records of 100 to a zone, on BIND | records | wall s | must; stretch | cpu s | peak MB |\n"
    yield "| --- | --: | --: | --: | --: | --: |\n"
    for size, table in dns.items():
        for name, stages in table.items():
            for stage, took in stages.items():
                wanted = targets.RECORDS.get(int(size), {}).get(stage) if name == OURS else None
                yield (
                    f"| {name}: {stage} | {int(size):,} | {took['wall']:.2f} | {_pair(wanted)} | {took['cpu']:.2f} |"
                    f" {took['peak'] / 1e6:.0f} |\n"
                )
    yield "\n| as a share of what octoDNS takes | records | wall | at most | cpu | peak |\n"
    yield "| --- | --: | --: | --: | --: | --: |\n"
    yield from ratio_lines(dns)


def ratio_lines(dns: dict[str, Any]) -> Iterator[str]:
    """A line for each way of ours, stage and size."""
    for size, table in dns.items():
        for name in (OURS, UNASKED):
            for stage, took in table[name].items():
                theirs = table[OCTODNS][stage]
                wall, cpu, peak = (took[each] / theirs[each] for each in ("wall", "cpu", "peak"))
                most = targets.BESIDE_OCTODNS.get(int(size), {}).get(stage) if name == OURS else None
                limit = "" if most is None else f"{most:g}"
                yield f"| {name}: {stage} | {int(size):,} | {wall:.2f} | {limit} | {cpu:.2f} | {peak:.2f} |\n"


def groupware_tables(groupware: dict[str, Any]) -> Iterator[str]:
    """The lines of the table on mailboxes of a cluster."""
    yield "| mailboxes of a cluster, applied | reached |\n| --- | --: |\n"
    yield from groupware_lines(groupware)


def groupware_lines(groupware: dict[str, Any]) -> Iterator[str]:
    """A line for each figure: the apply, the bare rate of the same rows, and both as a ratio."""
    for size, took in groupware.items():
        rows = took["rows"] / took["apply, s"]
        one, all_ = took["bare rows/s, a commit each"], took["bare rows/s, one commit"]
        cores = took["hash, s"] * int(size)
        for name, value in {
            "apply, wall s": f"{took['apply, s']:.2f}",
            "apply, cpu s": f"{took['apply, cpu s']:.2f}",
            "operations": f"{took['operations']:,.0f}",
            "operations/s": f"{took['operations/s']:,.0f}",
            "rows of domain, mailbox and alias": f"{took['rows']:,.0f}",
            "rows/s": f"{rows:,.0f}",
            "bare rows/s, a commit each": f"{one:,.0f}",
            "bare rows/s, one commit": f"{all_:,.0f}",
            "rows/s as a share of bare ones, a commit each": f"{rows / one:.2f}",
            "rows/s as a share of bare ones, one commit": f"{rows / all_:.2f}",
            "plan, nothing to do, wall s": f"{took['plan, nothing to do, s']:.2f}",
            "one hash of 12 rounds, s": f"{took['hash, s']:.2f}",
            "all hashes of 12 rounds, s of one core": f"{cores:,.0f}",
        }.items():
            yield f"| {int(size):,}: {name} | {value} |\n"


def state_tables(state: dict[str, Any]) -> Iterator[str]:
    """The lines of the tables on recording operations."""
    yield "| state in | operations/s | bare | share | bytes an operation |\n| --- | --: | --: | --: | --: |\n"
    yield from state_rates(state)
    yield "\n| state in | resources | ms an operation | bytes | rows | a run of one operation, bytes |\n"
    yield "| --- | --: | --: | --: | --: | --: |\n"
    for backend, found in state.items():
        sizes = found["cost"]
        for size, cost in sizes.items():
            rows = f"{cost['rows']:.1f}" if "rows" in cost else ""
            yield (
                f"| {backend} | {int(size):,} | {cost['seconds'] * 1000:.2f} | {cost['bytes']:,.0f} | {rows} |"
                f" {cost['bytes of a run']:,.0f} |\n"
            )
        small, large = sizes.values()
        times, more = large["seconds"] / small["seconds"], large["bytes"] / small["bytes"]
        yield f"| {backend} | ratio | {times:.2f} | {more:.2f}; at most {targets.STATE_GROWTH:g} | | |\n"


def state_rates(state: dict[str, Any]) -> Iterator[str]:
    """A line for each place, in plain text and encrypted, one by one and in groups."""
    for backend, found in state.items():
        for how, rate in found["rates"].items():
            ours, bare = rate["operations/s"], rate["bare operations/s"]
            yield f"| {backend}, {how} | {ours:,.0f} | {bare:,.0f} | {ours / bare:.2f} | {rate['bytes']:,.0f} |\n"


def _pair(target: targets.Target | None) -> str:
    return "" if target is None else f"{target.must:g}; {target.stretch:g}"


def main() -> None:
    """Print the tables, or put them into the page."""
    text = "".join(tables(json.loads((ROOT / "bench/out/results.json").read_bytes())))
    if "--write" not in sys.argv[1:]:
        print(text)
        return
    page = ROOT / "docs/benchmarks.md"
    before, _, rest = page.read_text().partition(START)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{START}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
