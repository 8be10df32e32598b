"""`ack`: a person says that a step for a person is done."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_operation
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, lock_option
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.plan.document import Operation, Plan


@make(
    "ack",
    examples=[
        ('reconciler ack "operator member ben@mailbox.org"', "the support ticket was answered"),
        ('reconciler ack "operator member ben@mailbox.org" --note "ticket 4711"', "with a note that state keeps"),
    ],
)
@click.argument("operation", metavar="OPERATION", shell_complete=complete_operation)
@config_option
@click.option("--note", metavar="TEXT", default="", help="Kept in the state beside it.")
@lock_option
def command(operation: str, config: tuple[str, ...], note: str, lock_timeout: float) -> Exit:
    """OPERATION is the id of a step of the current plan that a person does, as `plan` prints it.

    The state keeps it. The next apply looks whether the provider shows the step's effect, and goes on from there.
    """
    app = current()
    done = run_async(_ack(app, config_paths(config), operation, note, lock_timeout))
    if app.json:
        app.envelope("ack", operation=done.id, note=note)
    else:
        app.out(f"acknowledged: {done.id}")
        app.say("the next apply looks whether it has had its effect")
    return Exit.DONE


async def _ack(app: App, paths: list[Path], operation: str, note: str, wait: float) -> "Operation":
    from reconciler.cli.homecoming import bring_home
    from reconciler.cli.session import open_session, plan_of, read_scene
    from reconciler.cli.speak import tell_wait
    from reconciler.model.diagnostic import Problem
    from reconciler.state import Loaded

    async with open_session(app, paths) as session:
        with session.state.acquire("ack", wait=wait, on_wait=tell_wait(app)) as held:
            bring_home(app, session.state, held)
            scene = await read_scene(session, Loaded(held.applied, held.in_flight))
            plan = plan_of(session, scene)
            found = next((each for each in plan.operations if each.id == operation), None)
            if found is None or found.action != "operator":
                raise Problem(_refusal(operation, found, plan))
            held.acknowledge(found.id, note)
            return found


def _refusal(operation: str, found: "Operation | None", plan: "Plan") -> "Diagnostic":
    from reconciler.model.closest import closest_key
    from reconciler.model.diagnostic import problem

    if found is not None:
        return problem(
            "ack-not-for-a-person",
            f"'{operation}' is not a step for a person: an apply carries it out",
            help="reconciler apply",
        )
    waiting = [each.id for each in plan.operations if each.action == "operator"]
    near = closest_key(operation, waiting, cutoff=0.5)
    if near:
        way = f'did you mean: reconciler ack "{near}"'
    elif waiting:
        way = "the plan waits for: " + ", ".join(waiting)
    else:
        way = "no step of it waits for a person; see them all: reconciler plan"
    return problem("ack-unknown", f"the plan has no step '{operation}'", help=way)
