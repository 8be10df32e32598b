"""Programs that tests talk to: without one a test is skipped and says what to install, and in CI it fails."""

import os
import shutil
from typing import NoReturn

import pytest

#: Where Debian has programs that only root's PATH names.
_SBIN = "/usr/sbin"


def lacking(what: str, package: str) -> NoReturn:
    """Skip, or fail where CI should have installed it."""
    _without(f"{what} is not installed (Debian: {package})")


def program(name: str, package: str) -> str:
    """Return the path of a program."""
    return shutil.which(name) or shutil.which(name, path=_SBIN) or lacking(name, package)


def as_root(what: str) -> None:
    """Go on as root only, since something starts processes of several users."""
    if os.geteuid() != 0:
        _without(f"{what} needs root")


def _without(said: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)
