"""The section `removed:`: consent to lose data, written where a reviewer sees it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.config.entries import Context, Part, path_text, twice, validated
from reconciler.config.models import TOMBSTONE_KINDS, BackupBlock, TombstoneBlock
from reconciler.config.nodes import Map, Seq
from reconciler.model.desired import Declaration, Tombstone
from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.source import Span

WAIVED = "waived"


def read_tombstones(parts: Sequence[Part], context: Context) -> dict[tuple[Kind, str], Tombstone]:
    """Read the section; a list over all files."""
    found: dict[tuple[Kind, str], Tombstone] = {}
    for part in parts:
        if part.node is None:
            continue
        if not isinstance(part.node, Seq):
            context.problems.append(
                problem(
                    "wrong-shape",
                    "the section 'removed' is a list",
                    at=part.at(part.place),
                    help="begin each entry with a dash: `- mailbox: bob@example.org`",
                )
            )
            continue
        for node, place in zip(part.node, part.node.places, strict=True):
            if not isinstance(node, Map):
                context.problems.append(_not_a_map(part, place))
                continue
            tombstone = _read(part, node, place, context)
            if tombstone is None:
                continue
            key = (tombstone.kind, tombstone.key)
            if key in found:
                what = f"tombstone of {tombstone.kind}"
                context.problems.append(twice(what, tombstone.key, found[key].span, tombstone.span))
            else:
                found[key] = tombstone
    return found


def _not_a_map(part: Part, place: int) -> Diagnostic:
    return problem(
        "wrong-shape",
        "an entry of 'removed' names what goes and why",
        at=part.at(place),
        help="write `- mailbox: bob@example.org` with `reason: …` below it",
    )


def _read(part: Part, node: Map, place: int, context: Context) -> Tombstone | None:
    block = validated(TombstoneBlock, part, node, place, "this entry of 'removed'", context)
    if block is None:
        return None
    name = next(each for each in TOMBSTONE_KINDS if each in block.model_fields_set)
    at = part.at(node.place(name))
    if block.reason is None:
        context.warnings.append(
            warning(
                "tombstone-without-reason",
                f"nothing says why {name} '{getattr(block, name)}' goes",
                at=at,
                help="add a line for the reviewer: `reason: left 2026-09-30`",
            )
        )
    if isinstance(block.backup, BackupBlock) and name != Kind.MAILBOX:
        context.problems.append(_no_backup(name, getattr(block, name), part.at(node.place("backup"))))
    backup, to = _backup(block.backup, part.base)
    return Tombstone(Kind(name), getattr(block, name), block.reason or "", at, block.not_before, backup, block.at, to)


def _backup(given: BackupBlock | str | None, base: Path) -> tuple[str | None, str | None]:
    """The backup that has to be there, and the one that is to be made: absolute paths, of which one is None."""
    if isinstance(given, BackupBlock):
        return None, os.path.normpath(path_text(base, given.to))
    return None if given in (None, WAIVED) else path_text(base, given), None


def _no_backup(kind: str, key: str, at: Span) -> Diagnostic:
    return problem(
        "backup-not-possible",
        f"no backup can be made of {kind} '{key}': only a mailbox has one",
        at=at,
        help="give the tombstone of each mailbox a backup of its own, and write `backup: waived` here",
    )


def check_tombstones(
    tombstones: Mapping[tuple[Kind, str], Tombstone],
    declarations: Mapping[Kind, Mapping[str, Declaration]],
    context: Context,
) -> None:
    """A tombstone of something that is still declared contradicts it, unless it is of a copy at another provider.

    No two backups are made in one place.
    """
    places: dict[str, Tombstone] = {}
    for (kind, key), tombstone in tombstones.items():
        declared = declarations[kind].get(key)
        if declared is not None and tombstone.at in (None, declared.provider):
            context.problems.append(_contradiction(kind, key, tombstone.span, declared.origin.span()))
        if tombstone.backup_to is not None:
            first = places.setdefault(tombstone.backup_to, tombstone)
            if first is not tombstone:
                context.problems.append(_one_place(tombstone, first))


def _one_place(tombstone: Tombstone, first: Tombstone) -> Diagnostic:
    return problem(
        "backup-place-twice",
        f"the backup of {tombstone.kind} '{tombstone.key}' is to be made where that of '{first.key}' is",
        at=tombstone.span,
        also=(Label(first.span, "the same folder"),),
        help=f"name a folder of its own, such as `backup: {{to: archive/{tombstone.key}}}`",
    )


def _contradiction(kind: Kind, key: str, tomb: Span, declared: Span) -> Diagnostic:
    return problem(
        "tombstone-of-declared",
        f"{kind} '{key}' is declared and has a tombstone",
        at=tomb,
        label="to be removed",
        also=(Label(declared, "still declared here"),),
        why="a tombstone is consent to lose what the files no longer declare",
        help="delete the declaration, or the tombstone",
    )
