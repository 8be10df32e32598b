"""`show`: all there is to know of one thing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_key
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.find import Found
    from reconciler.cli.session import Session
    from reconciler.cli.views import Sources, View
    from reconciler.plan.document import Plan


@make(
    "show",
    examples=[
        ("reconciler show anna@example.org", "a mailbox: owner, quota, aliases, where it is declared"),
        ("reconciler show example.org", "a domain: instance, addresses, records"),
        ("reconciler show instance:office", "an instance: number, storage booked, given out, used"),
        ("reconciler show team:family --statement", "a team: plans, standing, and its bookings"),
        ("reconciler show anna@example.org --history", "what the runs did to it"),
        ("reconciler show plan.json", "a saved plan"),
    ],
)
@click.argument("key", metavar="KEY|FILE", shell_complete=complete_key)
@config_option
@click.option("--statement", is_flag=True, help="With the bookings of a team's account.")
@click.option("--history", is_flag=True, help="What the runs did to it instead; no provider is asked.")
def command(key: str, config: tuple[str, ...], *, statement: bool, history: bool) -> Exit:
    """KEY is an address, a domain, or the label of an instance or a team; `kind:KEY` where two kinds have the same.

    Where the files, the provider and the last applied state do not agree, all three are printed.
    """
    from reconciler.cli.plans import read_plan, saved_plan

    app = current()
    if history:
        return _show_history(app, key, config)
    saved = saved_plan(app, (key,))
    if saved is not None:
        _show_plan(app, key, read_plan(app, saved, config_paths(config)))
    else:
        found, view = run_async(_look(app, config_paths(config), key, statement=statement))
        _show(app, found, view)
    return Exit.DONE


def _show_history(app: App, key: str, config: tuple[str, ...]) -> Exit:
    from reconciler.cli.commands.state.common import store_of
    from reconciler.cli.histories import EVER, tell_thing

    tell_thing(app, store_of(app, config), key, EVER)
    return Exit.DONE


def _show_plan(app: App, name: str, plan: "Plan") -> None:
    import shlex

    from reconciler.cli.speak import out_style
    from reconciler.plan.wire import encode
    from reconciler.report.plan_text import plan_text

    if app.json:
        app.out(encode(plan).decode())
    else:
        line = shlex.join(["reconciler", *app.chdir_words, "apply", name])
        app.out(plan_text(plan, out_style(app), command=line, full=app.verbosity > 0))


async def _look(app: App, paths: list[Path], key: str, *, statement: bool) -> "tuple[Found, View]":
    from dataclasses import replace

    from reconciler.cli.find import find
    from reconciler.cli.session import open_session, read_scene
    from reconciler.cli.views import Sources
    from reconciler.model.kinds import Kind
    from reconciler.plan.build import record_homes

    async with open_session(app, paths) as session:
        scene = await read_scene(session)
        declarations = {**session.desired.declarations, Kind.RECORD: scene.inputs.records}
        found = find(key, replace(session.desired, declarations=declarations), scene.world.actual, scene.applied)
        sources = Sources(session.desired, scene.world.actual, record_homes(scene.inputs))
        return found, await _view(session, found, sources, statement=statement)


async def _view(session: "Session", found: "Found", sources: "Sources", *, statement: bool) -> "View":
    from reconciler.cli import views
    from reconciler.model.kinds import Kind

    if found.kind is Kind.INSTANCE:
        return views.instance_view(found, sources)
    if found.kind is Kind.DOMAIN:
        return views.domain_view(found, sources)
    if found.kind is Kind.TEAM:
        reader = session.readers.mail.get(found.provider)
        bookings = await reader.statement(found.key) if statement and reader is not None else None
        return views.team_view(found, sources, bookings)
    return views.address_view(found, sources)


def _show(app: App, found: "Found", view: "View") -> None:
    from reconciler.cli.speak import out_style
    from reconciler.report import show_text
    from reconciler.report.sides_text import sides_json, sides_text
    from reconciler.report.views import AddressView, DomainView, InstanceView

    if app.json:
        app.envelope("show", **show_text.show_json(view), sides=sides_json(found.sides))
        return
    style = out_style(app)
    if isinstance(view, InstanceView):
        text = show_text.show_instance_text(view, style)
    elif isinstance(view, DomainView):
        text = show_text.show_domain_text(view, style)
    elif isinstance(view, AddressView):
        text = show_text.show_address_text(view, style)
    else:
        text = show_text.show_team_text(view, style)
    app.out(text + (sides_text(found.sides, style) if found.managed else ""))
