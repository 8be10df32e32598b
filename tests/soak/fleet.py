"""The runs of a soak: so many processes at once, each killed sooner or later by a killer who does not look.

    python tests/soak/fleet.py ORDERS

ORDERS is a JSON file; what became of each run is added to `runs.jsonl` beside it. This is a program of its own, so that
a keeper can end it with all it has started.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reconciler.config import load  # noqa: E402 - the line above makes these importable
from reconciler.state import open_state  # noqa: E402
from scripts.house import command, plain_environment  # noqa: E402
from tests.soak import world  # noqa: E402

_AIMED = 0.5  # how many of the kills are meant for whoever holds the lock
_SAVED = 0.25  # how many of the applies carry out a plan that was saved before
_PATIENCE = (0, 2, 6)  # seconds to wait for the lock
_HUNG = 120.0  # seconds after which a command counts as hung


@dataclass(frozen=True, slots=True)
class Orders:
    """What a fleet is to do.

    Attributes:
        folder: Where it works.
        state: The `state:` block, as JSON.
        processes: How many run at once.
        seconds: How long.
        pause: Seconds between two kills, at least and at most.
        seed: Of all chance.
    """

    folder: str
    state: str
    processes: int
    seconds: float
    pause: tuple[float, float]
    seed: int


@dataclass(frozen=True, slots=True)
class Ran:
    """One process and its end.

    Attributes:
        words: Its arguments.
        exit: Its exit code; -9 where it was killed.
        out: Its standard output.
        err: Its standard error.
        seconds: How long it took.
    """

    words: list[str]
    exit: int
    out: str
    err: str
    seconds: float


class Fleet:
    """Processes that apply to one state."""

    def __init__(self, orders: Orders) -> None:
        """Take the orders."""
        self._orders = orders
        self._folder = Path(orders.folder)
        self._environment = environment(self._folder)
        self._alive: set[asyncio.subprocess.Process] = set()
        self._end = time.monotonic() + orders.seconds
        self._log = (self._folder / "runs.jsonl").open("a", encoding="utf-8")

    async def go(self) -> None:
        """Run until the time is over and the last process has ended by itself."""
        runners = [asyncio.create_task(self._runner(number)) for number in range(self._orders.processes)]
        killer = asyncio.create_task(self._killer())
        try:
            await asyncio.gather(*runners)
        finally:
            killer.cancel()
            self._log.close()

    async def _runner(self, number: int) -> None:
        chance = random.Random(f"{self._orders.seed} {number}")
        folder = self._folder / f"runner-{number}"
        folder.mkdir()
        while time.monotonic() < self._end:
            text = world.wanted(chance, self._orders.state, self._folder / "platform/sandbox.db")
            (folder / "mail.yaml").write_text(text)
            asked: list[str] = []
            if chance.random() < _SAVED:
                (folder / "plan.json").unlink(missing_ok=True)
                if await self._run(folder, "plan", "--out", "plan.json") not in (0, 2):
                    continue
                asked = ["plan.json"]
            patience = ("--lock-timeout", str(chance.choice(_PATIENCE)))
            await self._run(folder, "apply", *asked, "--yes", "--format", "json", *patience, *world.CONSENTS)

    async def _run(self, folder: Path, *words: str) -> int:
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command(), *words, cwd=folder, env=self._environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._alive.add(process)
        out, err = await asyncio.wait_for(process.communicate(), _HUNG)
        self._alive.discard(process)
        code = await process.wait()
        ran = Ran(list(words), code, out.decode(), err.decode(), time.monotonic() - started)
        self._log.write(json.dumps(asdict(ran)) + "\n")
        self._log.flush()
        return code

    async def _killer(self) -> None:
        """Kill one at a time: every other time whoever holds the lock, as seven of eight only wait for it."""
        chance = random.Random(f"{self._orders.seed} killer")
        while time.monotonic() < self._end:
            await asyncio.sleep(chance.uniform(*self._orders.pause))
            holder = await asyncio.to_thread(self._holder) if chance.random() < _AIMED else 0
            running = [process for process in self._alive if process.returncode is None]
            aimed = [process for process in running if process.pid == holder]
            if running:
                # its own `kill` looks whether it has ended, and would take the exit code away from who waits for it
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(aimed or running).pid, signal.SIGKILL)

    def _holder(self) -> int:
        """The process that holds the lock just now, 0 where there is none."""
        folder = self._folder / "killer"
        if not folder.exists():
            folder.mkdir()
            text = world.wanted(random.Random(0), self._orders.state, self._folder / "platform/sandbox.db")
            (folder / "mail.yaml").write_text(text)
        store = open_state(load([folder / "mail.yaml"], folder).desired.state)
        lock = store.lock()
        store.backend.close()
        return 0 if lock is None else lock.pid


def environment(folder: Path) -> dict[str, str]:
    """What the processes see; files they may leave are left below the folder."""
    (folder / "tmp").mkdir(exist_ok=True)
    return plain_environment(folder) | world.passwords() | {"TMPDIR": str(folder / "tmp")}


def main() -> None:
    """Carry out the orders."""
    data: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    asyncio.run(Fleet(Orders(**data)).go())


if __name__ == "__main__":
    main()
