"""`backup`: an archive of a mailbox, whole or not there at all."""

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
    from reconciler.providers.archive.manifest import Manifest


@make(
    "backup",
    examples=[
        ("reconciler backup ben@example.org --to archive/ben", "all that his mailbox holds, in a new folder"),
        ("reconciler backup ben@example.org --to ben --format json", "the same, for a program"),
    ],
)
@click.argument("address", type=ADDRESS, shell_complete=complete_mailbox)
@click.option(
    "--to",
    "target",
    metavar="FOLDER",
    required=True,
    type=click.Path(file_okay=False),
    help="The folder that the archive becomes; it must not be there yet.",
)
@config_option
def command(address: str, target: str, config: tuple[str, ...]) -> Exit:
    """An archive holds a mailbox's messages with their folders, contacts, appointments and sieve scripts.

    It is made beside its place and renamed when it is whole, so a run that was broken off leaves none. Only its owner
    can read it. Its manifest names every file with its size and SHA-256; the mailbox's password is not in it.

    A tombstone has one made before its mailbox is deleted: `backup: {to: FOLDER}` under `removed:`.
    """
    from reconciler.report.archive_text import backup_json, backup_text

    app = current()
    manifest = run_async(_back_up(app, config_paths(config), address, app.path(target)))
    if app.json:
        app.envelope("backup", **backup_json(target, manifest))
    else:
        app.out(backup_text(target, manifest))
    return Exit.DONE


async def _back_up(app: App, paths: list[Path], address: str, target: Path) -> "Manifest":
    from reconciler.cli.archiving import archivist_of
    from reconciler.cli.session import open_session

    async with open_session(app, paths) as session:
        return await (await archivist_of(session, address)).back_up(address, target)
