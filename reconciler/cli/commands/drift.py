"""`drift`: what someone else changed since the last run, and what nobody declared."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, line_of, paths_argument
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.plan.diff import Differences


@make(
    "drift",
    examples=[
        ("reconciler drift", "did anyone change what we manage?"),
        ("reconciler drift --format json", "the same, for a nightly job"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.CHANGES, done="nothing drifted", changes="something drifted"),
)
@paths_argument
@config_option
@click.option("--full", is_flag=True, help="Name every unmanaged resource, however many.")
def command(paths: tuple[str, ...], config: tuple[str, ...], *, full: bool) -> Exit:
    """Compares what the providers have with what was last applied, whatever the files say by now.

    What neither the files nor the state know is listed as unmanaged; alone it is no drift.
    """
    app = current()
    found = run_async(_drift(app, config_paths(paths, config)))
    drift = sorted(found.drift, key=lambda each: (each.kind, each.key))
    unmanaged = sorted(found.unmanaged, key=lambda each: (each.provider, each.kind, each.key))
    if app.json:
        from reconciler.report.drift_json import drift_json

        app.envelope("drift", **drift_json(drift, unmanaged))
    else:
        from reconciler.cli.speak import out_style
        from reconciler.report.drift_text import drift_text

        line = line_of(app, "plan", paths, config)
        app.out(drift_text(drift, unmanaged, out_style(app), full=full or app.verbosity > 0, command=line))
    return Exit.CHANGES if drift else Exit.DONE


async def _drift(app: App, paths: list[Path]) -> "Differences":
    from reconciler.cli.homecoming import mention
    from reconciler.cli.session import open_session, read_scene
    from reconciler.plan.diff import diff

    async with open_session(app, paths) as session:
        scene = await read_scene(session)
        mention(app, session.state, scene.loaded)
        return diff(scene.inputs)
