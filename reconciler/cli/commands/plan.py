"""`plan`: what apply would do. It reads, and writes nothing but the file named by `--out`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, line_of, paths_argument
from reconciler.cli.plans import SUFFIX, encryption_of_plan, refuse_to_overwrite, write_plan
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.plan.document import Plan


@make(
    "plan",
    examples=[
        ("reconciler plan", "what would be done, and why in that order"),
        ("reconciler plan --out plan.json", "keep it, to be reviewed and applied as it is"),
        ("reconciler plan --out plan.json --encrypt", "the same, for the state's recipients alone"),
        ("reconciler plan --why mail/", "with the rule behind each step's place"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.CHANGES, done="nothing to do"),
)
@paths_argument
@config_option
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the plan to this file, whose name ends in .json.",
)
@click.option(
    "--encrypt/--no-encrypt",
    default=None,
    help="Encrypt that file for those who can read the state; done without asking where the state is encrypted.",
)
@click.option("--why", is_flag=True, help="Below each step, what it waits for and by which rule.")
@click.option("--full", is_flag=True, help="Name every step and every unmanaged resource, however many.")
def command(
    paths: tuple[str, ...], config: tuple[str, ...], out: str | None, *, encrypt: bool | None, why: bool, full: bool
) -> Exit:
    """Compares what the files say, what the providers have, and what was last applied.

    A resource that someone else changed is told apart from one whose declaration changed. Nothing is written but the
    file named by --out: no state, no lock, nothing at a provider.
    """
    app = current()
    if out is not None and not out.endswith(SUFFIX):  # else it would be read as a configuration, or overwrite one
        named = Path(out).with_suffix(SUFFIX)
        raise click.BadParameter(f"the name of a saved plan ends in {SUFFIX}: --out {named}", param_hint="'--out'")
    if out is None and encrypt is not None:
        raise click.UsageError("--encrypt and --no-encrypt say how a plan is saved: add --out plan.json")
    made = run_async(_plan(app, config_paths(paths, config), out, encrypt))
    if app.json:
        from reconciler.plan.wire import encode

        app.out(encode(made).decode())
    else:
        _show(app, made, _apply_line(app, paths, config, out), why=why, full=full)
    return Exit.DONE if made.empty else Exit.CHANGES


async def _plan(app: App, paths: list[Path], out: str | None, encrypt: bool | None) -> "Plan":
    from reconciler.cli.session import open_session

    async with open_session(app, paths) as session:
        if out is None:
            return await _made(app, session)
        configured = session.desired.state.encryption
        encryption = encryption_of_plan(configured, encrypt)
        refuse_to_overwrite(app.path(out), out, configured)
        made = await _made(app, session)
        write_plan(app.path(out), made, encryption)
        app.say(f"wrote {out}" if encryption is None else f"wrote {out}, encrypted")
        return made


async def _made(app: App, session: "Session") -> "Plan":
    from reconciler.cli.homecoming import mention
    from reconciler.cli.session import plan_of, previewed, read_scene

    scene = await read_scene(session)
    mention(app, session.state, scene.loaded)
    return await previewed(session, scene, plan_of(session, scene))


def _show(app: App, made: "Plan", line: str, *, why: bool, full: bool) -> None:
    from reconciler.cli.speak import out_style
    from reconciler.report.plan_text import plan_text

    app.out(plan_text(made, out_style(app), command=line, full=full or app.verbosity > 0, reasons=why))


def _apply_line(app: App, paths: tuple[str, ...], config: tuple[str, ...], out: str | None) -> str:
    """What is typed to carry the plan out."""
    if out is None:
        return line_of(app, "apply", paths, config)
    return line_of(app, "apply", [out], (*paths, *config))
