"""`dns check`: the verdict on what is published now."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.dns.common import clients_option, domains_argument
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.dns.preview import Moment


@make(
    "check",
    summary="judge what is published for domains now",
    examples=[
        ("reconciler dns check example.org", "every check on what its servers answer"),
        ("reconciler dns check --server 192.0.2.53 example.org", "ask this server, whoever it is delegated to"),
        ("reconciler dns check --from 192.0.2.25 example.org", "and whether mail may come from there"),
        ("reconciler dns check --verbose example.org", "with notes as well"),
    ],
    codes=exits(
        Exit.DONE,
        Exit.ERROR,
        done="no check finds a blocker",
        error="a blocker was found, or what is published could not be looked up",
    ),
)
@domains_argument
@config_option
@click.option(
    "--server",
    "servers",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Ask this authoritative server for the domains; repeatable. [default: whoever they are delegated to]",
)
@clients_option
def check(
    domains: tuple[str, ...], config: tuple[str, ...], servers: tuple[str, ...], clients: tuple[str, ...]
) -> Exit:
    """A domain that no file declares is judged by what it publishes alone; no files are needed at all.

    What a declared one should publish is not compared with what it does; `plan` and `drift` do that.
    """
    from reconciler.cli.speak import out_style
    from reconciler.dns.checks.base import Grade
    from reconciler.report.preview_json import moment_json
    from reconciler.report.preview_text import check_text

    app = current()
    for each in servers:
        _hold_to_form(each)
    asked = tuple(dict.fromkeys(domains)), servers, tuple(dict.fromkeys(clients))
    moments = run_async(_check(app, config_paths(config), *asked, config=config))
    if app.json:
        app.envelope("dns-check", domains=[{"domain": name, **moment_json(each)} for name, each in moments.items()])
    else:
        app.out(check_text(list(moments.items()), out_style(app), full=app.verbosity > 0))
    bad = any(each.grade is Grade.BLOCKER for moment in moments.values() for each in moment.findings)
    bad = bad or any({"receives", "senders"} & set(moment.unknown) for moment in moments.values())
    return Exit.ERROR if bad else Exit.DONE


def _hold_to_form(server: str) -> None:
    from reconciler.resolution.names import split_server

    try:
        split_server(server)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--server'") from None


async def _check(
    app: App,
    paths: list[Path],
    domains: tuple[str, ...],
    servers: tuple[str, ...],
    clients: tuple[str, ...],
    *,
    config: tuple[str, ...],
) -> "dict[str, Moment]":
    from reconciler.cli.previewing import bare_moments, has_files, moments_of, silence
    from reconciler.cli.session import open_session

    if not config and not has_files(app, paths):
        return await bare_moments(app, domains, servers, clients)
    async with open_session(app, paths, clients=clients) as session:
        if (said := silence(session)) is not None:
            app.say(said)
        return await moments_of(session, domains, servers)
