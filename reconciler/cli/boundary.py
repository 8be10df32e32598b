"""Every end of a run: what went wrong becomes diagnostics and an exit code, never a traceback unless asked for."""

import contextlib
import errno
import itertools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

from reconciler.cli.app import App
from reconciler.cli.exits import Exit
from reconciler.model.collector import relaxed

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic

_TALKATIVE = 2  # -vv
_INTERRUPTED = 130  # 128 + SIGINT, as shells count


def run(root: click.Command, args: Sequence[str], app: App) -> int:
    """Run a command line to its exit code; whatever is raised on the way is told here.

    Both streams are handed over before this returns, so that the interpreter's own last flush finds nothing to fail on.
    """
    try:
        code = _told(root, args, app)
        app.flush()
    except BrokenPipeError:  # the reader of our output has gone, and wants no word about it
        code = Exit.ERROR
    except KeyboardInterrupt:
        app.warn("interrupted")
        code = _INTERRUPTED
    except OSError as error:  # the output took neither the result nor, as JSON, what went wrong
        _tell_a_person(diagnostics_of(error), app)
        code = Exit.ERROR
    for stream in (sys.stdout, sys.stderr):
        _let_go(stream)
    return code


def _told(root: click.Command, args: Sequence[str], app: App) -> int:
    try:
        return _invoke(root, args, app)
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except click.ClickException as error:
        return _tell_usage(error, args, app)
    except Exception as error:  # noqa: BLE001 - whatever it is, the user gets one sentence and a way on
        return _tell(error, app)


def _invoke(root: click.Command, args: Sequence[str], app: App) -> int:
    try:
        with root.make_context("reconciler", list(args), obj=app) as ctx, relaxed():
            code = root.invoke(ctx)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        app.warn("aborted; nothing was changed")
        return Exit.ERROR
    app.flush()
    return int(code) if isinstance(code, int) else Exit.DONE


def _tell_usage(error: click.ClickException, args: Sequence[str], app: App) -> int:
    message = error.format_message()
    message = message[:1].lower() + message[1:].rstrip(".")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    page = f"{ctx.command_path if ctx else 'reconciler'} --help"
    if app.json or _asks_for_json(args):
        content = {"id": "usage", "severity": "error", "message": message, "help": page}
        app.envelope("error", exit=int(Exit.USAGE), diagnostics=[content])
    else:
        usage = f"{ctx.get_usage()}\n" if ctx else ""
        app.warn(f"{usage}error: {message}\ntry: {page}")
    return Exit.USAGE


def _asks_for_json(args: Sequence[str]) -> bool:
    """Whether a command line that could not be parsed asks for JSON all the same."""
    return "--format=json" in args or ("--format", "json") in itertools.pairwise(args)


def _tell(error: Exception, app: App) -> int:
    from reconciler.cli.speak import tell_failure

    if app.verbosity >= _TALKATIVE or os.environ.get("RECONCILER_TRACEBACK"):
        import traceback

        app.warn("".join(traceback.format_exception(error)))
    tell_failure(diagnostics_of(error), app)
    return Exit.ERROR


def _tell_a_person(diagnostics: "Sequence[Diagnostic]", app: App) -> None:
    from reconciler.cli.speak import diagnostics_as_text, err_style

    app.warn(diagnostics_as_text(diagnostics, app, err_style(app)))


def diagnostics_of(error: Exception) -> "tuple[Diagnostic, ...]":
    """Turn anything that was raised into diagnostics."""
    from reconciler.model.diagnostic import Problem, problem
    from reconciler.providers.reader import ProviderError

    if isinstance(error, Problem):
        return error.diagnostics
    if isinstance(error, ProviderError):
        return tuple(problem(each.id, str(each), help=each.help) for each in (error, *error.also))
    if isinstance(error, OSError):
        return (_of_system(error),)
    if isinstance(error, ExceptionGroup):
        return tuple(each for inner in error.exceptions for each in diagnostics_of(inner))
    return (
        problem(
            "internal-error",
            f"reconciler itself failed: {_one_line(error)}",
            help="run it again with RECONCILER_TRACEBACK=1 set, and report what it prints",
        ),
    )


def _of_system(error: OSError) -> "Diagnostic":
    from reconciler.model.diagnostic import problem

    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    reason = (error.strerror or _one_line(error)).lower()
    what = f"{' and '.join(names)}: {reason}" if names else reason
    return problem("file-failed", what, help=_HELP.get(error.errno or 0))


_HELP = {
    errno.EACCES: "give the user that runs this the right to it, or run as its owner",
    errno.EPERM: "give the user that runs this the right to it, or run as its owner",
    errno.EROFS: "name a place that can be written",
    errno.ENOSPC: "free some space on the disk and run the same command again",
    errno.EDQUOT: "free some of your quota on the disk and run the same command again",
    errno.ENOENT: "check the path; `--chdir DIR` starts from another folder",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
}


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _let_go(stream: TextIO) -> None:
    """Flush a stream; where it takes nothing any more, send the rest of it nowhere."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
