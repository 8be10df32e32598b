"""Options and arguments that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.complete import complete_consent, complete_domain

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]


def config_option(function: Decorated) -> Decorated:
    """`-c/--config PATH`, repeatable."""
    return click.option(
        "-c",
        "--config",
        metavar="PATH",
        multiple=True,
        type=click.Path(),
        help="File or folder of the configuration; repeatable. [default: the current folder]",
    )(function)


def paths_argument(function: Decorated) -> Decorated:
    """`[PATH…]`: files and folders of the configuration."""
    return click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())(function)


def lock_option(function: Decorated) -> Decorated:
    """`--lock-timeout`: how long to wait for another run."""
    return click.option(
        "--lock-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        default=0.0,
        help="Wait this long for another run to end. [default: 0]",
    )(function)


def consent_options(function: Decorated) -> Decorated:
    """One option for each consent; none of them is granted by `--yes`."""
    options = (
        click.option(
            "--allow-destroy",
            metavar="KIND:KEY",
            multiple=True,
            shell_complete=complete_consent,
            help="Consent to lose this resource's data; exact, repeatable.",
        ),
        click.option(
            "--allow-cost",
            metavar="KIND:KEY",
            multiple=True,
            shell_complete=complete_consent,
            help="Consent to what this costs; exact, repeatable.",
        ),
        click.option(
            "--allow-routing",
            metavar="DOMAIN",
            multiple=True,
            shell_complete=complete_domain,
            help="Consent to another mail route of this domain; repeatable.",
        ),
        click.option(
            "--allow-volume",
            metavar="KIND",
            multiple=True,
            help="Consent to many deletions of this kind; repeatable.",
        ),
        click.option(
            "--allow-orphan",
            metavar="ADDRESS",
            multiple=True,
            help="Consent to leave postmaster or abuse without a recipient; repeatable.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def config_paths(*given: tuple[str, ...]) -> list[Path]:
    """The paths of the configuration, from arguments and `-c` alike; without any the current folder."""
    return [Path(each) for group in given for each in group] or [Path()]
