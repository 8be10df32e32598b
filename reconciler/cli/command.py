"""The shape of a command: help that opens with examples, the options every command has, and its exit codes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from reconciler.cli.app import App
from reconciler.cli.commands import SUMMARIES
from reconciler.cli.exits import MEANINGS, Exit

FORMATS = ("text", "json")
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_GLOBAL = frozenset({"--chdir", "--format", "--color", "--quiet", "--verbose", "--help"})

Example = tuple[str, str]


def _app(ctx: click.Context) -> App:
    root = ctx.find_root()
    if not isinstance(root.obj, App):
        root.obj = App()
    return root.obj


def _set_format(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        _app(ctx).format = value


def _set_color(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        _app(ctx).color = value


def _set_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        _app(ctx).verbosity = -1


def _set_verbose(ctx: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        _app(ctx).verbosity = value


def _set_chdir(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    app = _app(ctx)
    folder = app.cwd / Path(value).expanduser()
    if not folder.is_dir():
        raise click.BadParameter(f"'{value}' is not a folder", ctx=ctx, param_hint="'--chdir'")
    app.cwd = folder
    app.chdir = (*app.chdir, value)


def is_global(parameter: click.Parameter) -> bool:
    """Whether a parameter is one that every command has."""
    return not _GLOBAL.isdisjoint(parameter.opts)


def global_options(formats: Sequence[str]) -> list[click.Parameter]:
    """Make the options that every command has."""
    hidden: dict[str, Any] = {"expose_value": False, "is_eager": True}
    return [
        click.Option(
            ["-C", "--chdir"], metavar="DIR", callback=_set_chdir, help="Run as if started in this folder.", **hidden
        ),
        click.Option(
            ["--format"],
            type=click.Choice(list(formats)),
            callback=_set_format,
            help="Form of the output. [default: text]",
            **hidden,
        ),
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            callback=_set_color,
            help="Colours; auto: on a terminal, unless NO_COLOR is set. [default: auto]",
            **hidden,
        ),
        click.Option(
            ["-q", "--quiet"], is_flag=True, callback=_set_quiet, help="Print results and errors only.", **hidden
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            callback=_set_verbose,
            help="Say more; twice: tracebacks as well.",
            **hidden,
        ),
    ]


class _Helpful(click.Command):
    """Help in the order it is needed: what, examples, usage, the long text, options, exit codes."""

    examples: tuple[Example, ...] = ()
    exits: Mapping[Exit, str]
    summary: str = ""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help page."""
        formatter.write_text(_sentence(self.summary))
        if self.examples:
            with formatter.section("Examples"):
                formatter.write_dl([(f"$ {line}", what) for line, what in self.examples], col_max=52)
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)
        if self.exits:
            with formatter.section("Exit status"):
                formatter.write_dl([(str(int(code)), meaning) for code, meaning in self.exits.items()])

    def get_short_help_str(self, limit: int = 100) -> str:
        """The one line of a listing."""
        del limit
        return self.summary

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, then those that every command has."""
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = None if isinstance(parameter, click.Argument) else parameter.get_help_record(ctx)
            if record is not None:
                (everywhere if is_global(parameter) else own).append(record)
        for title, records in (("Options", own), ("Options of every command", everywhere)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Command(_Helpful):
    """A command."""


class Group(_Helpful, click.Group):
    """A command with commands of its own; suggests the nearest where a name is not one."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(_unknown(name, self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args) if found is None else (name, found, args[1:])


def _unknown(name: str, known: Sequence[str]) -> str:
    from reconciler.model.closest import closest

    near = closest(name, known, cutoff=0.5)
    return f"there is no command '{name}'" + (f"; did you mean '{near}'?" if near else "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def exits(*codes: Exit, **renamed: str) -> dict[Exit, str]:
    """Name the exit codes a command has; a keyword such as `done=…` gives one a meaning of its own."""
    return {code: renamed.get(code.name.lower(), MEANINGS[code]) for code in (*codes, Exit.USAGE)}


def command(
    name: str,
    *,
    examples: Sequence[Example],
    codes: Mapping[Exit, str] | None = None,
    formats: Sequence[str] = FORMATS,
    summary: str | None = None,
) -> Callable[[Callable[..., Any]], Command]:
    """Turn a function into a command: its docstring is the long text of its help.

    Args:
        name: As it is typed.
        examples: Command lines and what they do.
        codes: See `exits`; default: done or error.
        formats: What `--format` takes.
        summary: One line; default: the one of the table of commands.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, context_settings=dict(CONTEXT))(function)
        _dress(made, summary or SUMMARIES[name], examples, codes)
        made.params.extend(global_options(formats))
        return made

    return decorate


def group(name: str, *, examples: Sequence[Example]) -> Callable[[Callable[..., Any]], Group]:
    """Turn a function into a group of commands."""

    def decorate(function: Callable[..., Any]) -> Group:
        made = click.group(name, cls=Group, context_settings=dict(CONTEXT), no_args_is_help=False)(function)
        _dress(made, SUMMARIES[name], examples, None)
        made.params.extend(global_options(FORMATS))
        return made

    return decorate


def _dress(made: _Helpful, summary: str, examples: Sequence[Example], codes: Mapping[Exit, str] | None) -> None:
    made.summary = summary
    made.examples = tuple(examples)
    made.exits = exits(Exit.DONE, Exit.ERROR) if codes is None else codes
