"""Passwords that are to be set again, and are nowhere to be found."""

from collections.abc import Iterator

from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label
from reconciler.plan.check.scene import Moment
from reconciler.plan.document import raises_password


def check_passwords(moment: Moment) -> Iterator[Diagnostic]:
    """Find raised password versions without a password: state would remember a version that was never set."""
    for key, declaration in moment.scene.desired.of(Kind.MAILBOX).items():
        version = declaration.remember.password_version
        if version is None or declaration.password is not None:
            continue
        past = moment.applied.get(Kind.MAILBOX, key)
        if past is not None and raises_password(past.remember.password_version, version):
            yield problem(
                "password-missing",
                f"the password of mailbox {address_label(key)} is to be set again, but none is declared",
                at=declaration.origin.span("password_version"),
                rule="netcup/N9",
                help="declare where it is, such as `password: {file: …}`, or put the old `password_version` back",
            )
