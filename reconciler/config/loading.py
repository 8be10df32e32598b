"""Loading a configuration: files in, `Desired` out, or all that is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.config.blocks import Defaults, read_defaults, read_guards, read_providers, read_resolver, read_state
from reconciler.config.check import Known, check_references
from reconciler.config.dnsblock import cut_off_comments
from reconciler.config.entries import Context, Part
from reconciler.config.files import Found, Source, digest_of, read_files
from reconciler.config.hosting import Hosting, read_domains, read_instances
from reconciler.config.mailboxes import read_aliases, read_mailboxes
from reconciler.config.nodes import Map
from reconciler.config.sections import check_version, gather
from reconciler.config.slips import check_slips
from reconciler.config.teams import read_teams
from reconciler.config.tombstones import check_tombstones, read_tombstones
from reconciler.model.collector import paused
from reconciler.model.desired import Declaration, Desired, ProviderBlock
from reconciler.model.diagnostic import Diagnostic, Problem, Severity
from reconciler.model.kinds import Kind

Sections = Mapping[str, list[Part]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration without errors, and what is worth knowing about it."""

    desired: Desired
    warnings: tuple[Diagnostic, ...]


def load(paths: Sequence[Path], cwd: Path) -> Loaded:
    """Read a configuration.

    Args:
        paths: Files, and folders that are searched for `*.yaml` and `*.yml`; none means the current folder.
        cwd: The current folder, absolute: relative paths start there, and names in messages are relative to it.

    Raises:
        Problem: With every error found, and the warnings after them.
    """
    with paused():
        return _load(read_files(paths, cwd), cwd)


def _load(found: Found, cwd: Path) -> Loaded:
    context = Context()
    for each in found.diagnostics:
        (context.problems if each.severity is Severity.ERROR else context.warnings).append(each)
    sections = gather(found.sources, context)
    if not found.broken:
        check_version(sections, found.sources, context)
    desired = _read(sections, found, cwd, context)
    if context.problems:
        raise Problem((*_in_order(context.problems), *_in_order(context.warnings)))
    return Loaded(desired, tuple(_in_order(context.warnings)))


def _read(sections: Sections, found: Found, cwd: Path, context: Context) -> Desired:
    root = _root(sections, found.sources, cwd)
    providers = read_providers(sections["providers"], context)
    defaults = read_defaults(sections["defaults"], context)
    declarations, hosting = _declarations(sections, defaults, providers, context)
    tombstones = read_tombstones(sections["removed"], context)
    check_tombstones(tombstones, declarations, context)
    _look_for_cut_off_values(sections["domains"], context)
    # What stands in a section with a misspelt name is there, though not read: missing it is no second mistake.
    complete = not found.broken and all(each.id != "unknown-section" for each in context.problems)
    known = Known(frozenset(hosting.known_domains), frozenset(hosting.mailbox_domains), complete)
    check_references(declarations, known, context)
    check_slips(declarations, context)
    return Desired(
        declarations=declarations,
        providers=providers,
        state=read_state(sections["state"], root, context),
        root=root,
        digest=digest_of(found.sources, root),
        tombstones=tombstones,
        dns=hosting.dns,
        guards=read_guards(sections["guards"], context),
        resolver=read_resolver(sections["resolver"], context),
        files=tuple(source.name for source in found.sources),
    )


def _declarations(
    sections: Sections, defaults: Defaults, providers: Mapping[str, ProviderBlock], context: Context
) -> tuple[dict[Kind, dict[str, Declaration]], Hosting]:
    hosting = Hosting()
    read_instances(sections["instances"], defaults, providers, hosting, context)
    read_domains(sections["domains"], defaults, providers, hosting, context)
    mailboxes = read_mailboxes(sections["mailboxes"], defaults, hosting, context)
    aliases = read_aliases(sections["aliases"], defaults, hosting, mailboxes, context)
    teams = read_teams(sections["teams"], defaults, providers, context)
    return {
        Kind.INSTANCE: hosting.instances,
        Kind.DOMAIN: hosting.domains,
        Kind.MAILBOX: mailboxes,
        Kind.ALIAS: aliases,
        Kind.TEAM: teams.teams,
        Kind.MEMBER: teams.members,
    }, hosting


def _root(sections: Sections, sources: Sequence[Source], cwd: Path) -> Path:
    """The folder of the root file: the one that says `version`, or else holds the providers."""
    for name in ("version", "providers"):
        if sections[name]:
            return sections[name][0].base
    return sources[0].base if sources else cwd


def _look_for_cut_off_values(parts: Sequence[Part], context: Context) -> None:
    for part in parts:
        lines: list[str] | None = None
        for name, node in part.node.items() if isinstance(part.node, Map) else ():
            dns = node.get("dns") if isinstance(node, Map) else None
            if isinstance(node, Map) and isinstance(dns, Map) and dns.get("records"):
                lines = part.source.lines() if lines is None else lines
                context.warnings += cut_off_comments(part, name, node, lines)


def _in_order(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """By file and line, those without a place first."""

    def place(each: Diagnostic) -> tuple[str, int, int]:
        span = each.primary.span if each.primary else None
        return (span.file, span.line, span.column) if span else ("", 0, 0)

    return sorted(diagnostics, key=place)
