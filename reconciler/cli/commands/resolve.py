"""`resolve`: who receives mail to an address and who may send as it, now and after the plan."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_address
from reconciler.cli.exits import Exit
from reconciler.cli.options import ADDRESS, config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.report.resolve_text import Moment


@make(
    "resolve",
    examples=[
        ("reconciler resolve info@example.org", "where its mail ends today"),
        ("reconciler resolve info@example.org --after", "and where it will once the plan ran"),
    ],
)
@click.argument("address", type=ADDRESS, shell_complete=complete_address)
@config_option
@click.option("--after", is_flag=True, help="Also as it will be after the plan.")
def command(address: str, config: tuple[str, ...], *, after: bool) -> Exit:
    """Follows aliases, plus addresses and catch-alls as the providers have them, and says what is shadowed on the way.

    Any address can be asked for, whether or not something of that name exists.
    """
    from reconciler.cli.speak import out_style
    from reconciler.report.resolve_text import resolve_json, resolve_text

    app = current()
    now, later = run_async(_resolve(app, config_paths(config), address, after=after))
    if app.json:
        app.envelope("resolve", **resolve_json(now, later))
    else:
        app.out(resolve_text(now, later, out_style(app)))
    return Exit.DONE


async def _resolve(app: App, paths: list[Path], address: str, *, after: bool) -> "tuple[Moment, Moment | None]":
    from reconciler.cli.session import open_session, plan_of, read_scene
    from reconciler.model.kinds import Kind
    from reconciler.model.names import domain_of
    from reconciler.plan import flow
    from reconciler.report.resolve_text import Moment

    def moment(of: flow.Flow) -> Moment:
        delivery = of.receives(address)
        away = {domain_of(each) for each in delivery.outside}
        return Moment(delivery, of.may_send_as(address), sorted(away & session.desired.of(Kind.DOMAIN).keys()))

    async with open_session(app, paths) as session:
        scene = await read_scene(session)
        actual = scene.world.actual
        now = moment(flow.Flow.of(actual))
        if not after:
            return now, None
        plan = plan_of(session, scene)
        return now, moment(flow.Flow.of(flow.after(actual, plan.operations)))
