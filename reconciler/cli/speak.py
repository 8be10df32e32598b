"""Diagnostics to whoever asked: in text to a person, in JSON to a program."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App
from reconciler.cli.exits import Exit
from reconciler.model.diagnostic import Diagnostic
from reconciler.report.diagnostics_json import diagnostics_json
from reconciler.report.diagnostics_text import diagnostics_text
from reconciler.report.excerpt import ReadLine
from reconciler.report.style import Style, style_for

if TYPE_CHECKING:
    from reconciler.state.values import LockInfo


def out_style(app: App) -> Style:
    """How results look."""
    return style_for(sys.stdout, os.environ, app.color)


def err_style(app: App) -> Style:
    """How talk looks."""
    return style_for(sys.stderr, os.environ, app.color)


def line_reader(cwd: Path) -> ReadLine:
    """Give lines of files that diagnostics speak of; a file that can not be read gives none."""

    @lru_cache(maxsize=32)
    def lines(file: str) -> tuple[str, ...]:
        try:
            return tuple((cwd / file).read_text(encoding="utf-8-sig", errors="replace").split("\n"))
        except (OSError, ValueError):
            return ()

    def read_line(file: str, line: int) -> str | None:
        found = lines(file)
        return found[line - 1].rstrip("\r") if 0 < line <= len(found) else None

    return read_line


def diagnostics_as_text(diagnostics: Sequence[Diagnostic], app: App, style: Style) -> str:
    """Render diagnostics with the excerpts they speak of."""
    return diagnostics_text(diagnostics, line_reader(app.cwd), style)


def tell_failure(diagnostics: Sequence[Diagnostic], app: App, code: Exit = Exit.ERROR) -> None:
    """Tell why a command ends: on stdout as JSON where a program reads, else on stderr."""
    if app.json:
        app.envelope("error", exit=int(code), diagnostics=diagnostics_json(diagnostics))
    else:
        app.warn(diagnostics_as_text(diagnostics, app, err_style(app)))


def tell_warnings(diagnostics: Sequence[Diagnostic], app: App) -> None:
    """Print warnings on stderr; a program finds them in the result instead."""
    if diagnostics and not app.json and not app.quiet:
        app.warn(diagnostics_as_text(diagnostics, app, err_style(app)))


def tell_wait(app: App) -> Callable[["LockInfo"], None]:
    """Return what says who is waited for."""

    def tell(lock: "LockInfo") -> None:
        from reconciler.cli.locking import tell_wait_for

        tell_wait_for(app, lock)

    return tell
