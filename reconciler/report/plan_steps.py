"""The operations of a plan, in the order in which they are carried out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import STATE_FIELDS, Backup, Change, Operation
from reconciler.report.changes import describe_update, describe_value
from reconciler.report.labels import home, key_label, operation_label
from reconciler.report.layout import clean, clip, count, hang, pad, text_width
from reconciler.report.style import Style

#: Operations up to which each has a line of its own.
SHORT = 40
#: Lines of counts up to which each domain has its own.
MOST_GROUPS = 30

_KEY_COLUMN = 44  # columns; a longer key pushes its own text only
_NARROW = 16
_COLLAPSED = frozenset({Action.CREATE, Action.UPDATE, Action.ADOPT, Action.FORGET})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: an operation, or the two halves of a replace that stand side by side."""

    verb: str
    operation: Operation
    text: str
    notes: tuple[str, ...] = ()
    extra: tuple[str, ...] = field(default=())


def _pair(first: Operation, second: Operation | None) -> bool:
    """Whether two neighbours are the halves of one replace of one thing."""
    return (
        second is not None
        and first.replaces == second.id
        and second.replaces == first.id
        and (first.kind, first.key) == (second.kind, second.key)
    )


def _replaced(gone: Operation, made: Operation) -> Mapping[str, Change]:
    both = {
        name: Change(before.before, made.fields[name].after)
        for name, before in gone.fields.items()
        if name in made.fields
    }
    return {name: change for name, change in both.items() if change.before != change.after}


def _dangerous(operation: Operation) -> bool:
    """Whether a block above the list already speaks of it, notes and all."""
    return operation.loses_data or operation.costs_money or operation.changes_routing


def _notes(operation: Operation) -> tuple[str, ...]:
    return () if _dangerous(operation) else operation.notes


def _half_note(operation: Operation) -> tuple[str, ...]:
    return (f"the other half of a replace: {operation_label(operation.replaces)}",) if operation.replaces else ()


def _created(operation: Operation, style: Style, full: bool) -> str:
    values = {name: each.after for name, each in operation.fields.items()}
    return describe_value(operation.kind, values, style, full=full)


def _deleted(operation: Operation, style: Style, full: bool) -> str:
    values = {name: each.before for name, each in operation.fields.items()}
    return describe_value(operation.kind, values, style, full=full)


def _adopted(operation: Operation, style: Style) -> str:
    if STATE_FIELDS.issuperset(operation.fields):
        return "taken under management: " + ("; ".join(map(clean, operation.notes)) or "already there")
    # managed already, and changed by somebody else to what is declared
    return f"state learns: {describe_update(operation.fields, style)}"


#: What each action does to its resource; a value is told in full where that is asked for.
_DESCRIPTIONS: Mapping[Action, Callable[[Operation, Style, bool], str]] = {
    Action.CREATE: _created,
    Action.UPDATE: lambda operation, style, _: describe_update(operation.fields, style),
    Action.DELETE: _deleted,
    Action.ADOPT: lambda operation, style, _: _adopted(operation, style),
    Action.FORGET: lambda *_: "is gone already; dropped from the state",
    Action.OPERATOR: lambda *_: "by hand",
}


def describe(operation: Operation, style: Style, *, full: bool = False) -> str:
    """What an operation does to its resource, in one line."""
    text = _DESCRIPTIONS[operation.action](operation, style, full)
    return f"the copy at {clean(operation.provider)}: {text}" if operation.of_copy else text


def rows(operations: Sequence[Operation], style: Style, *, full: bool = False) -> Iterator[Row]:
    """Yield a row for each operation, one for the two halves of a replace that are neighbours."""
    skip = False
    for place, operation in enumerate(operations):
        if skip:
            skip = False
            continue
        second = operations[place + 1] if place + 1 < len(operations) else None
        if operation.replaces and second is not None and _pair(operation, second):
            skip = True
            text = describe_update(_replaced(operation, second), style) or "made anew"
            yield Row("replace", operation, f"{text} (delete and create)", _notes(operation) + _notes(second))
            continue
        notes = _notes(operation) + _half_note(operation)
        yield Row(operation.action, operation, describe(operation, style, full=full), notes, operation.steps)


def row_lines(row: Row, key_width: int, style: Style, *, reasons: bool = False) -> Iterator[str]:
    """Yield the lines of one row: symbol, kind, key and text; below it notes, steps and reasons of its place."""
    operation = row.operation
    head = f"  {pad(style.symbol(row.verb), 2)} {pad(operation.kind, 8)} "
    key = key_label(operation.kind, operation.key)
    margin = text_width(head) + max(key_width, text_width(key)) + 2
    text = row.text
    if operation.loses_data:
        text = f"{text}; its data is lost" if text else "its data is lost"
    lines = list(hang(text, column(margin, style), style.width, margin)) if text else [""]
    yield (style.action(row.verb, head) + style.bold(pad(key, key_width)) + "  " + lines[0]).rstrip()
    yield from (line for line in lines[1:])
    inner = " " * text_width(head)
    if operation.backup is not None:
        yield from (inner + line for line in hang(backup_sentence(operation.backup), 2, style.width - len(inner)))
    for note in row.notes:
        if clean(note) in text:
            continue
        yield from (inner + style.dim(line) for line in hang(clean(note), 2, style.width - len(inner)))
    for number, step in enumerate(row.extra, 1):
        yield from (inner + line for line in hang(f"{number}. {clean(step)}", 3, style.width - len(inner)))
    if reasons:
        yield from _reasons(operation, inner, style)


def backup_sentence(backup: Backup) -> str:
    """Say what is done for a backup before its mailbox goes."""
    place = clean(backup.to)
    if backup.made is None:
        return f"its backup is made in {place} first"
    return f"its backup is in {place} already, made {clean(backup.made)}"


def column(margin: int, style: Style) -> int:
    """Where the lines below a row's first go on: at its text, or further left where that leaves too little room."""
    return margin if margin <= style.width * 3 // 5 else _NARROW


def _reasons(operation: Operation, inner: str, style: Style) -> Iterator[str]:
    for dependency in operation.after:
        text = f"after {operation_label(dependency.operation)}: {dependency.reason} ({dependency.rule})"
        yield from (inner + style.dim(line) for line in hang(clean(text), 2, style.width - len(inner)))


def _key_width(operations: Sequence[Operation]) -> int:
    return min(max((text_width(key_label(each.kind, each.key)) for each in operations), default=0), _KEY_COLUMN)


def _collapses(operation: Operation) -> bool:
    return operation.action in _COLLAPSED and operation.replaces is None and not _dangerous(operation)


@dataclass(slots=True)
class _Group:
    """Operations of one action and kind in one domain, told by their number."""

    number: int = 0
    fields: dict[str, None] = field(default_factory=dict)  # an ordered set


def _zone(operation: Operation) -> str | None:
    change = operation.fields.get("zone")
    value = None if change is None else change.after or change.before
    return value if isinstance(value, str) else None


def _groups(operations: Sequence[Operation]) -> dict[tuple[str, Action, Kind], _Group]:
    groups: dict[tuple[str, Action, Kind], _Group] = {}
    for operation in operations:
        if _collapses(operation):
            where = home(operation.kind, operation.key, _zone(operation))
            group = groups.setdefault((where, operation.action, operation.kind), _Group())
            group.number += 1
            if operation.action is Action.UPDATE:
                group.fields.update(dict.fromkeys(operation.fields))
    return groups


def _group_lines(operations: Sequence[Operation], style: Style) -> Iterator[str]:
    groups = _groups(operations)
    shown = list(groups.items())[:MOST_GROUPS]
    for (where, action, kind), group in shown:
        what = count(group.number, kind)
        changed = f": {', '.join(group.fields)}" if group.fields else ""
        place = (
            f" in {where}" if kind not in (Kind.INSTANCE, Kind.TEAM, Kind.DOMAIN) or group.number > 1 else f" {where}"
        )
        yield style.action(action, f"  {pad(style.symbol(action), 2)} {what}") + f"{place}{clean(changed)}"
    rest = sum(group.number for group in groups.values()) - sum(group.number for _, group in shown)
    if rest:
        yield style.dim(f"  {style.symbol('ellipsis')} and {count(rest, 'more operation')} in other domains")


def steps(operations: Sequence[Operation], style: Style, *, full: bool = False, reasons: bool = False) -> Iterator[str]:
    """Yield the list of operations.

    Args:
        operations: In execution order.
        style: Colours, symbols and width.
        full: Every operation on a line of its own. Otherwise a list longer than `SHORT` tells creates, updates, adopts
            and forgets by their number in each domain; what is deleted, replaced or done by hand always has its line.
        reasons: Below each operation what it waits for, and by which rule.
    """
    if full or len(operations) <= SHORT:
        width = _key_width(operations)
        yield style.bold("In this order:")
        for row in rows(operations, style, full=full):
            yield from row_lines(row, width, style, reasons=reasons)
        return
    yield style.bold("What happens:")
    yield from _group_lines(operations, style)
    kept = [each for each in operations if not _collapses(each)]
    width = _key_width(kept)
    for row in rows(kept, style):
        yield from row_lines(row, width, style, reasons=reasons)
    yield style.dim(clip("  (every operation, in its order: --verbose)", style.width, style.symbol("ellipsis")))
