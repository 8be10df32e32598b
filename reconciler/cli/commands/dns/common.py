"""What the commands of dns share: the domains they are given, and addresses that are asked about."""

from collections.abc import Callable
from typing import Any

import click

from reconciler.cli.complete import complete_domain
from reconciler.cli.options import DOMAIN, Decorated, TextType


class ClientType(TextType):
    """The address of a client that delivers mail."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address in its usual form."""
        from ipaddress import ip_address

        try:
            return str(ip_address(value))
        except ValueError:
            self.fail(f"'{value}' is not an IP address, such as 192.0.2.25", param, ctx)


def clients_option(function: Decorated) -> Decorated:
    """`--from ADDRESS`: whether mail may come from there."""
    option: Callable[[Any], Any] = click.option(
        "--from",
        "clients",
        metavar="ADDRESS",
        multiple=True,
        type=ClientType(),
        help="Also say what SPF makes of mail from this address; repeatable.",
    )
    return option(function)  # type: ignore[no-any-return]


def domains_argument(function: Decorated) -> Decorated:
    """`DOMAIN…`: at least one."""
    argument: Callable[[Any], Any] = click.argument(
        "domains", metavar="DOMAIN...", nargs=-1, required=True, type=DOMAIN, shell_complete=complete_domain
    )
    return argument(function)  # type: ignore[no-any-return]
