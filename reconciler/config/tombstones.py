"""The section `removed:`: consent to lose data, written where a reviewer sees it."""

from collections.abc import Mapping, Sequence

from reconciler.config.entries import Context, Part, path_text, twice, validated
from reconciler.config.models import TOMBSTONE_KINDS, TombstoneBlock
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
    backup = None if block.backup in (None, WAIVED) else path_text(part.base, str(block.backup))
    return Tombstone(Kind(name), getattr(block, name), block.reason or "", at, block.not_before, backup, block.at)


def check_tombstones(
    tombstones: Mapping[tuple[Kind, str], Tombstone],
    declarations: Mapping[Kind, Mapping[str, Declaration]],
    context: Context,
) -> None:
    """A tombstone of something that is still declared contradicts it, unless it is of a copy at another provider."""
    for (kind, key), tombstone in tombstones.items():
        declared = declarations[kind].get(key)
        if declared is not None and tombstone.at in (None, declared.provider):
            context.problems.append(_contradiction(kind, key, tombstone.span, declared.origin.span()))


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
