"""Reading a block of plain data with a pydantic model: all mistakes at once, each at its place, in a user's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reconciler.model.closest import closest, did_you_mean
from reconciler.model.desired import Tree
from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.source import Origin, Span

M = TypeVar("M", bound=BaseModel)

Loc: TypeAlias = tuple[str | int, ...]
#: Finds the span of the value a path leads to, or of its key where the second argument is true.
Locate: TypeAlias = Callable[[Loc, bool], Span | None]

_SHAPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": "a date",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

#: Limits of numbers: the name pydantic has for the limit, and what a number has to be.
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def read_model(model: type[M], tree: Mapping[str, Tree], origin: Origin, what: str) -> M:
    """Validate a settings block.

    Args:
        model: What the block must be.
        tree: The block, as text scalars, lists and mappings.
        origin: Where its parts stand; nested parts by dotted names.
        what: The block as a message names it, such as `provider 'zones'`.

    Raises:
        Problem: With a diagnostic for every mistake.
    """

    def locate(loc: Loc, of_key: bool) -> Span:
        for end in range(len(loc), 0, -1):
            name = ".".join(map(str, loc[:end]))
            if name in origin.names:
                return origin.span(name, of_key=of_key and end == len(loc))
        return origin.span()

    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise Problem(diagnose(error, model, locate, what, tree)) from None


def diagnose(
    error: ValidationError, model: type[BaseModel], locate: Locate, what: str, tree: Mapping[str, Tree] | None = None
) -> list[Diagnostic]:
    """Turn pydantic's errors into diagnostics; an unknown field that looks like a missing one becomes one of them.

    Args:
        error: What pydantic found.
        model: What was expected.
        locate: Tells where a part stands.
        what: The whole, as a message names it.
        tree: What was read, where the model has unions: their tags are no names that anybody wrote.
    """
    errors = error.errors(include_url=False)
    if tree is not None:
        for each in errors:
            each["loc"] = _written(each["loc"], tree)
    extra = [each["loc"] for each in errors if each["type"] == "extra_forbidden"]
    meant: dict[Loc, str] = {}
    for each in errors:
        if each["type"] == "missing":
            loc = each["loc"]
            beside = {str(other[-1]): other for other in extra if other[:-1] == loc[:-1] and other not in meant}
            near = closest(str(loc[-1]), beside)
            if near is not None:
                meant[beside[near]] = str(loc[-1])
    merged = {(*loc[:-1], name) for loc, name in meant.items()}
    return [
        _diagnostic(each, model, locate, what, meant)
        for each in errors
        if not (each["type"] == "missing" and each["loc"] in merged) and not _follows(each, errors)
    ]


def _follows(error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
    """Whether a list is only empty for pydantic because nothing that stands in it is right."""
    loc = error["loc"]
    return error["type"] == "too_short" and any(
        other is not error and other["loc"][: len(loc)] == loc for other in errors
    )


def _written(loc: Loc, tree: Mapping[str, Tree]) -> Loc:
    """Return a path without the tags of unions, which pydantic puts behind the field."""
    steps: list[str | int] = []
    here: object = tree
    for step in loc:
        if isinstance(here, Mapping):
            if step not in here and step != loc[-1]:
                continue
            here = here.get(step)
        elif isinstance(here, (list, tuple)) and isinstance(step, int):
            here = here[step] if step < len(here) else None
        elif isinstance(here, (str, list, tuple)):
            continue
        steps.append(step)
    return tuple(steps)


def empty_value(loc: Loc, what: str, at: Span | None) -> Diagnostic:
    """A field that is named and has no value; or one such as `owner:Anna`, which YAML takes for a name alone."""
    name, _, value = str(loc[-1]).partition(":")
    return problem(
        "empty-value",
        f"{_named(loc, what)} has no value",
        at=at,
        why="a key ends at a colon that a blank follows"
        if name and value
        else "an unquoted null, ~ or nothing at all is read as no value",
        help=f"put a blank after the colon: `{name}: {value}`"
        if name and value
        else "write a value or remove the line; quote the word if it is meant: 'null'",
    )


def _diagnostic(  # noqa: PLR0911 - one return for each kind of mistake
    error: ErrorDetails, model: type[BaseModel], locate: Locate, what: str, meant: Mapping[Loc, str]
) -> Diagnostic:
    loc, kind, given = error["loc"], error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown(loc, model, locate, what, meant.get(loc))
    if kind == "missing":
        return problem(
            "missing-field",
            f"{_named(loc[:-1], what)} needs '{loc[-1]}'",
            at=locate(loc[:-1], True),
            help=f"add a line: `{loc[-1]}: …`",
        )
    if given is None:
        return empty_value(loc, what, locate(loc, True))
    if kind == "literal_error":
        choices = [str(choice) for choice in _choices(error)]
        listed = ", ".join(choices)
        return problem(
            "bad-value",
            f"{_named(loc, what)} can not be '{_short(given)}'",
            at=locate(loc, False),
            help=did_you_mean(str(given), choices, f"write one of: {listed}"),
            why=f"it is one of: {listed}",
        )
    if kind in _SHAPES:
        return problem(
            "wrong-shape",
            f"{_named(loc, what)} is {_shape(given)} where {_SHAPES[kind]} is expected",
            at=locate(loc, False),
            help=f"write {_SHAPES[kind]}",
        )
    if kind == "too_short":
        return problem(
            "bad-value", f"{_named(loc, what)} is an empty list", at=locate(loc, False), help="write at least one item"
        )
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        bound = f"{words} {error['ctx'][key]:g}"
        return problem(
            "bad-value",
            f"{_named(loc, what)} is '{_short(given)}', which is not {bound}",
            at=locate(loc, False),
            help=f"write a value that is {bound}",
        )
    if kind == "string_pattern_mismatch":
        return problem(
            "bad-value",
            f"{_named(loc, what)} can not be '{_short(given)}'",
            at=locate(loc, False),
            help=f"write a text that fits {error['ctx']['pattern']}",
        )
    message, _, help_ = error["msg"].removeprefix("Value error, ").partition("; ")
    return problem("bad-value", f"{_named(loc, what)}: {message}", at=locate(loc, False), help=help_ or None)


def _unknown(loc: Loc, model: type[BaseModel], locate: Locate, what: str, meant: str | None) -> Diagnostic:
    known = _fields_at(model, loc[:-1])
    if meant is not None:
        help_: str | None = f"did you mean `{meant}`?"
    else:
        help_ = did_you_mean(str(loc[-1]), known, "known here: " + ", ".join(known) if known else None)
    return problem(
        "unknown-field", f"{_named(loc[:-1], what)} has no field '{_short(loc[-1])}'", at=locate(loc, True), help=help_
    )


def _named(loc: Loc, what: str) -> str:
    if not loc:
        return what
    path = ""
    for step in loc:
        path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return f"'{path}' of {what}"


def _short(value: object, limit: int = 60) -> str:
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _shape(value: object) -> str:
    if isinstance(value, str):
        return f"the text '{_short(value)}'"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return f"'{_short(value)}'"


def _choices(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Names of the fields of the model that a path leads to."""
    here: list[type[BaseModel]] = [model]
    for step in loc:
        if isinstance(step, int):
            continue
        here = [
            inner for each in here if step in each.model_fields for inner in _models(each.model_fields[step].annotation)
        ]
    return [name for each in here for name in each.model_fields]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if get_origin(annotation) is not None:
        for inner in get_args(annotation):
            yield from _models(inner)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
