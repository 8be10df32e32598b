"""File permissions that bind root as they bind everybody else, so that no test has to ask who runs it."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

import pytest

_VERSION_3 = 0x20080522
_OVERRIDE = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
_EFFECTIVE = 0  # of the six words: effective, permitted and inheritable, first the lower halves


@contextlib.contextmanager
def as_anybody() -> Iterator[None]:
    """Take from root the right to read and write what its permissions forbid; other users never have it.

    Only the effective capabilities of this thread go, and they come back: the owner stays root, so that Python may lie
    in root's home. Where root has no such capabilities to lay down (not Linux), a test can only be skipped.
    """
    if os.geteuid() != 0:
        yield
        return
    if not sys.platform.startswith("linux"):
        pytest.skip("only on Linux can root lay down its right to read every file")
    before = _capabilities()
    lowered = list(before)
    lowered[_EFFECTIVE] &= ~_OVERRIDE
    _set_capabilities(lowered)
    try:
        yield
    finally:
        _set_capabilities(before)


def _capabilities() -> list[int]:
    words = (ctypes.c_uint32 * 6)()
    _call("capget", words)
    return list(words)


def _set_capabilities(words: list[int]) -> None:
    _call("capset", (ctypes.c_uint32 * 6)(*words))


def _call(name: str, words: ctypes.Array) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    this_thread = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if getattr(libc, name)(this_thread, words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
