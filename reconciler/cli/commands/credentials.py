"""`credentials`: how a mailbox is reached: servers, ports, user name. Never a password (netcup/N11)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_mailbox
from reconciler.cli.exits import Exit
from reconciler.cli.options import ADDRESS, config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.model.kinds import Kind
    from reconciler.model.live import AppliedState
    from reconciler.providers.reader import Endpoint


@make(
    "credentials",
    examples=[
        ("reconciler credentials anna@example.org", "what Anna types into her mail program"),
        ("reconciler credentials anna@example.org --format json", "the same, for a program"),
    ],
)
@click.argument("address", type=ADDRESS, shell_complete=complete_mailbox)
@config_option
def command(address: str, config: tuple[str, ...]) -> Exit:
    """Prints the servers that the provider of a mailbox publishes, with ports and encryption, and the user name.

    A password is known to nobody but its user, so none is printed.
    """
    from reconciler.cli.speak import out_style
    from reconciler.report.credentials_text import credentials_json, credentials_text

    app = current()
    kind, endpoints = run_async(_endpoints(app, config_paths(config), address))
    if app.json:
        app.envelope("credentials", **credentials_json(address, endpoints))
    else:
        rule = "netcup/N11" if kind == "mailbox" else None
        app.out(credentials_text(address, endpoints, out_style(app), rule=rule))
    return Exit.DONE


async def _endpoints(app: App, paths: list[Path], address: str) -> "tuple[Kind, Sequence[Endpoint]]":
    from reconciler.cli.session import open_session
    from reconciler.model.names import domain_of

    async with open_session(app, paths) as session:
        kind, provider = _provider(session, session.state.load().applied, address)
        return kind, session.readers.mail[provider].mail_settings(domain_of(address)).endpoints


def _provider(session: "Session", applied: "AppliedState", address: str) -> "tuple[Kind, str]":
    """What logs in with an address, and where, as declared or last applied; nobody has to be asked for that."""
    from reconciler.model.kinds import Kind
    from reconciler.model.resources import Alias, Team

    for kind in (Kind.MAILBOX, Kind.MEMBER):
        known = session.desired.of(kind).get(address) or applied.get(kind, address)
        if known is not None and known.provider in session.readers.mail:
            return kind, known.provider
    for team in session.desired.of(Kind.TEAM).values():
        if isinstance(team.resource, Team) and team.resource.master == address:
            return Kind.MEMBER, team.provider
    alias = session.desired.of(Kind.ALIAS).get(address) or applied.get(Kind.ALIAS, address)
    targets = alias.resource.to if alias is not None and isinstance(alias.resource, Alias) else ()
    raise _nobody_logs_in(session, address, targets)


def _nobody_logs_in(session: "Session", address: str, targets: Sequence[str]) -> Exception:
    from reconciler.cli.find import unknown
    from reconciler.model.diagnostic import Problem, problem
    from reconciler.model.kinds import Kind

    if not targets:
        return Problem(unknown(address, [*session.desired.of(Kind.MAILBOX), *session.desired.of(Kind.MEMBER)]))
    return Problem(
        problem(
            "alias-has-no-login",
            f"'{address}' is an alias, and nobody logs in with one",
            rule="netcup/N16",
            help=f"its mail is read in the mailbox it leads to: reconciler credentials {targets[0]}",
        )
    )
