"""`state migrate`: the state moves to another place."""

from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.commands.state.common import configured
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, lock_option

if TYPE_CHECKING:
    from reconciler.state.tending.migrating import Migrated


@make(
    "migrate",
    summary="move the state to another place",
    examples=[
        ("reconciler state migrate '{postgres: {dsn: {env: STATE_DSN}, name: mail}}'", "into a database"),
        ("reconciler state migrate 'local: other.json'", "into another file beside the root file"),
    ],
)
@click.argument("backend", metavar="BACKEND")
@click.option("--plaintext", is_flag=True, help="Let an encrypted state become one in plain text.")
@config_option
@lock_option
def migrate(backend: str, plaintext: bool, config: tuple[str, ...], lock_timeout: float) -> Exit:
    """BACKEND is what will stand under `state:`, in YAML, with `encryption:` where it is to be encrypted there.

    Resources, writes in flight and the whole history move. The place must be empty, or hold what an interrupted
    migration left: then it goes on. Only when everything was read again from there is the old place marked as moved:
    from then on, whoever still has the old configuration is refused.
    """
    from reconciler.cli.speak import tell_wait
    from reconciler.config.statetext import read_state_text
    from reconciler.state import open_state
    from reconciler.state.tending.migrating import migrate as migrate_state

    app = current()
    desired, source = configured(app, config)
    target = open_state(read_state_text(backend, "BACKEND", desired.root))
    done = migrate_state(source, target, plaintext=plaintext, wait=lock_timeout, on_wait=tell_wait(app))
    bared = source.encryption is None and target.encryption is not None
    return _told(app, done, _block(backend), bared=bared)


def _block(text: str) -> str:
    """The lines of the root file."""
    text = text.strip()
    if text.startswith("{"):
        return f"state: {text}"
    return "\n".join(["state:", *(f"  {line}" for line in text.splitlines())])


def _told(app: App, done: "Migrated", block: str, *, bared: bool) -> Exit:
    from reconciler.report.layout import count

    if app.json:
        app.envelope(
            "state-migrate",
            source=done.source,
            target=done.target,
            lineage=done.lineage,
            serial=done.serial,
            resources=done.resources,
            runs=done.runs,
            went_on=done.went_on,
            state=block,
        )
        return Exit.DONE
    if done.went_on:
        app.say(f"went on from {count(done.went_on, 'run')} that an earlier migration had brought there")
    app.out(
        f"moved {count(done.resources, 'resource')} and {count(done.runs, 'run')} of history\n"
        f"  from {done.source}\n  to   {done.target}\n\n"
        f"Write this into the root file, in the place of what stands under `state:`:\n\n{block}\n\n"
        f"The old place keeps its copy{' in plain text' if bared else ''}, which is refused from now on: "
        "delete it when nobody needs it any more."
    )
    return Exit.DONE
