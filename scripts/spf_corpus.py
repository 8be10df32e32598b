"""Fetch the SPF test suites that others wrote into the virtualenv: they come with the sources of pyspf, not its wheel.

usage: python scripts/spf_corpus.py, with the virtualenv's own Python
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "2.0.14"
SHA256 = "57a7ef01bda090173aafb6af0106251686ed73f03db4e911fcd34c57fc347186"  # of the archive with the sources
#: The official suite of RFC 7208, and pyspf's own cases.
NAMES = ("rfc7208-tests.yml", "test.yml")

_ARCHIVE = f"pyspf-{VERSION}.tar.gz"


def folder() -> Path:
    """Return where the suites are kept: a folder of the virtualenv that this Python is of."""
    return Path(sys.prefix) / "share" / f"spf-corpus-{VERSION}"


def present() -> bool:
    """Whether every suite is there."""
    return all((folder() / name).is_file() for name in NAMES)


def fetch() -> str:
    """Fetch the suites where they are missing; return what went wrong, or nothing."""
    if present():
        return ""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "wanted.txt"
        wanted.write_text(f"pyspf=={VERSION} --hash=sha256:{SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        done = subprocess.run(
            [*pip, "--no-deps", "--no-binary", "pyspf", "--require-hashes", "--dest", scratch, "--requirement", wanted],
            capture_output=True,
            check=False,
        )
        archive = Path(scratch) / _ARCHIVE
        if done.returncode or not archive.is_file():
            return "pip could not fetch the sources of pyspf"  # what it said may name a private address
        return _unpack(archive)


def _unpack(archive: Path) -> str:
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        return f"{archive.name} is not the archive it should be: its SHA-256 differs"
    folder().mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for name in NAMES:
            member = tar.extractfile(f"pyspf-{VERSION}/test/{name}")
            if member is None:
                return f"{archive.name} has no {name}"
            (folder() / name).write_bytes(member.read())
    return ""


def main() -> int:
    """Fetch, and tell; without the suites everything else still works, so it is no failure."""
    trouble = fetch()
    if trouble:
        sys.stderr.write(f"warning: {trouble}; the tests that need the SPF test suites will say so\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
