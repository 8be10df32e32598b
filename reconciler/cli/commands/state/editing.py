"""`state mv` and `state rm`: what state calls a thing, and whether it knows it."""

import shlex
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.state.common import approve, configured, tell_homecomings
from reconciler.cli.complete import complete_key
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, lock_option

if TYPE_CHECKING:
    from reconciler.state.tending.editing import Edit


@make(
    "mv",
    summary="tell state that a thing is called otherwise now",
    examples=[
        ("reconciler state mv provider:groupware provider:netcup", "a block under providers: was renamed"),
        ("reconciler state mv instance:office instance:hq", "an instance has a new label"),
        ("reconciler state mv mailbox:ann@example.org mailbox:anna@example.org", "renamed in the provider's own panel"),
    ],
)
@click.argument("source", metavar="SOURCE", shell_complete=complete_key)
@click.argument("dest", metavar="DEST")
@config_option
@lock_option
def mv(source: str, dest: str, config: tuple[str, ...], lock_timeout: float) -> Exit:
    """SOURCE and DEST are both `provider:NAME` or both `kind:KEY`. Only the state changes; no provider is asked.

    Of what moved, the provider's id, its protection and the version of its password stay known, and what names it
    follows: the domains of an instance, the members of a team, the aliases of a mailbox. Rename it in the files too.

    An instance, a team or an address whose provider knows it under the old name has to be renamed there too: else the
    next plan creates the new one and lists the old one as unmanaged. Domains and records can not be moved, as one with
    another name is another one.
    """
    from reconciler.cli.speak import out_style, tell_wait
    from reconciler.report.state_edit_text import edit_json, edit_text
    from reconciler.state.tending.editing import move
    from reconciler.state.tending.rewriting import rewriting

    app = current()
    desired, store = configured(app, config)
    with rewriting(store, "state mv", wait=lock_timeout, on_wait=tell_wait(app)) as session:
        tell_homecomings(app, session)
        edit = move(session, source, dest, desired.providers)
        edit.carry_out(session)
    if app.json:
        app.envelope("state-mv", changes=edit_json(edit), serial=session.applied.serial)
    else:
        app.out(edit_text(edit, out_style(app)))
    return Exit.DONE


@make(
    "rm",
    summary="forget resources, which their providers keep",
    examples=[
        ("reconciler state rm anna@example.org", "shows what is forgotten, and asks"),
        ("reconciler state rm --yes 'record:example.org MX'", "without being asked"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.REFUSED, refused="nobody said yes; nothing was changed"),
)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=complete_key)
@config_option
@click.option("-y", "--yes", is_flag=True, help="Forget without being asked.")
@lock_option
def rm(keys: tuple[str, ...], config: tuple[str, ...], yes: bool, lock_timeout: float) -> Exit:
    """What is forgotten is left alone from then on: no plan changes or deletes it, unless the files still declare it.

    What they declare is adopted again by the next apply. A protected resource is not forgotten: its protection has to
    be taken away first, in an apply of its own. All are forgotten in one run, or none.
    """
    from reconciler.cli.speak import out_style, tell_wait
    from reconciler.report.state_edit_text import edit_text
    from reconciler.state.tending.editing import forget
    from reconciler.state.tending.rewriting import rewriting

    app = current()
    _, store = configured(app, config)
    with rewriting(store, "state rm", wait=lock_timeout, on_wait=tell_wait(app)) as session:
        tell_homecomings(app, session)
        edit = forget(session, keys)
        if not app.json:
            app.out(edit_text(edit, out_style(app)))
        if not approve(app, yes=yes, again=["state", "rm", *keys], config=config):
            return Exit.REFUSED
        edit.carry_out(session)
    return _forgotten(app, edit, session.applied.serial)


def _forgotten(app: App, edit: "Edit", serial: int) -> Exit:
    from reconciler.report.layout import count
    from reconciler.report.state_edit_text import edit_json

    if app.json:
        app.envelope("state-rm", changes=edit_json(edit), serial=serial)
        return Exit.DONE
    app.out(f"forgot {count(len(edit.changes), 'resource')}")
    again = shlex.join(["reconciler", *app.chdir_words, "plan"])
    app.say(f"what the files still declare is adopted again; see: {again}")
    return Exit.DONE
