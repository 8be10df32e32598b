"""`state list` and `state show`: what was last applied."""

import click

from reconciler.cli.app import current
from reconciler.cli.command import command as make
from reconciler.cli.commands.state.common import find, store_of
from reconciler.cli.complete import complete_key
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option


@make(
    "list", summary="list what was last applied", examples=[("reconciler state list", "every resource, and the lock")]
)
@config_option
def list_(config: tuple[str, ...]) -> Exit:
    """By kind and key, with the provider's own id of each."""
    import time

    from reconciler.cli.locking import standing
    from reconciler.cli.speak import out_style
    from reconciler.report.lock_text import lock_json, lock_text
    from reconciler.report.state_text import state_list_json, state_list_text

    app = current()
    loaded = store_of(app, config).load()
    now = time.time()
    lock = loaded.lock, standing(loaded.lock, now), now
    if app.json:
        waiting = [intent.operation for intent in loaded.in_flight]
        app.envelope("state-list", **state_list_json(loaded.applied), lock=lock_json(*lock), in_flight=waiting)
        return Exit.DONE
    style = out_style(app)
    app.out(state_list_text(loaded.applied, style))
    for intent in loaded.in_flight:
        app.out(style.warn("in flight") + f": {intent.operation}; the next run finds out what became of it")
    if loaded.lock is not None:
        app.out(lock_text(*lock, style))
    return Exit.DONE


@make(
    "show",
    summary="show one resource as it was last applied",
    examples=[
        ("reconciler state show anna@example.org", "a mailbox"),
        ('reconciler state show "record:example.org MX"', "a record"),
    ],
)
@click.argument("key", metavar="KEY", shell_complete=complete_key)
@config_option
def show(key: str, config: tuple[str, ...]) -> Exit:
    """KEY is an address, a domain, a label or a record's name and type; `kind:KEY` where two kinds have the same."""
    from reconciler.cli.speak import out_style
    from reconciler.report.state_text import state_show_json, state_show_text

    app = current()
    found = find(store_of(app, config).load().applied, key)
    if app.json:
        app.envelope("state-show", **state_show_json(found))
    else:
        app.out(state_show_text(found, out_style(app)))
    return Exit.DONE
