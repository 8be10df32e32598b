"""What is timed within a process: loading against libyaml's bare events, and a run against a slow provider.

usage: python bench/inside.py STAGE DIR; prints a JSON object
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def files_of(folder: Path) -> list[Path]:
    """The YAML files of a configuration."""
    return sorted(folder.rglob("*.yaml"))


def events(folder: Path) -> dict[str, float]:
    """Seconds libyaml takes to hand over every event of the files, nothing being made of them."""
    from yaml.cyaml import CParser

    texts = [path.read_bytes() for path in files_of(folder)]
    started = time.perf_counter()
    for text in texts:
        parser = CParser(text)
        while parser.get_event() is not None:
            pass
        parser.dispose()
    return {"seconds": time.perf_counter() - started}


def load(folder: Path) -> dict[str, float]:
    """Seconds to load and validate the same files, the modules being imported already."""
    from reconciler.config import load as load_configuration

    load_configuration([folder / "mail.yaml"], folder)
    gc.collect()
    started = time.perf_counter()
    load_configuration([folder], folder)
    return {"seconds": time.perf_counter() - started}


def run(folder: Path) -> dict[str, float]:
    """Carry out a configuration; count the seconds of the run alone, provider calls, bytes and flushes of state."""
    return asyncio.run(_run(folder))


class _Counted:
    """A reader or a writer whose calls are counted from outside, so that the product carries no counter."""

    def __init__(self, inner: object, tally: list[int]) -> None:
        """Stand before a reader or writer; `tally` gets an entry for each call."""
        self._inner = inner
        self._tally = tally

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name in ("look_up", "write"):
            self._tally.append(1)
        return found


async def _run(folder: Path) -> dict[str, float]:
    from reconciler.apply.context import ApplyContext
    from reconciler.apply.execute import execute
    from reconciler.apply.result import Status
    from reconciler.cli.app import App
    from reconciler.cli.session import open_session, plan_of, read_scene

    calls: list[int] = []
    async with open_session(App(cwd=folder), [folder]) as session:
        with session.state.acquire("bench") as held:
            scene = await read_scene(session, held.loaded)
            plan = plan_of(session, scene)
            (name, provider), *_ = session.providers.items()
            context = ApplyContext(
                readers={name: _Counted(session.readers.mail[name], calls)},
                writers={name: _Counted(provider.writer(), calls)},
                capabilities={name: provider.capabilities},
                session=held,
                declaration=lambda kind, key: session.desired.of(kind).get(key),
            )
            started = time.perf_counter()
            result = await execute(plan, context)
            seconds = time.perf_counter() - started
        done = result.count(Status.DONE)
        assert done == len(plan.operations), "a benchmark of a failed run is worth nothing"
    return {
        "seconds": seconds,
        "operations": len(plan.operations),
        "calls": len(calls),
        "bytes": held.written,
        "flushes": held.fsyncs,
    }


STAGES: dict[str, Callable[[Path], dict[str, float]]] = {"events": events, "load": load, "run": run}


def main() -> None:
    """Run one stage and print what it took."""
    stage, folder = sys.argv[1:]
    print(json.dumps(STAGES[stage](Path(folder))))


if __name__ == "__main__":
    main()
