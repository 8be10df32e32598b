"""What stays as it is although nobody would think so: restrictions whose line is gone from the files.

A field that is left open is never a change. For a login that was switched off, or a right to send that was given apart,
that is easily taken for the opposite, so the plan says it.
"""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.names import address_label
from reconciler.model.resources import Alias, Mailbox
from reconciler.plan.check.scene import Moment


def check_left_open(moment: Moment) -> Iterator[Diagnostic]:
    """Find managed restrictions that a declaration no longer speaks of."""
    for kind in (Kind.MAILBOX, Kind.ALIAS):
        for declaration, live in moment.meets(kind).differing:
            if _restricted(declaration, live) and moment.manages(declaration.provider, kind, live.resource.key):
                yield _login(declaration) if kind is Kind.MAILBOX else _senders(declaration, live)


def _restricted(declaration: Declaration, live: Live) -> bool:
    wanted, there = declaration.resource, live.resource
    if isinstance(wanted, Mailbox) and isinstance(there, Mailbox):
        return wanted.login is None and there.login is False
    if isinstance(wanted, Alias) and isinstance(there, Alias):
        return wanted.send_as is None and there.send_as is not None
    return False


def _login(declaration: Declaration) -> Diagnostic:
    return warning(
        "left-open",
        f"the login of mailbox {address_label(declaration.resource.key)} stays switched off",
        at=declaration.origin.span(),
        why="a field that is left open is never a change",
        help="to switch it on, write `login: true`; to leave it off, write `login: false`",
    )


def _senders(declaration: Declaration, live: Live) -> Diagnostic:
    senders = live.resource.send_as if isinstance(live.resource, Alias) else None
    named = ", ".join(map(address_label, senders or ())) or "nobody"
    return warning(
        "left-open",
        f"who may send as alias {address_label(declaration.resource.key)} stays as it is: {named}",
        at=declaration.origin.span(),
        why="a field that is left open is never a change",
        help="name them, or who receives its mail, as `send_as: [anna@example.org]`",
    )
