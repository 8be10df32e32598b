"""`completion`: the script that makes a shell complete commands, options, addresses and ids."""

import click

from reconciler.cli.app import current
from reconciler.cli.command import command as make
from reconciler.cli.exits import Exit
from reconciler.cli.main import COMPLETE, cli


@make(
    "completion",
    examples=[
        ('eval "$(reconciler completion bash)"', "in ~/.bashrc"),
        ('eval "$(reconciler completion zsh)"', "in ~/.zshrc"),
        ("reconciler completion fish | source", "in ~/.config/fish/config.fish"),
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> Exit:
    """Addresses, domains, instances, teams and operations are completed from the configuration of the folder."""
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    assert maker is not None, "click knows the three shells"
    script = maker(cli, {}, "reconciler", COMPLETE).source()
    app = current()
    if app.json:
        app.envelope("completion", shell=shell, script=script)
    else:
        app.out(script)
    return Exit.DONE
