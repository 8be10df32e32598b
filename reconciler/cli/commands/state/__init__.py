"""`state`: what the last runs left. Each command, or pair of commands, stands in a module of its own."""

from reconciler.cli.command import group
from reconciler.cli.commands.state.editing import mv, rm
from reconciler.cli.commands.state.history import history
from reconciler.cli.commands.state.locks import lock, unlock
from reconciler.cli.commands.state.looking import list_, show
from reconciler.cli.commands.state.migrating import migrate
from reconciler.cli.commands.state.rekeying import rekey
from reconciler.cli.commands.state.transfer import pull, push
from reconciler.cli.commands.state.verifying import verify


@group(
    "state",
    examples=[
        ("reconciler state list", "what is under management"),
        ("reconciler state show anna@example.org", "one of it, as the last run left it"),
        ("reconciler state mv instance:office instance:hq", "it is called otherwise now"),
        ("reconciler state pull --out copy.json", "a copy of it in one file"),
        ("reconciler state history", "what every run did, the latest first"),
        ("reconciler state lock", "who holds the lock, and how to take it away"),
    ],
)
def command() -> None:
    """The state is what was last applied. Commands here read or change it alone; no provider is asked.

    Those that change it hold its lock, as an apply does, and stand in its history.
    """


for _each in (list_, show, history, mv, rm, pull, push, verify, migrate, rekey, lock, unlock):
    command.add_command(_each)
