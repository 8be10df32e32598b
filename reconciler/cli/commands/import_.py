"""`import`: YAML for what the providers have, and the proof that applying it changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_provider
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, paths_argument
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.kinds import Kind
    from reconciler.model.live import Inventory
    from reconciler.model.resources import Resource
    from reconciler.plan.document import Operation
    from reconciler.report.excerpt import ReadLine


#: What messages call the file that is proven before it is written.
NAME = "imported.yaml"


@dataclass(frozen=True, slots=True)
class Imported:
    """What import found.

    Attributes:
        yaml: The declarations.
        counts: Resources by kind.
        left_out: What can not be declared in a file of its own, a sentence each.
        changes: What the next plan would do beyond adopting it; empty where the proof holds.
        problems: Why there is no plan with it: something the provider has that can not be declared.
    """

    yaml: str
    counts: Mapping[str, int]
    left_out: tuple[str, ...]
    changes: "tuple[Operation, ...]" = ()
    problems: "tuple[Diagnostic, ...]" = ()

    @property
    def proven(self) -> bool:
        """Whether the next plan adopts and does nothing else."""
        return not self.changes and not self.problems


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

    The configuration names the providers. What it declares already, or names under `removed:`, is left out. Before
    anything is written, the next plan is made with the result: it may adopt, and must not do anything else.
    """
    app = current()
    if target is not None:
        _refuse_overwriting(app, target)
    found = run_async(_import(app, config_paths(paths, config), provider))
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


async def _import(app: App, paths: list[Path], provider: str | None) -> Imported:
    from reconciler.cli.session import open_session, plan_of, read_scene
    from reconciler.model.diagnostic import Problem
    from reconciler.report.configuration_yaml import configuration_yaml

    async with open_session(app, paths) as session:
        _known(session, provider)
        scene = await read_scene(session)
        resources = _undeclared(session, scene.world.actual, provider)
        left_out = _orphans(resources, session)
        before = frozenset(each.id for each in plan_of(session, scene).operations)
    text = configuration_yaml(resources, _comments(session, provider))
    counts = {str(kind): len(group) for kind, group in resources.items() if group}
    try:
        return Imported(text, counts, left_out, await _proof(app, paths, text, before))
    except Problem as stopped:
        return Imported(text, counts, left_out, problems=tuple(map(_renamed, stopped.diagnostics)))


def _known(session: "Session", provider: str | None) -> None:
    import difflib

    if not session.readers.mail:
        from reconciler.model.diagnostic import Problem, problem

        raise Problem(
            problem(
                "nothing-to-import-from",
                "the configuration has no provider that hosts mail",
                help="write one under `providers:`, such as `groupware: {type: sandbox, path: state/sandbox.db}`",
            )
        )
    if provider is not None and provider not in session.readers.mail:
        near = difflib.get_close_matches(provider, list(session.readers.mail), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise click.UsageError(f"no provider '{provider}' that hosts mail is configured{hint}")


def _undeclared(
    session: "Session", actual: "Inventory", provider: str | None
) -> "dict[Kind, dict[str, tuple[str, Resource]]]":
    from reconciler.model.kinds import Kind

    found: dict[Kind, dict[str, tuple[str, Resource]]] = {kind: {} for kind in Kind if kind is not Kind.RECORD}
    for name, kind, lives in sorted(actual.groups(), key=lambda group: group[:2]):
        if kind is Kind.RECORD or provider not in (None, name):
            continue
        declared = session.desired.of(kind)
        for key, live in lives.items():
            if key not in declared and (kind, key) not in session.desired.tombstones:
                found[kind].setdefault(key, (name, live.resource))
    return found


def _orphans(resources: "dict[Kind, dict[str, tuple[str, Resource]]]", session: "Session") -> tuple[str, ...]:
    """Take out the members of teams that are declared already: they belong below their team, in its file."""
    from reconciler.model.kinds import Kind
    from reconciler.model.resources import Member

    left_out = []
    for key, (_, member) in sorted(resources[Kind.MEMBER].items()):
        team = member.team if isinstance(member, Member) else None
        if team not in resources[Kind.TEAM]:
            del resources[Kind.MEMBER][key]
            declared = session.desired.of(Kind.TEAM).get(team or "")
            where = f" at {declared.origin.span()}" if declared else ""
            left_out.append(f"member {key}: declare it below `members:` of team {team}{where}")
    return tuple(left_out)


def _comments(session: "Session", provider: str | None) -> list[str]:
    names = ", ".join([provider] if provider else sorted(session.readers.mail))
    return [
        f"What {names} had and no file declared. Applying it adopts: nothing is made again, no password is set.",
        "A mailbox whose password reconciler is to set gets `password:` and a raised `password_version:`.",
    ]


async def _proof(app: App, paths: list[Path], text: str, before: frozenset[str]) -> "tuple[Operation, ...]":
    """Plan with the imported file beside the others; return what the plan would do beyond adopting."""
    from reconciler.cli.session import open_session, plan_of, read_scene
    from reconciler.model.kinds import Action

    with TemporaryDirectory() as folder:
        file = Path(folder) / NAME
        file.write_text(text, encoding="utf-8")
        async with open_session(app, [*paths, file]) as session:
            plan = plan_of(session, await read_scene(session))
    harmless = (Action.ADOPT, Action.FORGET)
    return tuple(each for each in plan.operations if each.action not in harmless and each.id not in before)


def _tell(app: App, found: Imported, written: str | None) -> None:
    from reconciler.report.diagnostics_json import diagnostics_json

    if app.json:
        app.envelope(
            "import",
            yaml=found.yaml,
            written=written,
            counts=dict(found.counts),
            left_out=list(found.left_out),
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


def _left_out(sentence: str) -> "Diagnostic":
    from reconciler.model.diagnostic import warning

    return warning("import-left-out", sentence)


def _tell_proof(app: App, found: Imported) -> None:
    from reconciler.cli.speak import err_style, tell_failure
    from reconciler.model.diagnostic import problem
    from reconciler.report.diagnostics_text import diagnostics_text
    from reconciler.report.layout import count

    if found.problems:
        app.warn(diagnostics_text(found.problems, _line_of(app, found.yaml), err_style(app)))
        return
    if not found.changes:
        parts = ", ".join(count(number, kind) for kind, number in found.counts.items())
        nothing = "nothing to import: all that the providers have is declared, or named under `removed:`"
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
    from reconciler.cli.speak import line_reader

    lines = yaml.split("\n")
    other = line_reader(app.cwd)

    def read_line(file: str, line: int) -> str | None:
        return lines[line - 1] if file == NAME and 0 < line <= len(lines) else other(file, line)

    return read_line


def _renamed(diagnostic: "Diagnostic") -> "Diagnostic":
    """The diagnostic with the imported file's own name, wherever it stood while it was proven."""
    from reconciler.model.diagnostic import Label

    def label(each: Label) -> Label:
        span = each.span
        return Label(replace(span, file=NAME), each.text) if Path(span.file).name == NAME else each

    primary = None if diagnostic.primary is None else label(diagnostic.primary)
    return replace(diagnostic, primary=primary, secondary=tuple(map(label, diagnostic.secondary)))
