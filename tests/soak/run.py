"""Soak the backends of state, one after the other, and print what came of it.

usage: python tests/soak/run.py [--backends local,postgres,…] [--seconds 120] [--processes 8] [--seed N] [--keep DIR]
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reconciler.model.diagnostic import Problem  # noqa: E402 - the line above makes these importable
from scripts.house import command  # noqa: E402
from tests.servers import keeper  # noqa: E402
from tests.soak import world  # noqa: E402
from tests.soak.audit import Report, audit  # noqa: E402
from tests.soak.fleet import Orders, Ran, environment  # noqa: E402
from tests.soak.places import PLACES  # noqa: E402

_PAUSE = (0.3, 1.5)  # seconds between two kills
_LAST = 300.0  # seconds that the last runs of a fleet may take after its time is over


def soak(
    backend: str, seconds: float, *, processes: int = 8, pause: tuple[float, float] = _PAUSE, seed: int = 1,
    keep: Path | None = None,
) -> Report:  # fmt: skip
    """Soak one backend.

    Args:
        backend: Its name.
        seconds: How long new runs are started.
        processes: How many run at once.
        pause: Seconds between two kills, at least and at most.
        seed: Of all chance but the machine's own.
        keep: A folder that gets a copy of all files, where the soak found something.
    """
    with keeper.kept() as nest, PLACES[backend](nest.folder) as state:
        folder = nest.folder
        world.make_platform(folder / "platform/sandbox.db")
        orders = folder / "orders.json"
        orders.write_text(json.dumps(asdict(Orders(str(folder), state, processes, seconds, pause, seed))))
        fleet = nest.start(
            [sys.executable, ROOT / "tests/soak/fleet.py", orders], stop=signal.SIGKILL, cwd=folder, log="fleet.log"
        )
        keeper.until(lambda: not fleet.alive, seconds + _LAST, "the fleet's end")
        last = quiet(folder, state, seed)
        report = Report(backend)
        try:
            report = audit(backend, folder, _runs(folder), last)
        except Problem as error:
            report.wrong += [f"the state can not be audited: {error}", *(each.err + each.out for each in last)]
        report.check(not fleet.tail(), f"the fleet itself failed:\n{fleet.tail()}")
        if report.wrong and keep is not None:
            shutil.copytree(folder, keep / backend, dirs_exist_ok=True)
        return report


def _runs(folder: Path) -> list[Ran]:
    return [Ran(**json.loads(line)) for line in (folder / "runs.jsonl").read_text().splitlines()]


def quiet(folder: Path, state: str, seed: int) -> list[Ran]:
    """Apply once more, undisturbed, and see that nothing is left to do."""
    place = folder / "quiet"
    place.mkdir()
    text = world.wanted(random.Random(f"{seed} quiet"), state, folder / "platform/sandbox.db")
    (place / "mail.yaml").write_text(text)
    applied = _run(place, folder, "apply", "--yes", "--format", "json", *world.CONSENTS)
    return [applied, _run(place, folder, "plan"), _run(place, folder, "drift")]


def _run(place: Path, folder: Path, *words: str) -> Ran:
    started = time.monotonic()
    done = subprocess.run(
        [*command(), *words], cwd=place, env=environment(folder), capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Ran(list(words), done.returncode, done.stdout, done.stderr, time.monotonic() - started)


def table(reports: Sequence[Report]) -> str:
    """The numbers of every soak, one line each."""
    names = list(dict.fromkeys(name for report in reports for name in report.counted))
    lines = [["backend", *names, "exit codes", "audit"]]
    for report in reports:
        exits = " ".join(f"{code}:{times}" for code, times in sorted(report.exits.items()))
        verdict = f"{len(report.wrong)} wrong" if report.wrong else "clean"
        lines.append([report.backend, *(f"{report.counted.get(name, 0):,}" for name in names), exits, verdict])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True)) for line in lines)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Soak what was asked for; the exit code is 1 where something does not add up."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--backends", default=",".join(PLACES), help="comma-separated")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--pause", default="0.3,1.5", help="seconds between two kills, at least and at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="copy the files of a soak that found something here")
    asked = parser.parse_args()
    least, most = map(float, asked.pause.split(","))
    reports = []
    for backend in asked.backends.split(","):
        _say(f"{backend}: {asked.processes} processes for {asked.seconds:g} s, seed {asked.seed} …")
        try:
            report = soak(
                backend, asked.seconds, processes=asked.processes, pause=(least, most), seed=asked.seed, keep=asked.keep
            )
        except pytest.skip.Exception as missing:
            _say(f"{backend} is left out: {missing}")
            continue
        for sentence in report.wrong:
            _say(f"WRONG {backend}: {sentence}")
        reports.append(report)
    _say(table(reports))
    sys.exit(any(report.wrong for report in reports))


if __name__ == "__main__":
    main()
