"""`graph`: the order of a plan, each edge with its rule and its reason."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, paths_argument
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.plan.document import Plan

FORMATS = ("text", "json", "dot", "mermaid")


@make(
    "graph",
    examples=[
        ("reconciler graph", "the steps, and what each waits for"),
        ("reconciler graph --format dot | dot -Tsvg -o plan.svg", "a picture, with Graphviz"),
        ("reconciler graph --format mermaid", "for a page of a code host"),
        ("reconciler graph plan.json", "of a saved plan"),
    ],
    formats=FORMATS,
)
@paths_argument
@config_option
def command(paths: tuple[str, ...], config: tuple[str, ...]) -> Exit:
    """An arrow leads from what is done first to what waits for it. What a rule says: `reconciler explain RULE`."""
    from reconciler.cli.plans import read_plan, saved_plan

    app = current()
    saved = saved_plan(app, paths)
    if saved is not None:
        plan = read_plan(app, saved, config_paths(config))
    else:
        plan = run_async(_plan(app, config_paths(paths, config)))
    _show(app, plan)
    return Exit.DONE


async def _plan(app: App, paths: list[Path]) -> "Plan":
    from reconciler.cli.session import open_session, plan_of, read_scene

    async with open_session(app, paths) as session:
        return plan_of(session, await read_scene(session))


def _show(app: App, plan: "Plan") -> None:
    from reconciler.cli.speak import out_style
    from reconciler.report.graph import graph_dot, graph_json, graph_mermaid, graph_text

    if app.format == "dot":
        app.out(graph_dot(plan))
    elif app.format == "mermaid":
        app.out(graph_mermaid(plan))
    elif app.json:
        app.envelope("graph", **graph_json(plan))
    else:
        app.out(graph_text(plan, out_style(app)))
