"""The pages of `docs/commands/`, generated from the commands themselves: a test keeps them fresh."""

import inspect
from collections.abc import Iterator, Mapping

import click

from reconciler.cli.command import Command, Group, is_global
from reconciler.cli.commands import SECTIONS, SUMMARIES
from reconciler.cli.main import SUMMARY, cli

_NOTE = "<!-- written by `make docs` from reconciler/cli; edit the command, not this page -->"


def pages() -> Mapping[str, str]:
    """Return every page: file name and Markdown."""
    # Commands remember the help option they are first asked for, so this context has the names that a run has.
    root = click.Context(cli, info_name="reconciler", **cli.context_settings)
    found = {"README.md": _index()}
    for name in SUMMARIES:
        command = cli.get_command(root, name)
        assert isinstance(command, (Command, Group)), "every command is made by reconciler.cli.command"
        found[f"{name}.md"] = _page(command, click.Context(command, info_name=name, parent=root))
    return found


def _index() -> str:
    lines = [_NOTE, "", "# Commands", "", f"`reconciler`: {SUMMARY}.", ""]
    for title, commands in SECTIONS.items():
        lines += [f"## {title}", "", "| command | does |", "| --- | --- |"]
        lines += [f"| [`{name}`]({name}.md) | {summary} |" for name, summary in commands.items()]
        lines.append("")
    lines += ["## Options of every command", "", *_options(cli, everywhere=True)]
    lines += [
        "Results go to stdout, talk goes to stderr. `--format json` prints one JSON object whose `format` names",
        "what it is, such as `reconciler.plan/1`; keys may be added to it, none is taken away.",
        "",
        "## Exit status",
        "",
        "| exit | meaning |",
        "| --- | --- |",
        "| 0 | done; for `plan`, `drift` and `dns preview`: nothing to do |",
        "| 1 | error: bad input, provider or state failure; `dns check`: a blocker |",
        "| 2 | `plan`, `drift`, `dns preview`: there are changes |",
        "| 3 | `apply`: the saved plan is stale; nothing was changed |",
        "| 4 | `apply`, `destroy`: a guard refused; nothing was changed |",
        "| 5 | `apply`, `destroy`: partly done; what is done is recorded, the rest listed |",
        "| 64 | the command line is wrong |",
        "",
    ]
    return "\n".join(lines)


def _page(command: Command | Group, ctx: click.Context) -> str:
    summary = command.summary
    lines = [_NOTE, "", f"# `{ctx.command_path}`", "", f"{summary[:1].upper()}{summary[1:]}.", ""]
    lines += _body(command, ctx)
    if isinstance(command, Group):
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            assert isinstance(inner, Command), "a group holds commands"
            below = click.Context(inner, info_name=name, parent=ctx)
            lines += [f"## `{below.command_path}`", "", f"{inner.summary[:1].upper()}{inner.summary[1:]}.", ""]
            lines += _body(inner, below)
    lines += ["Options of every command: [Commands](README.md#options-of-every-command).", ""]
    return "\n".join(lines)


def _body(command: Command | Group, ctx: click.Context) -> Iterator[str]:
    yield from ("```sh", *(f"{line}  # {what}" for line, what in _aligned(command)), "```", "")
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    yield from (f"Usage: `{usage}`", "")
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    if text:
        yield from (text, "")
    options = _options(command, everywhere=False)
    if options:
        yield from options
    if not isinstance(command, Group):
        yield from ("| exit | meaning |", "| --- | --- |")
        yield from (f"| {int(code)} | {meaning} |" for code, meaning in command.exits.items())
        yield ""


def _aligned(command: Command | Group) -> Iterator[tuple[str, str]]:
    width = max((len(line) for line, _ in command.examples), default=0)
    return ((line.ljust(width), what) for line, what in command.examples)


def _options(command: click.Command, *, everywhere: bool) -> list[str]:
    shown = [
        each
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden and is_global(each) == everywhere
    ]
    if not shown:
        return []
    return ["| option | |", "| --- | --- |", *map(_row, shown), ""]


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    value = ""
    if not option.is_flag and not option.count:
        shape = "\\|".join(option.type.choices) if isinstance(option.type, click.Choice) else option.metavar or ""
        value = f" {shape}" if isinstance(option.type, click.Choice) else f" `{shape}`"
    return f"| {names}{value} | {option.help or ''} |"
