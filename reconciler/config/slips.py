"""What can be read and still can not be meant: a password file for two people, a quota without its unit."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.config.entries import Context
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.resources import Mailbox
from reconciler.model.secrets import SecretSource
from reconciler.model.sizes import format_size

_SHOWN: Final = 9  # other places named beside the first one
_TINY: Final = 1_000_000  # bytes: less than one message with a picture


def check_slips(declarations: Mapping[Kind, Mapping[str, Declaration]], context: Context) -> None:
    """Note what is most likely a slip of the hand."""
    context.problems += _shared_passwords(declarations)
    context.warnings += _tiny_quotas(declarations[Kind.MAILBOX].values())


def _shared_passwords(declarations: Mapping[Kind, Mapping[str, Declaration]]) -> Iterator[Diagnostic]:
    """A password is generated once for each file: two who name the same file would have the same password."""
    first: dict[str, Declaration] = {}
    again: dict[str, list[Declaration]] = {}
    for kind in (Kind.MAILBOX, Kind.MEMBER):
        for declaration in declarations[kind].values():
            password = declaration.password
            if password is not None and password.source is SecretSource.GENERATE:
                path = password.argument[0]
                if first.setdefault(path, declaration) is not declaration:
                    again.setdefault(path, []).append(declaration)
    for path, others in again.items():
        one, other = first[path].resource, others[0].resource
        yield problem(
            "password-shared",
            f"{one.kind} '{one.key}' and {other.kind} '{other.key}' would have the same password",
            at=others[0].origin.span(of_key=True),
            label="generated into the same file",
            also=tuple(Label(each.origin.span(of_key=True), "as here") for each in (first[path], *others[1:_SHOWN])),
            why="what is generated into a file is the password of everyone who names that file",
            help=f"name a file for each, such as `password: {{generate: {{to: secrets/{other.key}}}}}`",
        )


def _tiny_quotas(mailboxes: Iterable[Declaration]) -> Iterator[Diagnostic]:
    """A bare number counts bytes, which nobody means by `quota: 5`."""
    for declaration in mailboxes:
        mailbox = declaration.resource
        if isinstance(mailbox, Mailbox) and mailbox.quota is not None and mailbox.quota < _TINY:
            yield warning(
                "quota-tiny",
                f"the quota of mailbox '{mailbox.key}' is {format_size(mailbox.quota)}: hardly a message fits in",
                at=declaration.origin.span("quota"),
                why="a number without a unit counts bytes, and 0 does not mean unlimited",
                help="write the unit: quota: 5 GB",
            )
