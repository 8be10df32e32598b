"""`import`: YAML for what the providers have, and the proof that applying it changes nothing."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_provider
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, paths_argument
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.importing import Imported, LeftOut
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.report.excerpt import ReadLine


@make(
    "import",
    examples=[
        ("reconciler import", "what the providers have and no file declares"),
        ("reconciler import --provider groupware --write live.yaml", "of one provider, into a new file"),
    ],
)
@paths_argument
@config_option
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=complete_provider,
    help="Only what this provider has. [default: all]",
)
@click.option(
    "--write", "target", metavar="FILE", type=click.Path(dir_okay=False), help="Write a new file; else print."
)
def command(paths: tuple[str, ...], config: tuple[str, ...], provider: str | None, target: str | None) -> Exit:
    """Instances, domains, mailboxes, aliases and teams, each by its own name; passwords can not be read and stay.

    Records of zones are left alone: those that mail needs follow from a domain's `dns:` block.

    The configuration names the providers. What it declares already, or names under `removed:`, is left out. Before
    anything is written, the next plan is made with the result: it may adopt, and must not do anything else.
    """
    from reconciler.cli.importing import look

    app = current()
    if target is not None:
        _refuse_overwriting(app, target)
    found = run_async(look(app, config_paths(paths, config), provider))
    written = target is not None and found.proven and bool(found.counts)
    if target is not None and written:
        with app.path(target).open("x", encoding="utf-8") as file:
            file.write(found.yaml)
    _tell(app, found, target if written else None)
    return Exit.DONE if found.proven else Exit.ERROR


def _refuse_overwriting(app: App, target: str) -> None:
    from reconciler.model.diagnostic import Problem, problem

    if app.path(target).exists():
        raise Problem(
            problem(
                "import-exists",
                f"'{target}' is there already, and is not written over",
                help="name a new file: reconciler import --write FILE",
            )
        )


def _tell(app: App, found: "Imported", written: str | None) -> None:
    from reconciler.report.diagnostics_json import diagnostics_json

    if app.json:
        app.envelope(
            "import",
            yaml=found.yaml,
            written=written,
            counts=dict(found.counts),
            left_out=[each.said for each in found.left_out],
            proven=found.proven,
            changes=[each.id for each in found.changes],
            diagnostics=diagnostics_json(found.problems),
        )
        return
    from reconciler.cli.speak import tell_warnings

    if written is not None:
        app.out(f"wrote {written}")
    elif found.counts:
        app.out(found.yaml)
    tell_warnings([*map(_left_out, found.left_out)], app)
    _tell_proof(app, found)


def _left_out(left: "LeftOut") -> "Diagnostic":
    from reconciler.model.diagnostic import warning

    return warning("import-left-out", left.said, help=left.help)


def _tell_proof(app: App, found: "Imported") -> None:
    from reconciler.cli.speak import err_style, tell_failure
    from reconciler.model.diagnostic import problem
    from reconciler.report.diagnostics_text import diagnostics_text
    from reconciler.report.layout import count

    if found.problems:
        app.warn(diagnostics_text(found.problems, _line_of(app, found.yaml), err_style(app)))
        return
    if not found.changes:
        parts = ", ".join(count(number, kind) for kind, number in found.counts.items())
        nothing = (
            "nothing to import: all that the providers have is declared, or named under `removed:`; "
            "records of zones are never imported"
        )
        app.say(f"{parts}: the plan with them adopts, and changes nothing" if parts else nothing)
        return
    tell_failure(
        [
            problem(
                "import-not-empty",
                f"with this file the plan would also {each.id}",
                help="change the file, or the `defaults:` that fill it, until `reconciler plan` only adopts",
            )
            for each in found.changes
        ],
        app,
    )


def _line_of(app: App, yaml: str) -> "ReadLine":
    """Give lines of the files, and of the one that was not written."""
    from reconciler.cli.importing import NAME
    from reconciler.cli.speak import line_reader

    lines = yaml.split("\n")
    other = line_reader(app.cwd)

    def read_line(file: str, line: int) -> str | None:
        return lines[line - 1] if file == NAME and 0 < line <= len(lines) else other(file, line)

    return read_line
