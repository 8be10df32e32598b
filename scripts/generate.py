"""Write what is generated again: `docs/commands/`, `schemas/`, and outputs in pages that no longer hold.

With `--check` nothing is written; what is out of date is named, and the exit is 1.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.console import blocks, rewritten  # noqa: E402 - the line above makes it importable

#: Where the blocks of a page run, unless a note in the page says otherwise.
_START = {"README.md": "examples/quickstart", "docs": "examples/quickstart"}
#: Pages whose commands need a mail host: `tests/examples/test_on_a_cluster.py` runs them, nothing writes them again.
ON_A_CLUSTER = ("examples/cluster/README.md", "docs/guides/postfixadmin.md")


def pages() -> list[Path]:
    """Every page that shows commands and their output, but for those that need a mail host."""
    patterns = ("README.md", "docs/*.md", "examples/*/README.md")
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    elsewhere = {ROOT / page for page in ON_A_CLUSTER}
    return [path for path in found if path not in elsewhere and any(blocks(path.read_text()))]


def start_of(page: Path) -> str:
    """The folder a page's first block runs in, relative to the root of the work tree."""
    inside = page.relative_to(ROOT)
    return _START.get(inside.parts[0], inside.parent.as_posix())


def generated() -> dict[Path, bytes]:
    """The generated files, by path."""
    from reconciler.cli.docs import pages as command_pages
    from reconciler.cli.schemas import NAMES, schema_bytes

    schemas = {ROOT / f"schemas/{name}.schema.json": schema_bytes(name) for name in NAMES}
    commands = {ROOT / "docs/commands" / name: text.encode() for name, text in command_pages().items()}
    return schemas | commands


def stale() -> list[Path]:
    """The generated files that are not what the code generates; pages of commands that are gone among them."""
    wanted = generated()
    wrong = [path for path, data in wanted.items() if not path.exists() or path.read_bytes() != data]
    return wrong + [path for path in (ROOT / "docs/commands").glob("*.md") if path not in wanted]


def main() -> None:
    """Write, or check."""
    wrong = stale()
    if "--check" in sys.argv[1:]:
        for path in wrong:
            sys.stderr.write(f"{path.relative_to(ROOT)} is out of date: make docs\n")
        sys.exit(bool(wrong))
    wanted = generated()
    for path in wrong:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wanted[path]) if path in wanted else path.unlink()
    for page in pages():
        with tempfile.TemporaryDirectory() as scratch:
            text = rewritten(page.read_text(), Path(scratch), start_of(page))
        if text != page.read_text():
            page.write_text(text)
            wrong.append(page)
    for path in wrong:
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
