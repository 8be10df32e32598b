"""The order of a plan as a graph."""

import re
import subprocess
from dataclasses import replace

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Dependency, Operation, Plan
from reconciler.report.graph import graph_dot, graph_json, graph_mermaid, graph_text
from reconciler.report.style import Style
from tests.programs import program

NASTY = 'a"; } x [y] -->|z| <b>&amp;</b> \\ `#35;` ü\n\x1b%%{init}%%'


@pytest.fixture
def nasty(plan: Plan) -> Plan:
    """A plan whose names try to break out of every quoting."""
    first = Operation(f"create instance {NASTY}", Action.CREATE, Kind.INSTANCE, NASTY, "p")
    why = (Dependency(first.id, "flow/F1", NASTY),)
    return replace(
        plan,
        operations=(
            first,
            Operation("create domain d.example", Action.CREATE, Kind.DOMAIN, "d.example", "p", after=why),
        ),
    )


def test_graph_text_looks_as_it_should(golden, dressed: tuple[str, Style], plan: Plan) -> None:
    """Numbered operations, and below each what it waits for."""
    ending, style = dressed
    golden(f"graph.{ending}", graph_text(plan, style))


def test_graph_files_look_as_they_should(golden, plan: Plan) -> None:
    """DOT, Mermaid and JSON."""
    golden("graph.dot", graph_dot(plan))
    golden("graph.mermaid", graph_mermaid(plan))
    golden("graph.json", graph_json(plan))


def test_empty_plan_has_no_order(plain: Style, plan: Plan) -> None:
    """Nothing to do is said, not drawn."""
    assert graph_text(replace(plan, operations=()), plain) == "Nothing to do: there is no order.\n"


def test_dot_keeps_names_inside_quotes(nasty: Plan) -> None:
    """Whatever a name holds, each statement is a node or an edge."""
    node = r'  n\d+ \[label="(?:[^"\\]|\\.)*", color=\w+\];'
    edge = r'  n\d+ -> n\d+ \[label="(?:[^"\\]|\\.)*", edgetooltip="(?:[^"\\]|\\.)*", labeltooltip="(?:[^"\\]|\\.)*"\];'
    lines = graph_dot(nasty).splitlines()
    assert lines[0] == "digraph plan {"
    assert lines[-1] == "}"
    assert all(re.fullmatch(f"{node}|{edge}", line) for line in lines[3:-1])
    assert len(lines) == 4 + 3


def test_graphviz_reads_it(nasty: Plan) -> None:
    """Graphviz itself takes the file."""
    dot = program("dot", "graphviz")
    subprocess.run([dot, "-Tcanon"], input=graph_dot(nasty), text=True, check=True, capture_output=True)


def test_mermaid_keeps_names_inside_quotes(nasty: Plan) -> None:
    """Labels hold no sign that Mermaid gives a meaning; ids are letters and digits."""
    label = r'"(?:[\w .,:/@-]|#\d+;)*"'
    node, edge = rf"  n\d+\[{label}\]", rf"  n\d+ -->\|{label}\| n\d+"
    lines = graph_mermaid(nasty).splitlines()
    assert lines[0] == "flowchart LR"
    assert all(
        re.fullmatch(rf"{node}|{edge}|  class n\d+(,n\d+)* \w+|  classDef \w+ stroke:#\w+", line) for line in lines[1:]
    )


def test_every_edge_has_its_rule_and_reason(plan: Plan) -> None:
    """No arrow stands without the rule that drew it, in any form."""
    edges = [dependency for operation in plan.operations for dependency in operation.after]
    assert len(edges) == 2
    for text in (graph_text(plan, Style(width=200)), graph_dot(plan), graph_mermaid(plan)):
        assert all(edge.rule in text and edge.reason in text for edge in edges)
