"""What every command is given: where it runs, how it speaks, and to whom."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import click


@dataclass(slots=True)
class App:
    """One run of the command line.

    Attributes:
        cwd: Folder that relative paths start at; `--chdir` moves it and leaves the process where it is.
        format: The output's form; `text` or `json`, and what else a command offers.
        color: auto | always | never.
        verbosity: -1 quiet, 0 usual, 1 and more talkative.
        chdir: What `--chdir` was given, to be said again in what a user is told to type.
        clock: The time of day, in seconds since the epoch.
    """

    cwd: Path = field(default_factory=Path.cwd)
    format: str = "text"
    color: str = "auto"
    verbosity: int = 0
    chdir: tuple[str, ...] = ()
    clock: Callable[[], float] = time.time

    @property
    def json(self) -> bool:
        """Whether a program reads the results."""
        return self.format == "json"

    @property
    def quiet(self) -> bool:
        """Whether only results and errors are wanted."""
        return self.verbosity < 0

    @property
    def chdir_words(self) -> list[str]:
        """The words that run a command where this one ran."""
        return [word for folder in self.chdir for word in ("-C", folder)]

    def out(self, text: str) -> None:
        """Print a result.

        Raises:
            OSError: If nobody can take it; a full device is named as the standard output.
        """
        with _standard_output():
            _write(sys.stdout, text)

    def flush(self) -> None:
        """Hand over what was printed with `click.echo` too, so that a failure is met here and not at exit.

        Raises:
            OSError: As `out` does.
        """
        with _standard_output():
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Talk: to stderr, and not at all where only results are wanted."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Print an error or a warning, which no `--quiet` holds back; a listener that has gone holds up nothing."""
        with contextlib.suppress(OSError):
            _write(sys.stderr, text)

    def envelope(self, thing: str, **content: object) -> None:
        """Print a result as JSON: `format` is `reconciler.THING/1`, then the content."""
        self.out(to_json({"format": f"reconciler.{thing}/1", **content}))

    def path(self, given: str | Path) -> Path:
        """Return a path of the command line, which starts at `cwd`."""
        return self.cwd / Path(given).expanduser()


def to_json(value: Mapping[str, object]) -> str:
    """Return JSON for people and programs: indented, UTF-8, keys in the order given."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sits behind a stream; a closed one is none."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def current() -> App:
    """Return the run that click is carrying."""
    found = click.get_current_context().find_root().obj
    assert isinstance(found, App), "the root command makes the App"
    return found


@contextlib.contextmanager
def _standard_output() -> Iterator[None]:
    """Name the output in an error; what the system says is about no file, and would leave open what is full."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or "standard output"
        raise


def _write(stream: TextIO, text: str) -> None:
    if not text:
        return
    line = text if text.endswith("\n") else text + "\n"
    try:
        stream.write(line)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
