"""`apply`: carry out a plan."""

from reconciler.cli.app import current
from reconciler.cli.command import command as make
from reconciler.cli.command import exits
from reconciler.cli.exits import Exit
from reconciler.cli.options import (
    config_option,
    config_paths,
    consent_options,
    consents_of,
    line_of,
    lock_option,
    paths_argument,
    yes_option,
)
from reconciler.cli.running import run_async

CODES = exits(Exit.DONE, Exit.ERROR, Exit.STALE, Exit.REFUSED, Exit.PARTLY)


@make(
    "apply",
    examples=[
        ("reconciler apply", "plan, show it, ask, carry it out"),
        ("reconciler apply --yes", "without asking; guards still refuse"),
        ("reconciler apply plan.json", "carry out a saved plan, or refuse it as stale"),
        ("reconciler apply --allow-destroy mailbox:bob@example.org", "with consent to lose this mailbox's mail"),
    ],
    codes=CODES,
)
@paths_argument
@config_option
@yes_option
@consent_options
@lock_option
def command(
    paths: tuple[str, ...], config: tuple[str, ...], *, yes: bool, lock_timeout: float, **consents: tuple[str, ...]
) -> Exit:
    """Without a saved plan it makes one, shows it, asks, and carries it out.

    A saved plan, which is one argument that ends in .json, is approved by being named; its configuration is that of -c,
    or of the current folder. If state, configuration or a live resource has moved since, it is refused as stale.

    What loses data, costs money or moves mail is refused without a consent of its own; --yes gives none of them. Ctrl-C
    finishes what is in flight and stops; the next apply goes on from there.
    """
    from reconciler.cli.applying import Job, carry_out
    from reconciler.cli.plans import SealedPlan, read_saved, saved_plan

    app = current()
    path = saved_plan(app, paths)
    saved = read_saved(path) if path else None
    job = Job(
        name="apply",
        line=line_of(app, "apply", paths, config, yes=yes),
        again=line_of(app, "plan", ["--out", *paths], config),
        paths=config_paths(config) if path else config_paths(paths, config),
        saved=None if isinstance(saved, SealedPlan) else saved,
        sealed=saved if isinstance(saved, SealedPlan) else None,
        yes=yes,
        consents=consents_of(consents),
        wait=lock_timeout,
    )
    return run_async(carry_out(app, job))
