"""What the commands of dns share: the domains they are given."""

from collections.abc import Callable
from typing import Any

import click

from reconciler.cli.complete import complete_domain
from reconciler.cli.options import DOMAIN, Decorated


def domains_argument(function: Decorated) -> Decorated:
    """`DOMAIN…`: at least one."""
    argument: Callable[[Any], Any] = click.argument(
        "domains", metavar="DOMAIN...", nargs=-1, required=True, type=DOMAIN, shell_complete=complete_domain
    )
    return argument(function)  # type: ignore[no-any-return]
