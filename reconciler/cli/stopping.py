"""Ctrl-C: the first lets what is in flight finish and be recorded, the second ends it all at once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.cli.app import App
from reconciler.report.progress import Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BASE = 128  # a shell's exit code of a signal


@contextmanager
def stopping(app: App, progress: Progress) -> Iterator[asyncio.Event]:
    """Yield an event that SIGINT and SIGTERM set while the block runs.

    A second signal leaves the process at once: what was recorded stays so, and the next run finds out the rest.
    """
    stop = asyncio.Event()  # a run sets it by itself where state can not be written
    loop = asyncio.get_running_loop()
    asked: list[signal.Signals] = []

    def on_signal(number: signal.Signals) -> None:
        asked.append(number)
        if len(asked) > 1:
            progress.__exit__(None, None, None)
            os._exit(_BASE + number)
        stop.set()
        app.warn("stopping: what is in flight is finished and recorded; once more ends it at once")

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
