"""One block at a time: from its tree to its model, with every mistake at its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from reconciler.config.files import Source
from reconciler.config.models import Password
from reconciler.config.nodes import Loc, Map, Node, Seq, locate, new_map
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.reading import diagnose, empty_value
from reconciler.model.secrets import SecretRef
from reconciler.model.source import Origin, Span

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of one file."""

    source: Source
    node: Node
    key: int  # packed place of the section's name
    place: int

    @property
    def file(self) -> str:
        """The file's name as the user would write it."""
        return self.source.name

    @property
    def base(self) -> Path:
        """The folder its relative paths start at."""
        return self.source.base

    def at(self, packed: int) -> Span:
        """The span of a place in it."""
        return Span.unpack(self.file, packed)


@dataclass(frozen=True, slots=True)
class Entry:
    """A named block of a section, with the fields `defaults:` gives it already filled in."""

    part: Part
    name: str
    node: Map
    key: int  # packed place of its name

    @property
    def span(self) -> Span:
        """Where its name stands."""
        return self.part.at(self.key)

    def origin(self) -> Origin:
        """Where its fields stand, those that were written here."""
        return Origin(self.part.file, self.key, tuple(self.node), tuple(self.node.places))


@dataclass(slots=True)
class Context:
    """What reading one configuration gathers on its way."""

    problems: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)


def section_map(part: Part, context: Context) -> Map:
    """The mapping of a section; an empty one where the section holds nothing, or something else."""
    if isinstance(part.node, Map):
        return part.node
    if part.node is not None:
        context.problems.append(
            problem(
                "wrong-shape",
                f"this section is {'a list' if isinstance(part.node, Seq) else 'a text'} where a mapping is expected",
                at=part.at(part.place),
                help="write each entry as `name:` on a line of its own, without a dash",
            )
        )
    return new_map(part.place)


def entries(part: Part, context: Context, what: str) -> Iterator[Entry]:
    """The entries of a section; an empty one counts as one without fields."""
    for name, node, key, place in section_map(part, context).entries():
        if node is None:
            yield Entry(part, name, new_map(key), key)
        elif isinstance(node, Map):
            yield Entry(part, name, node, key)
        else:
            context.problems.append(not_a_block(part, what, name, node, place))


def not_a_block(part: Part, what: str, name: str, node: Node, place: int) -> Diagnostic:
    """The diagnostic of a list or text where an entry's fields are expected."""
    return problem(
        "wrong-shape",
        f"{what} '{name}' is {'a list' if isinstance(node, Seq) else 'a text'} where its fields are expected",
        at=part.at(place),
        help="write its fields below it, each as `field: value`",
    )


def validated(  # noqa: PLR0917 - called in one form everywhere
    model: type[M], part: Part, node: Map, key: int, what: str, context: Context
) -> M | None:
    """Validate a block; None where it has mistakes, which are noted."""

    def place(loc: Loc, of_key: bool) -> Span:
        return part.at(key if not loc else locate(node, loc, of_key=of_key) or key)

    empty = list(_empty(node, ()))
    problems = [empty_value(loc, what, place(loc, True)) for loc in empty]
    try:
        made = model.model_validate(node)
    except ValidationError as error:
        silent = set(empty)
        problems += [
            each
            for each in diagnose(
                error, model, lambda loc, of_key: None if loc in silent else place(loc, of_key), what, node
            )
            if each.primary is not None
        ]
    else:
        if not problems:
            return made
    context.problems += problems
    return None


def _empty(node: Node, loc: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Paths of what has no value."""
    if node is None:
        yield loc
    elif isinstance(node, Map):
        for name, value in node.items():
            yield from _empty(value, (*loc, name))
    elif isinstance(node, Seq):
        for index, value in enumerate(node):
            yield from _empty(value, (*loc, index))


def twice(what: str, name: str, first: Span, again: Span, *, same: bool = True) -> Diagnostic:
    """The diagnostic of a thing that is declared twice."""
    return problem(
        "duplicate-declaration",
        f"{what} '{name}' is declared twice",
        at=again,
        label="declared again here",
        also=(Label(first, "first declared here"),),
        why=None if same else "letter case and the way an international domain is written make no difference",
        help="delete one of the two",
    )


def path_text(base: Path, text: str) -> str:
    """A path as written, made absolute."""
    return str(base / Path(text).expanduser())


def secret(password: Password | None, base: Path) -> SecretRef | None:
    """A password's reference, with absolute paths."""
    return None if password is None else password.ref(base)


def clear_password(node: Mapping[str, Node]) -> bool:
    """Whether a password stands there in the clear."""
    return isinstance(node.get("password"), str)
