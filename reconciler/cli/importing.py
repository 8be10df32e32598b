"""What `import` finds: the resources no file declares, as YAML, and the proof that declaring them changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

import click

from reconciler.cli.app import App
from reconciler.cli.session import Session, open_session, plan_of, read_scene
from reconciler.model.closest import closest
from reconciler.model.diagnostic import Diagnostic, Label, Problem, problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Inventory
from reconciler.model.resources import Member, Resource
from reconciler.plan.document import Operation
from reconciler.providers.reader import Oddity
from reconciler.report.configuration_yaml import configuration_yaml

#: By kind and key: the provider that has it, and the resource as it is.
Resources: TypeAlias = dict[Kind, dict[str, tuple[str, Resource]]]

#: What messages call the file that is proven before it is written.
NAME = "imported.yaml"


class LeftOut(NamedTuple):
    """Something that can not be declared in a file of its own: a sentence, and what to do about it."""

    said: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What import found.

    Attributes:
        yaml: The declarations.
        counts: Resources by kind.
        left_out: What can not be declared in a file of its own.
        changes: What the next plan would do beyond adopting it; empty where the proof holds.
        problems: Why there is no plan with it: something the provider has that can not be declared.
    """

    yaml: str
    counts: Mapping[str, int]
    left_out: tuple[LeftOut, ...]
    changes: tuple[Operation, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether the next plan adopts and does nothing else."""
        return not self.changes and not self.problems


async def look(app: App, paths: list[Path], provider: str | None) -> Imported:
    """Read the providers, write down what no file declares, and make the next plan with it.

    Raises:
        Problem: If the configuration can not be read or planned as it is, or has no provider to import from.
    """
    async with open_session(app, paths) as session:
        _known(session, provider)
        scene = await read_scene(session)
        resources, twice = _undeclared(session, scene.world.actual, provider)
        _leave_out(resources, scene.world.oddities)
        left_out = (*map(LeftOut, (*twice, *_orphans(resources, session))), *_odd(scene.world.oddities, provider))
        before = frozenset(each.id for each in plan_of(session, scene).operations)
    text = configuration_yaml(resources, _comments(session, provider))
    counts = {str(kind): len(group) for kind, group in resources.items() if group}
    try:
        return Imported(text, counts, left_out, await _proof(app, paths, text, before))
    except Problem as stopped:
        return Imported(text, counts, left_out, problems=tuple(map(_renamed, stopped.diagnostics)))


def _known(session: Session, provider: str | None) -> None:

    if not session.readers.mail:
        raise Problem(
            problem(
                "nothing-to-import-from",
                "the configuration has no provider that hosts mail",
                help="write one under `providers:`, such as `groupware: {type: sandbox, path: state/sandbox.db}`",
            )
        )
    if provider is not None and provider not in session.readers.mail:
        near = closest(provider, session.readers.mail)
        hint = f"; did you mean '{near}'?" if near else f"; there is {', '.join(session.readers.mail)}"
        raise click.UsageError(f"no provider '{provider}' that hosts mail is configured{hint}")


def _undeclared(session: Session, actual: Inventory, provider: str | None) -> tuple[Resources, tuple[str, ...]]:
    """What no file declares and no tombstone names, and a sentence for each key that two providers have."""
    twice: list[str] = []
    found: Resources = {kind: {} for kind in Kind if kind is not Kind.RECORD}
    for name, kind, lives in sorted(actual.groups(), key=lambda group: group[:2]):
        if kind is Kind.RECORD or provider not in (None, name):
            continue
        declared = session.desired.of(kind)
        for key, live in lives.items():
            if key in declared or (kind, key) in session.desired.tombstones:
                continue
            first, _ = found[kind].setdefault(key, (name, live.resource))
            if first != name:
                twice.append(f"{kind} {key}: provider {first} has it as well as {name}, and only one can be declared")
    return found, tuple(twice)


def _leave_out(resources: Resources, oddities: Mapping[str, Sequence[Oddity]]) -> None:
    """Take out what no declaration can express; each oddity tells its own."""
    for name, found in oddities.items():
        for each in found:
            if each.kind is not None and resources[each.kind].get(each.key, ("", None))[0] == name:
                del resources[each.kind][each.key]


def _orphans(resources: Resources, session: Session) -> tuple[str, ...]:
    """Take out the members of teams that are declared already: they belong below their team, in its file."""
    left_out = []
    for key, (_, member) in sorted(resources[Kind.MEMBER].items()):
        team = member.team if isinstance(member, Member) else None
        if team not in resources[Kind.TEAM]:
            del resources[Kind.MEMBER][key]
            declared = session.desired.of(Kind.TEAM).get(team or "")
            where = f" at {declared.origin.span()}" if declared else ""
            left_out.append(f"member {key}: declare it below `members:` of team {team}{where}")
    return tuple(left_out)


def _odd(oddities: Mapping[str, Sequence[Oddity]], provider: str | None) -> Iterator[LeftOut]:
    """A sentence for each thing that a provider has and that no declaration can express."""
    for name, found in oddities.items():
        if provider in (None, name):
            yield from (LeftOut(f"at {name}, {each.message} ({each.id})", each.help) for each in found)


def _comments(session: Session, provider: str | None) -> list[str]:
    names = provider or " and ".join(sorted(session.readers.mail))
    return [
        f"What {names} had and no file declared. Applying it adopts: nothing is made again, no password is set.",
        "To have the password of a mailbox set, give it `password:` and raise its `password_version:`.",
    ]


async def _proof(app: App, paths: list[Path], text: str, before: frozenset[str]) -> tuple[Operation, ...]:
    """Plan with the imported file beside the others; return what the plan would do beyond adopting."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / NAME
        file.write_text(text, encoding="utf-8")
        async with open_session(app, [*paths, file]) as session:
            plan = plan_of(session, await read_scene(session))
    harmless = (Action.ADOPT, Action.FORGET)
    return tuple(each for each in plan.operations if each.action not in harmless and each.id not in before)


def _renamed(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic with the imported file's own name, wherever it stood while it was proven."""

    def label(each: Label) -> Label:
        span = each.span
        return Label(replace(span, file=NAME), each.text) if Path(span.file).name == NAME else each

    primary = None if diagnostic.primary is None else label(diagnostic.primary)
    return replace(diagnostic, primary=primary, secondary=tuple(map(label, diagnostic.secondary)))
