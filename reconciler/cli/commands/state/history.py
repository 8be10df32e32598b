"""`state history`: what every run did."""

import click

from reconciler.cli.app import current
from reconciler.cli.command import command as make
from reconciler.cli.commands.state.common import store_of
from reconciler.cli.complete import complete_key
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option


@make(
    "history",
    summary="tell what every run did, the latest first",
    examples=[
        ("reconciler state history", "the latest runs: who, when, what"),
        ("reconciler state history --run 7", "one of them with every step"),
        ("reconciler state history anna@example.org", "all that ever happened to one address"),
        ("reconciler state history --limit 100 --format json", "every step of the last hundred runs"),
    ],
)
@click.argument("key", metavar="[KEY]", required=False, shell_complete=complete_key)
@config_option
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=20,
    help="Tell so many runs at most. [default: 20]",
)
@click.option("--run", "serial", metavar="SERIAL", type=click.IntRange(min=1), help="Tell this run alone, in full.")
def history(key: str | None, config: tuple[str, ...], limit: int, serial: int | None) -> Exit:
    """Each run with who made it, from which pipeline, the plan's digest, and every step's values before and after.

    KEY is an address, a domain, a label or a record's name and type, also of a thing that is gone; `kind:KEY` for one
    kind alone. Of a password no more is known than its version. Times are UTC, by the clock of the machine that ran.
    No provider is asked.
    """
    from reconciler.cli.histories import tell_run, tell_runs, tell_thing

    if key is not None and serial is not None:
        raise click.UsageError("write a KEY or --run, not both")
    app = current()
    store = store_of(app, config)
    if serial is not None:
        tell_run(app, store, serial)
    elif key is not None:
        tell_thing(app, store, key, limit)
    else:
        tell_runs(app, store, limit)
    return Exit.DONE
