"""`dns preview`: what the plan does to the DNS of domains."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.dns.common import clients_option, domains_argument
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.dns.preview import Preview


@make(
    "preview",
    summary="show what the plan does to the DNS of domains, and judge it",
    examples=[
        ("reconciler dns preview example.org", "record by record, with a verdict whose reasons are named"),
        ("reconciler dns preview --verbose example.org", "every value as a whole, and notes as well"),
        ("reconciler dns preview --from 192.0.2.25 example.org", "and whether mail may come from there, now and after"),
        ("reconciler dns preview --format json example.org", "the same for a program"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.CHANGES, done="no record of them changes now"),
)
@domains_argument
@config_option
@clients_option
def preview(domains: tuple[str, ...], config: tuple[str, ...], clients: tuple[str, ...]) -> Exit:
    """Every check runs twice: on what authoritative servers answer, and on that with the plan laid on top.

    Shown are each record before and after, how long others may go on answering with what is there now, who receives
    mail and who may send, what every check finds, and what waits for its time. Nothing is written anywhere.
    """
    from reconciler.cli.speak import out_style
    from reconciler.report.preview_json import previews_json
    from reconciler.report.preview_text import preview_text

    app = current()
    found = run_async(_preview(app, config_paths(config), domains, tuple(dict.fromkeys(clients))))
    if app.json:
        app.envelope("dns-preview", previews=previews_json(found))
    else:
        app.out(preview_text(found, out_style(app), full=app.verbosity > 0))
    return Exit.CHANGES if any(row.changes for each in found for row in each.rows) else Exit.DONE


async def _preview(
    app: App, paths: list[Path], domains: tuple[str, ...], clients: tuple[str, ...]
) -> "tuple[Preview, ...]":
    from reconciler.cli.previewing import declared, remarks, silence
    from reconciler.cli.session import open_session, plan_of, previews_of, read_scene
    from reconciler.cli.speak import tell_warnings

    async with open_session(app, paths, clients=clients) as session:
        declared(domains, session.desired)
        scene = await read_scene(session)
        tell_warnings(remarks(session, scene.world.warnings, domains), app)
        if (said := silence(session)) is not None:
            app.say(said)
        return await previews_of(session, scene, tuple(dict.fromkeys(domains)), plan_of(session, scene))
