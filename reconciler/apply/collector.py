"""The cyclic collector during a run: nearly all that a run makes is kept, and looking at it again is half the time."""

import contextlib
import gc
from collections.abc import Iterator

_YOUNG = 100_000  # objects made before the youngest are looked through; Python's own 700 is meant for small programs


@contextlib.contextmanager
def relaxed() -> Iterator[None]:
    """Look for garbage rarely inside the block, and never among what was there before it."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
