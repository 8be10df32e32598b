"""`restore`: what an archive holds, back into a mailbox that is there."""

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
    from reconciler.providers.archive.archivist import Restored
    from reconciler.providers.archive.manifest import Manifest


@make(
    "restore",
    examples=[
        ("reconciler restore archive/bob", "into the mailbox that the archive is of"),
        ("reconciler restore archive/bob --as carla@example.org", "into another one"),
    ],
)
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False))
@click.option(
    "--as",
    "address",
    metavar="ADDRESS",
    type=ADDRESS,
    shell_complete=complete_mailbox,
    help="Into this mailbox. [default: the archive's own]",
)
@config_option
def command(folder: str, address: str | None, config: tuple[str, ...]) -> Exit:
    """The mailbox must be there: declare it and have it made with `reconciler apply` first. What it holds stays.

    Every file of the archive is held to its manifest before anything is restored; one that is missing or changed ends
    it there. Whose mailbox it was, its quota and its aliases stand in the manifest, and are yours to declare.
    """
    from reconciler.report.archive_text import restore_json, restore_text

    app = current()
    manifest, into, restored = run_async(_restore(app, config_paths(config), app.path(folder), address))
    if app.json:
        app.envelope("restore", **restore_json(folder, manifest, into, restored))
    else:
        app.out(restore_text(folder, manifest, into, restored))
    return Exit.DONE


async def _restore(app: App, paths: list[Path], folder: Path, address: str | None) -> "tuple[Manifest, str, Restored]":
    from reconciler.cli.archiving import archivist_of
    from reconciler.cli.session import open_session
    from reconciler.providers.archive.manifest import verify

    manifest = verify(folder)
    into = address or manifest.address
    async with open_session(app, paths) as session:
        return manifest, into, await (await archivist_of(session, into)).restore(folder, into)
