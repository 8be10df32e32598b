"""What is timed within a process: loading against libyaml's bare events, and the executor at a provider's latency.

usage: python bench/inside.py STAGE DIR; prints seconds, or a JSON object
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path


def files_of(folder: Path) -> list[Path]:
    """The YAML files of a configuration."""
    return sorted(folder.rglob("*.yaml"))


def events(folder: Path) -> float:
    """Seconds libyaml takes to give every event of the files, nothing made of them."""
    from yaml.cyaml import CParser

    texts = [path.read_bytes() for path in files_of(folder)]
    started = time.perf_counter()
    for text in texts:
        parser = CParser(text)
        while parser.get_event() is not None:
            pass
        parser.dispose()
    return time.perf_counter() - started


def load(folder: Path) -> float:
    """Seconds to load and validate the same files, the modules being imported already."""
    from reconciler.config import load as load_configuration

    load_configuration([files_of(folder)[0]], folder)
    gc.collect()
    started = time.perf_counter()
    load_configuration([folder], folder)
    return time.perf_counter() - started


STAGES: dict[str, Callable[[Path], float]] = {"events": events, "load": load}


def main() -> None:
    """Run one stage and print its seconds."""
    stage, folder = sys.argv[1:]
    print(STAGES[stage](Path(folder)))


if __name__ == "__main__":
    main()
