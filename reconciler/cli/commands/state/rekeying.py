"""`state rekey`: what is stored is sealed as the configuration says."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.state.common import approve, store_of
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, lock_option

if TYPE_CHECKING:
    from reconciler.state.tending.rekeying import Rekeyed


@make(
    "rekey",
    summary="encrypt the state as the configuration says, with a new key",
    examples=[
        ("reconciler state rekey", "after a change under `encryption:`"),
        ("reconciler state rekey --plaintext", "before `encryption:` is taken away"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.REFUSED, refused="nobody said yes; nothing was changed"),
)
@click.option("--plaintext", is_flag=True, help="Decrypt it instead; asks, or takes --yes.")
@config_option
@click.option("-y", "--yes", is_flag=True, help="Decrypt without being asked.")
@lock_option
def rekey(plaintext: bool, config: tuple[str, ...], yes: bool, lock_timeout: float) -> Exit:
    """Snapshot, journal and history are sealed anew, for the recipients and passphrases that are configured now.

    Whoever was taken off that list can not read what is written from now on; what they copied before, they have. Where
    a run of it was interrupted, run it again. A database or a bucket may keep old versions by itself: what stood there
    in plain text is gone only when those are.
    """
    from reconciler.cli.speak import tell_wait
    from reconciler.state.tending.rekeying import rekey as rekey_state

    app = current()
    store = store_of(app, config)
    if plaintext:
        app.say("everybody who gets at the state will be able to read all addresses and names in it")
        if not approve(app, yes=yes, again=["state", "rekey", "--plaintext"], config=config):
            return Exit.REFUSED
    done = rekey_state(store, plaintext=plaintext, wait=lock_timeout, on_wait=tell_wait(app))
    return _told(app, done, still=plaintext and store.encryption is not None)


def _told(app: App, done: "Rekeyed", *, still: bool) -> Exit:
    from reconciler.report.layout import count

    if app.json:
        app.envelope(
            "state-rekey",
            encrypted=done.sealed,
            before=done.before,
            recipients=done.recipients,
            passphrases=done.passphrases,
            serial=done.serial,
        )
        return Exit.DONE
    if done.sealed:
        whom = [(done.recipients, "recipient"), (done.passphrases, "passphrase")]
        app.out("encrypted with a new key, for " + " and ".join(count(*each) for each in whom if each[0]))
        return Exit.DONE
    app.out("the state is in plain text")
    if still:
        app.out("Now take `encryption:` away under `state:` in the root file; until then every run refuses this state.")
    return Exit.DONE
