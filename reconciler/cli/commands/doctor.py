"""`doctor`: what is well, what settles itself, and what needs a person. It reads, and repairs nothing."""

from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, line_of, paths_argument
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.report.doctor_text import Examination


@make(
    "doctor",
    examples=[
        ("reconciler doctor", "after a run that died: what it was at, and what became of it"),
        ("reconciler doctor --format json", "the same, for a nightly job"),
    ],
    codes=exits(
        Exit.DONE,
        Exit.ERROR,
        done="nothing needs a person; what is left, if anything, the next apply settles",
        error="something needs a person",
    ),
)
@paths_argument
@config_option
def command(paths: tuple[str, ...], config: tuple[str, ...]) -> Exit:
    """Looks at the configuration, the state, its lock, journal, history and clock, and at each provider.

    For every write that was in flight when a run died it says what was intended, what the provider has now, and what
    that means. Nothing is written anywhere and no lock is taken: what it finds the next apply settles by itself, unless
    it is said to need a person. What is broken hides nothing that is not.
    """
    from reconciler.cli.examining import examine

    app = current()
    found = run_async(examine(app, config_paths(paths, config), line_of(app, "apply", paths, config)))
    _tell(app, found)
    return Exit.DONE if found.well else Exit.ERROR


def _tell(app: App, found: "Examination") -> None:
    from reconciler.cli.speak import diagnostics_as_text, out_style
    from reconciler.report.diagnostics_json import diagnostics_json
    from reconciler.report.doctor_text import doctor_json, doctor_text

    if app.json:
        app.envelope("doctor", **doctor_json(found), diagnostics=diagnostics_json(found.findings))
        return
    style = out_style(app)
    # what two checks found is told once, and a write in flight with all there is to it
    findings = [each for each in dict.fromkeys(found.findings) if each.id != "state-in-flight"]
    told = diagnostics_as_text(findings, app, style) if findings else ""
    app.out(doctor_text(found, told, style))
