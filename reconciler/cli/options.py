"""Options and arguments that several commands share."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.app import App
from reconciler.cli.complete import complete_address, complete_consent, complete_domain, complete_kind

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]


if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:  # click before 8.2 has no type of types
    TextType = click.ParamType


class AddressType(TextType):
    """A mail address, as its key."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the form in which addresses are compared."""
        from reconciler.model.names import BadName, address_key

        try:
            return address_key(value)
        except BadName as bad:
            self.fail(str(bad), param, ctx)


class KindAndKey(TextType):
    """What a consent names: a kind, a colon, a key."""

    name = "kind:key"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it with its key as keys are compared: names as they are printed or typed mean the same thing."""
        from reconciler.model.kinds import Kind
        from reconciler.model.names import BadName, address_key, domain_key

        kind, colon, key = value.partition(":")
        if not colon or not key or kind not in Kind.__members__.values():
            self.fail(f"'{value}' is not KIND:KEY, such as mailbox:bob@example.org", param, ctx)
        try:
            if kind == Kind.DOMAIN:
                key = domain_key(key)
            elif kind in (Kind.MAILBOX, Kind.ALIAS, Kind.MEMBER):
                key = address_key(key)
        except BadName as bad:
            self.fail(str(bad), param, ctx)
        return f"{kind}:{key}"


class DomainType(TextType):
    """A domain name, as its key."""

    name = "domain"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the form in which domains are compared."""
        from reconciler.model.names import BadName, domain_key

        try:
            return domain_key(value)
        except BadName as bad:
            self.fail(str(bad), param, ctx)


class KindType(TextType):
    """A kind of resource."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, once it is a kind."""
        from reconciler.model.kinds import Kind

        if value not in Kind.__members__.values():
            self.fail(f"'{value}' is no kind; write one of {', '.join(Kind)}", param, ctx)
        return value


ADDRESS = AddressType()
DOMAIN = DomainType()
KIND_AND_KEY = KindAndKey()
_TYPES: dict[str, TextType] = {
    "KIND:KEY": KIND_AND_KEY,
    "DOMAIN": DOMAIN,
    "KIND": KindType(),
    "ADDRESS": ADDRESS,
}


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


def yes_option(function: Decorated) -> Decorated:
    """`-y/--yes`: approval."""
    return click.option(
        "-y", "--yes", is_flag=True, help="Approve the plan without being asked; no guard is lifted by it."
    )(function)


def consent_options(function: Decorated) -> Decorated:
    """One option for each consent; `--yes` grants none of them."""
    for name, (metavar, help_) in reversed(_CONSENTS.items()):
        option = click.option(
            f"--{name}",
            name.replace("-", "_"),
            metavar=metavar,
            type=_TYPES[metavar],
            multiple=True,
            shell_complete=_COMPLETIONS[metavar],
            help=help_,
        )
        function = option(function)
    return function


_CONSENTS = {
    "allow-destroy": ("KIND:KEY", "Consent to lose the data of this resource; exact, repeatable."),
    "allow-cost": ("KIND:KEY", "Consent to what this costs; exact, repeatable."),
    "allow-routing": ("DOMAIN", "Consent to another mail route of this domain; repeatable."),
    "allow-volume": ("KIND", "Consent to many deletions of this kind; repeatable."),
    "allow-orphan": ("ADDRESS", "Consent to leave postmaster or abuse without a recipient; repeatable."),
}


_COMPLETIONS = {
    "KIND:KEY": complete_consent, "DOMAIN": complete_domain, "KIND": complete_kind, "ADDRESS": complete_address,
}  # fmt: skip


def consents_of(given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The consents as a plan prints them, such as `--allow-destroy mailbox:bob@example.org`."""
    return tuple(f"--{name} {value}" for name in _CONSENTS for value in given.get(name.replace("-", "_"), ()))


def line_of(app: App, name: str, paths: Sequence[str], config: Sequence[str], *, yes: bool = False) -> str:
    """A command as it was typed, without consents, from where it was typed."""
    words = ["reconciler", *app.chdir_words, name, *paths, *(word for path in config for word in ("-c", path))]
    return shlex.join([*words, "--yes"] if yes else words)


def config_paths(*given: tuple[str, ...]) -> list[Path]:
    """The paths of the configuration, from arguments and `-c` alike; without any the current folder."""
    return [Path(each) for group in given for each in group] or [Path()]
