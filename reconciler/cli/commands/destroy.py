"""`destroy`: delete everything under management."""

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


@make(
    "destroy",
    examples=[
        ("reconciler destroy", "what would go, and which consents that needs"),
        ("reconciler destroy --yes --allow-destroy mailbox:ben@example.org", "with one of them"),
    ],
    codes=exits(Exit.DONE, Exit.ERROR, Exit.REFUSED, Exit.PARTLY),
)
@paths_argument
@config_option
@yes_option
@consent_options
@lock_option
def command(
    paths: tuple[str, ...], config: tuple[str, ...], *, yes: bool, lock_timeout: float, **consents: tuple[str, ...]
) -> Exit:
    """Plans as if nothing were declared: all that was ever applied is deleted, alias first and instance last.

    What is not under management stays. Every guard and every consent is that of `apply`; what is protected has to be
    declared with `protect: false` and applied first.
    """
    from reconciler.cli.applying import Job, carry_out

    app = current()
    job = Job(
        name="destroy",
        line=line_of(app, "destroy", paths, config, yes=yes),
        paths=config_paths(paths, config),
        yes=yes,
        consents=consents_of(consents),
        wait=lock_timeout,
    )
    return run_async(carry_out(app, job))
