"""Help: what there is, in the order it is needed, and what was meant where a word is wrong."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reconciler.cli.command import is_global
from reconciler.cli.commands import SUMMARIES
from reconciler.cli.main import cli

GOLDEN = Path(__file__).parent / "golden"


def commands(group=cli, name="reconciler", parent=None):
    """Every command: what is typed, the command, its context."""
    ctx = click.Context(group, info_name=name, parent=parent, **group.context_settings)
    for each in group.list_commands(ctx):
        command = group.get_command(ctx, each)
        if isinstance(command, click.Group):
            yield from commands(command, each, ctx)
        yield command, click.Context(command, info_name=each, parent=ctx)


def run(*args):
    """Run in a plain terminal of 100 columns."""
    return CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}).invoke(cli, list(args))


def hold_to(name, text):
    """Compare with a golden file; UPDATE_GOLDEN=1 writes it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize(
    "name",
    [
        "",
        *SUMMARIES,
        *(f"state {each}" for each in ("list", "show", "history", "lock", "unlock")),
        *(f"dns {each}" for each in ("preview", "check", "records", "mta-sts")),
    ],
)
def test_help_page(name):
    """Each help page is as it was reviewed."""
    done = run(*name.split(), "--help")
    assert done.exit_code == 0
    hold_to(f"help-{name.replace(' ', '-') or 'root'}", done.stdout)


def test_bare_command_prints_short_help():
    """A bare `reconciler` says how to begin, and where the rest is told."""
    done = run()
    assert done.exit_code == 0
    hold_to("bare", done.stdout)


def test_help_opens_with_examples():
    """Examples stand before usage on every page, and each of them parses."""
    for command, ctx in commands():
        page = command.get_help(ctx)
        assert page.index("Examples:") < page.index("Usage:"), ctx.command_path
        for line, _ in command.examples:
            assert ctx.command_path in line


def test_every_command_has_the_global_options():
    """`--chdir`, `--format`, `--color`, `--quiet`, `--verbose` are options of every command."""
    for command, ctx in commands():
        names = {name for each in command.params if is_global(each) for name in each.opts}
        assert {"--chdir", "-C", "--format", "--color", "--quiet", "-q", "--verbose", "-v"} <= names, ctx.command_path


def test_every_option_says_what_it_does():
    """No option is without a help text."""
    for command, ctx in commands():
        for each in command.params:
            if isinstance(each, click.Option):
                assert each.help, f"{ctx.command_path} {each.opts}"


def test_version():
    """`--version` names the version alone."""
    from reconciler import __version__

    assert run("--version").stdout == f"reconciler {__version__}\n"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["plna"], "'plan'"), (["aply"], "'apply'"), (["state", "lst"], "'list'"), (["plan", "--chdr", "x"], "--chdir")],
)
def test_typing_mistake_is_met_with_a_suggestion(typed, meant):
    """An unknown command or option exits 64 and names the nearest."""
    done = run(*typed)
    assert done.exit_code == 64
    assert done.stdout == ""
    assert meant in done.stderr


@pytest.mark.parametrize(
    "typed",
    [
        ["plan", "--format", "xml"],
        ["apply", "--allow-destroy", "bob@example.org"],
        ["apply", "--allow-destroy", "mailbx:bob@example.org"],
        ["resolve"],
        ["resolve", "not-an-address"],
        ["completion", "tcsh"],
        ["explain", "no-such-thing"],
        ["schema"],
        ["-C", "/no/such/folder", "plan"],
        ["state"],
    ],
)
def test_usage_errors_exit_64(typed):
    """A command line that can not be right exits 64 and says how to get help."""
    done = run(*typed)
    assert done.exit_code == 64, done.output
    assert "--help" in done.stderr


def test_usage_error_in_json():
    """A program that asked for JSON gets its usage error as JSON on stdout."""
    import json

    done = run("plan", "--format", "json", "--nope")
    assert done.exit_code == 64
    told = json.loads(done.stdout)
    assert told["format"] == "reconciler.error/1"
    assert told["exit"] == 64
    assert "--nope" in told["diagnostics"][0]["message"]


@pytest.mark.parametrize("name", ["fmt"])
def test_what_does_not_exist_yet_is_not_shown(name):
    """Commands of a later day are not promised."""
    assert name not in SUMMARIES
    assert run(name).exit_code == 64
