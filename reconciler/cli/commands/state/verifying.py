"""`state verify`: everything that is stored is read and compared."""

from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.commands.state.common import store_of
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option

if TYPE_CHECKING:
    from reconciler.state.tending.verifying import Verified


@make(
    "verify",
    summary="read everything that is stored, and tell what is wrong with it",
    examples=[("reconciler state verify", "checksums, keys, and that all runs together give this state")],
    codes=exits(Exit.DONE, Exit.ERROR, done="nothing is wrong"),
)
@config_option
def verify(config: tuple[str, ...]) -> Exit:
    """Nothing is changed, no lock is taken, no provider is asked.

    Snapshot, journal, every folded journal and outcomes kept on this machine are read: checksums, what is sealed and
    for whom, that runs follow one another under a rising fence, and that all of them replayed from the first one give
    the state as it stands. What a crash leaves and the next run settles is told, and is nothing wrong.
    """
    from reconciler.state.tending.verifying import verify as verify_state

    app = current()
    verified = verify_state(store_of(app, config))
    _tell(app, verified)
    return Exit.DONE if verified.sound else Exit.ERROR


def _tell(app: App, verified: "Verified") -> None:
    from reconciler.cli.speak import diagnostics_as_text, out_style
    from reconciler.report.diagnostics_json import diagnostics_json
    from reconciler.report.layout import count

    if app.json:
        app.envelope(
            "state-verify",
            sound=verified.sound,
            place=verified.where,
            lineage=verified.lineage,
            serial=verified.serial,
            resources=verified.resources,
            runs=verified.runs,
            journals=verified.journals,
            encrypted=verified.sealed,
            findings=diagnostics_json(verified.findings),
        )
        return
    if verified.findings:
        app.out(diagnostics_as_text(verified.findings, app, out_style(app)))
    how = "encrypted" if verified.sealed else "in plain text"
    read = f"{count(verified.resources, 'resource')} of serial {verified.serial}, {count(verified.runs, 'run')}, {how}"
    app.out(f"{'sound' if verified.sound else 'not sound'}: {read}")
