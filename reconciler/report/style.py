"""How text may look: colour or none, Unicode symbols or ASCII ones, and how wide a line is."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from reconciler.model.kinds import Action

#: Width of a line where no terminal says its own.
DEFAULT_WIDTH = 100

_MIN_WIDTH = 40
_PROBE = "→±✋█▒░·…─"

_UNICODE = {
    "create": "+", "update": "~", "delete": "-", "replace": "±", "operator": "✋", "adopt": "=", "forget": "○",
    "arrow": "→", "dot": "·", "ellipsis": "…", "full": "█", "part": "▒", "void": "░", "done": "✓", "failed": "✗",
}  # fmt: skip
_ASCII = {
    "create": "+", "update": "~", "delete": "-", "replace": "-+", "operator": "!", "adopt": "=", "forget": "o",
    "arrow": "->", "dot": "-", "ellipsis": "...", "full": "#", "part": "+", "void": ".", "done": "ok", "failed": "x",
}  # fmt: skip

_COLOURS = {"create": "32", "update": "33", "delete": "31", "replace": "35", "operator": "36", "adopt": "34",
            "forget": "2"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How to dress text. Every method returns its text unchanged where there is no colour.

    Attributes:
        colour: Whether escape sequences may be written (ECMA-48 SGR).
        unicode: Whether the symbols may be other than ASCII.
        width: Columns of a line.
    """

    colour: bool = False
    unicode: bool = True
    width: int = DEFAULT_WIDTH

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def symbol(self, name: str) -> str:
        """The symbol of an action (or `replace`), or a sign to draw with, such as `arrow` or `full`."""
        return (_UNICODE if self.unicode else _ASCII)[name]

    def action(self, action: Action | str, text: str) -> str:
        """Colour text as an action's, or as `replace`."""
        return self._paint(_COLOURS[str(action)], text)

    def create(self, text: str) -> str:
        """What comes to be."""
        return self.action("create", text)

    def update(self, text: str) -> str:
        """What changes in place."""
        return self.action("update", text)

    def delete(self, text: str) -> str:
        """What goes."""
        return self.action("delete", text)

    def error(self, text: str) -> str:
        """What stops the work."""
        return self._paint("1;31", text)

    def warn(self, text: str) -> str:
        """What should be looked at."""
        return self._paint("1;33", text)

    def good(self, text: str) -> str:
        """What went well."""
        return self._paint("32", text)

    def dim(self, text: str) -> str:
        """What may be skipped while reading."""
        return self._paint("2", text)

    def bold(self, text: str) -> str:
        """A heading, or a verdict."""
        return self._paint("1", text)

    def code(self, text: str) -> str:
        """What can be typed."""
        return self._paint("36", text)

    def place(self, text: str) -> str:
        """Frames around excerpts: arrows, line numbers, bars."""
        return self._paint("1;34", text)


def _has_colour(stream: TextIO, choice: str, environ: Mapping[str, str]) -> bool:
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":  # https://no-color.org
        return False
    return stream.isatty()


def _has_unicode(stream: TextIO) -> bool:
    try:
        _PROBE.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def style_for(stream: TextIO, environ: Mapping[str, str], choice: str = "auto") -> Style:
    """Decide how text looks on a stream.

    Args:
        stream: Where the text goes.
        environ: The process's environment: NO_COLOR, TERM and COLUMNS are read.
        choice: auto | always | never, as `--color` says; `always` wins over NO_COLOR.
    """
    width = DEFAULT_WIDTH
    if stream.isatty() or environ.get("COLUMNS"):
        width = max(shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns, _MIN_WIDTH)
    return Style(_has_colour(stream, choice, environ), _has_unicode(stream), width)
