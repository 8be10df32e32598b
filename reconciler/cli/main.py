"""`reconciler`: the root of the command line, which loads a command when it is called."""

import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.app import App
from reconciler.cli.boundary import run
from reconciler.cli.command import CONTEXT, FORMATS, Group, global_options
from reconciler.cli.commands import SECTIONS, SUMMARIES, module_of

#: The variable through which a shell asks for completions.
COMPLETE = "_RECONCILER_COMPLETE"

SUMMARY = "mail hosting as code: YAML in, a reviewed plan out, applied in an order that no provider forbids"

EXAMPLES = (
    ("reconciler init", "a commented configuration to start from"),
    ("reconciler plan", "what would be done, and why in that order"),
    ("reconciler plan --out plan.json", "keep the plan for a review"),
    ("reconciler apply plan.json", "carry out what was reviewed"),
)


class Root(Group):
    """The root: commands by name from the table, loaded late; every end of a run goes through `boundary`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        del ctx
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        del ctx
        if cmd_name not in SUMMARIES:
            return None
        found = importlib.import_module(module_of(cmd_name)).command
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without loading one."""
        del ctx
        width = max(map(len, SUMMARIES)) + 2
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width - 2), summary) for name, summary in commands.items()])

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> Any:
        """Run a command line and leave with its exit code."""
        _open_closed_streams()
        if COMPLETE in os.environ:
            from click.shell_completion import shell_complete

            sys.exit(shell_complete(self, {}, "reconciler", COMPLETE, os.environ[COMPLETE]))
        app = extra.get("obj")
        given = sys.argv[1:] if args is None else args
        sys.exit(run(self, given, app if isinstance(app, App) else App()))


def _open_closed_streams() -> None:
    """Give a process that was started without stdout or stderr one that swallows, before a file takes their number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nothing = Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8")  # noqa: SIM115 - till the end
            setattr(sys, name, nothing)


@click.group(cls=Root, context_settings=dict(CONTEXT), invoke_without_command=True)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Files declare instances, domains, mailboxes, aliases and teams. A plan compares them with what providers have.

    A command's own page: `reconciler COMMAND --help`. What a message means: `reconciler explain ID`.
    """
    if ctx.invoked_subcommand is None:
        click.echo(short_help())


cli.summary = SUMMARY
cli.examples = EXAMPLES
cli.exits = {}
cli.params.extend(global_options(FORMATS))


def short_help() -> str:
    """What a bare `reconciler` prints."""
    lines = [f"reconciler {__version__} - mail hosting as code", ""]
    width = max(len(line) for line, _ in EXAMPLES)
    lines += [f"  $ {line.ljust(width)}  {what}" for line, what in EXAMPLES]
    lines += ["", "All commands: reconciler --help"]
    return "\n".join(lines)


def main() -> None:
    """The entry point."""
    try:
        cli.main()
    finally:
        gc.freeze()  # the process ends: what is left need not be walked once more
