"""Programs that tests talk to: without one a test is skipped and says what to install, and in CI it fails."""

import os
import shutil
from typing import NoReturn

import pytest

#: Where Debian has programs that only root's PATH names.
_SBIN = "/usr/sbin"


def lacking(what: str, package: str) -> NoReturn:
    """Skip, or fail where CI should have installed it."""
    said = f"{what} is not installed (Debian: {package})"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


def program(name: str, package: str) -> str:
    """Return the path of a program."""
    return shutil.which(name) or shutil.which(name, path=_SBIN) or lacking(name, package)
