"""A plan's order as a graph: each edge with its rule and its reason. As text, for Graphviz, for Mermaid."""

from collections.abc import Iterator, Mapping

from reconciler.model.kinds import Action
from reconciler.plan.document import Dependency, Operation, Plan
from reconciler.report.labels import operation_label
from reconciler.report.layout import clean, hang
from reconciler.report.style import Style

_DOT_COLOURS = {
    Action.CREATE: "darkgreen", Action.UPDATE: "darkorange", Action.DELETE: "red3", Action.ADOPT: "blue3",
    Action.FORGET: "gray40", Action.OPERATOR: "purple",
}  # fmt: skip


def _numbers(plan: Plan) -> Mapping[str, int]:
    return {operation.id: number for number, operation in enumerate(plan.operations, 1)}


def _edges(plan: Plan) -> Iterator[tuple[Operation, Dependency]]:
    for operation in plan.operations:
        for dependency in operation.after:
            yield operation, dependency


def graph_text(plan: Plan, style: Style) -> str:
    """Return the operations numbered in their order, and below each what it waits for, with the rule."""
    numbers = _numbers(plan)
    width = len(str(len(numbers)))
    lines: list[str] = []
    for operation in plan.operations:
        lines.append(
            f"{numbers[operation.id]:>{width}}. {style.action(operation.action, operation_label(operation.id))}"
        )
        for dependency in operation.after:
            head = f"{' ' * (width + 2)}after {numbers.get(dependency.operation, '?')}: "
            text = f"{clean(dependency.reason)} ({dependency.rule})"
            shown = list(hang(text, len(head), style.width))
            lines += [style.dim(head + shown[0]), *map(style.dim, shown[1:])]
    return "\n".join(lines) + "\n" if lines else "Nothing to do: there is no order.\n"


def _dot_quoted(text: str) -> str:
    # In a quoted string of the DOT language only the quote is special; a backslash begins an escape of the label.
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def graph_dot(plan: Plan) -> str:
    """Return the graph in Graphviz's DOT language; an arrow points from what is done first to what waits for it."""
    numbers = _numbers(plan)
    lines = ["digraph plan {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
    for operation in plan.operations:
        label = _dot_quoted(operation_label(operation.id))
        lines.append(f"  n{numbers[operation.id]} [label={label}, color={_DOT_COLOURS[operation.action]}];")
    for operation, dependency in _edges(plan):
        if dependency.operation in numbers:
            label, tip = _dot_quoted(clean(dependency.rule)), _dot_quoted(clean(dependency.reason))
            ends = f"n{numbers[dependency.operation]} -> n{numbers[operation.id]}"
            lines.append(f"  {ends} [label={label}, edgetooltip={tip}, labeltooltip={tip}];")
    return "\n".join([*lines, "}"]) + "\n"


def _mermaid_quoted(text: str) -> str:
    # Mermaid reads a quoted label as Markdown and HTML: everything but plain signs is written as a character's number.
    return '"' + "".join(char if char.isalnum() or char in " .,:/@-_" else f"#{ord(char)};" for char in text) + '"'


def graph_mermaid(plan: Plan) -> str:
    """Return the graph in Mermaid's flowchart language, as Markdown on code hosts shows it."""
    numbers = _numbers(plan)
    lines = ["flowchart LR"]
    lines += [f"  n{numbers[each.id]}[{_mermaid_quoted(operation_label(each.id))}]" for each in plan.operations]
    for operation, dependency in _edges(plan):
        if dependency.operation in numbers:
            label = _mermaid_quoted(f"{clean(dependency.rule)}: {clean(dependency.reason)}")
            lines.append(f"  n{numbers[dependency.operation]} -->|{label}| n{numbers[operation.id]}")
    for action in Action:
        nodes = [f"n{numbers[each.id]}" for each in plan.operations if each.action is action]
        if nodes:
            lines.append(f"  class {','.join(nodes)} {action}")
            lines.append(f"  classDef {action} stroke:{_MERMAID_COLOURS[action]}")
    return "\n".join(lines) + "\n"


_MERMAID_COLOURS = {
    Action.CREATE: "#060", Action.UPDATE: "#c60", Action.DELETE: "#c00", Action.ADOPT: "#00c",
    Action.FORGET: "#666", Action.OPERATOR: "#909",
}  # fmt: skip


def graph_json(plan: Plan) -> dict[str, object]:
    """Return nodes in execution order, and edges with rule and reason."""
    return {
        "nodes": [
            {"id": each.id, "action": str(each.action), "kind": str(each.kind), "key": each.key}
            for each in plan.operations
        ],
        "edges": [
            {"from": dependency.operation, "to": operation.id, "rule": dependency.rule, "reason": dependency.reason}
            for operation, dependency in _edges(plan)
        ],
    }
