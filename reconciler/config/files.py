"""Finding and reading the files."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from reconciler.config.events import read_tree
from reconciler.config.nodes import Map, new_map
from reconciler.config.syntax import decode
from reconciler.model.diagnostic import Diagnostic, Problem, problem, warning
from reconciler.model.source import Span

SUFFIXES = frozenset({".yaml", ".yml"})
_ENCRYPTED = b"-----BEGIN AGE ENCRYPTED FILE-----"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read: its tree, and its bytes."""

    path: Path  # absolute
    name: str  # as the user would write it
    root: Map
    data: bytes = field(repr=False)

    @property
    def base(self) -> Path:
        """The folder its relative paths start at."""
        return self.path.parent

    def lines(self) -> list[str]:
        """Its text, line by line, as libyaml counts them."""
        return self.data.decode("utf-8-sig").splitlines()


@dataclass(slots=True)
class Found:
    """What was read, and what was wrong; `broken` says that some file could not be read to its end."""

    sources: list[Source]
    diagnostics: list[Diagnostic]
    broken: bool = False


def read_files(paths: Sequence[Path], cwd: Path) -> Found:
    """Read every file that is named or lies in a folder that is named, in the order of their names."""
    found = Found([], [])
    for path in _find(paths, cwd, found.diagnostics):
        _read(path, _display(path, cwd), found)
    if not found.sources and not found.diagnostics:
        where = ", ".join(str(path) for path in paths) or "."
        found.diagnostics.append(
            problem(
                "no-files",
                f"no YAML files in {where}",
                help="name the files or folders to read, or make a first configuration: `reconciler init`",
            )
        )
    found.broken = found.broken or any(each.severity == "error" for each in found.diagnostics)
    return found


def digest_of(sources: Sequence[Source], root: Path) -> str:
    """The digest of a configuration: of each file's path below the root file's folder, and its bytes, sorted."""
    whole = sha256()
    for name, data in sorted((os.path.relpath(source.path, root), sha256(source.data).digest()) for source in sources):
        whole.update(sha256(os.fsencode(name)).digest() + data)
    return "sha256:" + whole.hexdigest()


def _display(path: Path, cwd: Path) -> str:
    try:
        return str(path.relative_to(cwd))
    except ValueError:
        return str(path)


def _find(paths: Sequence[Path], cwd: Path, diagnostics: list[Diagnostic]) -> Iterator[Path]:
    """Absolute paths of the files, each once however it is reached."""
    seen: set[str] = set()
    for given in paths or (cwd,):
        start = Path(os.path.normpath(cwd / given))
        if start.is_dir():
            candidates: Iterator[Path] = _walk(start)
        elif start.exists():
            candidates = iter((start,))
        else:
            diagnostics.append(
                problem("no-such-file", f"{given} does not exist", help="name a file or folder that does")
            )
            continue
        for path in candidates:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path


def _walk(start: Path) -> Iterator[Path]:
    """YAML files below a folder in the order of their names; nothing hidden, no folder twice."""
    entered: set[str] = set()
    for folder, folders, names in os.walk(start, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file():
                yield path


def _read(path: Path, name: str, found: Found) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        found.diagnostics.append(
            problem(
                "unreadable-file",
                f"{name} can not be read: {(error.strerror or str(error)).lower()}",
                help=f"check its permissions: `ls -l {name}`",
            )
        )
        return
    try:
        body, text = decode(data, name)
    except Problem as error:
        found.diagnostics += error.diagnostics
        return
    document = read_tree(body, text, name)
    found.diagnostics += document.diagnostics
    found.broken = found.broken or document.broken
    root = document.root
    if root is None:
        if not document.diagnostics:
            found.diagnostics.append(
                warning("empty-file", f"{name} says nothing", at=Span(name, 1, 1), help="fill it or delete it")
            )
        root = new_map()
    elif data.startswith(_ENCRYPTED):
        found.diagnostics.append(_saved_plan(name, "encrypted, as a saved plan can be"))
        root = new_map()
    elif not isinstance(root, Map):
        found.diagnostics.append(
            problem(
                "not-a-mapping",
                f"{name} is {'a list' if isinstance(root, list) else 'a text'} where sections are expected",
                at=Span.unpack(name, document.at),
                help="begin with a section such as `mailboxes:`; a blank follows each colon",
            )
        )
        root = new_map()
    elif str(root.get("format")).startswith("reconciler.plan/"):
        found.diagnostics.append(_saved_plan(name))
        root = new_map()
    found.sources.append(Source(path, name, root, data))


def _saved_plan(name: str, what: str = "a saved plan") -> Diagnostic:
    return problem(
        "plan-as-configuration",
        f"{name} is {what}, where a configuration is expected",
        help=f"look at it with `reconciler show {name}`, carry it out with `reconciler apply {name} -c PATH`",
    )
