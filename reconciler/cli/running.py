"""The asynchronous part of a command, run to its end."""

from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine; asyncio is imported here, so that help does without."""
    import asyncio

    return asyncio.run(work)
