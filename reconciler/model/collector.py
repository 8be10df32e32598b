"""Python's cyclic collector, where nearly all that is made is kept and holds no cycles.

Left alone it walks a growing world again and again: reading 100,000 mailboxes takes twice the time. Whoever builds many
values pauses it for as long; a long run only relaxes it.
"""

import contextlib
import gc
from collections.abc import Iterator

_held = 0  # blocks in which what was there before is set apart; Python tells by counting all of it
_YOUNG = 100_000  # objects made before the youngest are looked through; Python's own 700 is meant for small programs


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Collect nothing inside the block; nested blocks are fine.

    What was made counts as old afterwards, or the next object to be made would set off a walk over all of it.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not _held and not gc.get_freeze_count():  # what another has set apart stays so
                gc.freeze()
                gc.unfreeze()
            gc.enable()


@contextlib.contextmanager
def relaxed() -> Iterator[None]:
    """Look for garbage rarely inside the block, and never among what was there before it."""
    global _held  # noqa: PLW0603 - the collector is the process's, and so is what is known of it
    before = gc.get_threshold()
    _held += 1
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
    try:
        yield
    finally:
        _held -= 1
        gc.set_threshold(*before)
        gc.unfreeze()
