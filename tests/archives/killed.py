"""Makes archive after archive, killed one step later each time, until one gets done; prints how many were not."""

import itertools
import os
import signal
import sys
from pathlib import Path

from tests.archives.conftest import archived

STEPS = ("open", "os.mkdir", "os.chmod", "os.rename", "os.listdir", "os.scandir", "fcntl.flock")


def die_at(number: int) -> None:
    """Have this process killed just before a step that touches the disk."""
    left = iter(range(number))

    def hook(event: str, _args: object) -> None:
        if event in STEPS and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main(folder: Path) -> int:
    """Return how many were killed before one got done."""
    for number in itertools.count():
        child = os.fork()
        if not child:
            die_at(number)
            archived(folder / str(number))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return number
    raise AssertionError


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]))}\n")
