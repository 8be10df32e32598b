"""Putting files together: each section's parts over all files, and the sections that may stand in one file only."""

from collections.abc import Mapping, Sequence

from reconciler.config.entries import Context, Part
from reconciler.config.files import Source
from reconciler.config.nodes import Node
from reconciler.model.closest import did_you_mean
from reconciler.model.diagnostic import Label, problem
from reconciler.model.source import Span

ROOT_ONLY = ("version", "state", "providers", "defaults", "guards", "resolver")
MERGED = ("instances", "domains", "mailboxes", "aliases", "teams", "removed")
_HERE = (*ROOT_ONLY, *MERGED)
VERSION = "1"


def gather(sources: Sequence[Source], context: Context) -> Mapping[str, list[Part]]:
    """The parts of each known section, in the order of the files."""
    sections: dict[str, list[Part]] = {name: [] for name in _HERE}
    for source in sources:
        for name, node, key, place in source.root.entries():
            part = Part(source, node, key, place)
            if name in sections:
                sections[name].append(part)
            elif not name.startswith("x-"):
                context.problems.append(
                    problem(
                        "unknown-section",
                        f"there is no section '{name}'",
                        at=part.at(key),
                        help=did_you_mean(name, _HERE, "the sections are " + ", ".join(_HERE)),
                    )
                )
    for name in ROOT_ONLY:
        _only_once(name, sections[name], context)
    return sections


def _only_once(name: str, parts: list[Part], context: Context) -> None:
    for again in parts[1:]:
        context.problems.append(
            problem(
                "section-in-two-files",
                f"the section '{name}' stands in two files",
                at=again.at(again.key),
                label="again here",
                also=(Label(parts[0].at(parts[0].key), "first here"),),
                why="these sections speak for all files, so each may stand in one only: " + ", ".join(ROOT_ONLY),
                help="move its entries into the first and delete the second; or name the files that belong together",
            )
        )
    del parts[1:]


def check_version(sections: Mapping[str, list[Part]], sources: Sequence[Source], context: Context) -> None:
    """Exactly one file says which version of the format is meant."""
    if not sections["version"]:
        first = next((part for name in ROOT_ONLY for part in sections[name]), None)
        at = first.at(first.key) if first else (Span(sources[0].name, 1, 1) if sources else None)
        context.problems.append(
            problem(
                "version-missing",
                "no file says which version of the configuration format is meant",
                at=at,
                why="a later version of the format will be told apart by it",
                help="add `version: 1` to the file that holds `providers:`",
            )
        )
        return
    part = sections["version"][0]
    if part.node != VERSION:
        context.problems.append(
            problem(
                "version-unknown",
                f"version {_shown(part.node)} of the configuration format is not known",
                at=part.at(part.place),
                help=f"write `version: {VERSION}`, or install the release of reconciler that this was written for",
            )
        )


def _shown(node: Node) -> str:
    return f"'{node}'" if isinstance(node, str) else "that is not a number"
