"""The three sides of one resource beside each other: as declared, as live, as last applied."""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.model.resources import Resource
from reconciler.report.changes import format_value
from reconciler.report.style import Style
from reconciler.report.table import table


@dataclass(frozen=True, slots=True)
class Sides:
    """One resource as each side has it; None where a side does not have it."""

    declared: Resource | None = None
    live: Resource | None = None
    applied: Resource | None = None

    @property
    def agree(self) -> bool:
        """Whether no side says anything else; a field that the declaration leaves open says nothing."""
        return not any(len(set(values)) > 1 for _, values in self._rows())

    def _rows(self) -> Iterator[tuple[str, list[object]]]:
        sides = (self.declared, self.live, self.applied)
        fields = [None if side is None else side.fields() for side in sides]
        names = dict.fromkeys(name for each in fields if each is not None for name in each)
        for name in names:
            values: list[object] = [("nothing there",) if each is None else each.get(name) for each in fields]
            if values[0] is None:
                values[0] = values[1]
            yield name, values


def sides_text(sides: Sides, style: Style) -> str:
    """Return a table of the fields with a column a side; empty where all sides agree."""
    if sides.agree:
        return ""
    if sides.live is None and sides.applied is None:
        return "It is declared only: the provider does not have it yet.\n"
    columns = (sides.declared, sides.live, sides.applied)
    names = dict.fromkeys(name for each in columns if each is not None for name in each.fields())
    rows = [(name, *(_cell(each, name) for each in columns)) for name in names]
    lines = table(rows, style, head=("", "declared", "live", "last applied"))
    return "\n".join([style.bold("The sides differ"), *lines]) + "\n"


def _cell(resource: Resource | None, name: str) -> str:
    if resource is None:
        return "-"
    value = resource.fields().get(name)
    return "(open)" if value is None else format_value(name, value)


def sides_json(sides: Sides) -> dict[str, object]:
    """Return the fields of each side as plain data; null where a side does not have the resource."""
    return {"declared": _fields(sides.declared), "live": _fields(sides.live), "applied": _fields(sides.applied)}


def _fields(resource: Resource | None) -> dict[str, object] | None:
    if resource is None:
        return None
    return {name: list(each) if isinstance(each, tuple) else each for name, each in resource.fields().items()}
