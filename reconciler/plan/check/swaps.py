"""Exchanges: two addresses, or two owners, that trade places in one plan.

An address can not be renamed (netcup/N9), so exchanging a mailbox's address with that of its alias would delete the
mailbox with its mail. That is never what is meant; the way out takes two applies, in which the mail can be copied.
"""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_of, local_of
from reconciler.model.resources import Alias, Mailbox
from reconciler.plan.check.scene import Moment


def check_swaps(moment: Moment) -> Iterator[Diagnostic]:
    """Find a mailbox and its alias that exchange addresses, and mailboxes that exchange owners."""
    yield from _address_swaps(moment)
    yield from _owner_swaps(moment)


def _address_swaps(moment: Moment) -> Iterator[Diagnostic]:
    mailboxes = moment.scene.desired.of(Kind.MAILBOX)
    for declaration in moment.meets(Kind.ALIAS).created:
        key = declaration.resource.key
        if moment.actual.get(declaration.provider, Kind.MAILBOX, key) is None:
            continue
        targets = declaration.resource.to if isinstance(declaration.resource, Alias) else ()
        for target in targets:
            was = moment.actual.get(declaration.provider, Kind.ALIAS, target)
            if target in mailboxes and was is not None and isinstance(was.resource, Alias) and key in was.resource.to:
                yield _swap(key, target, declaration, mailboxes[target])


def _swap(key: str, target: str, alias: Declaration, mailbox: Declaration) -> Diagnostic:
    old, new = address_label(key), address_label(target)
    spare = address_label(f"{local_of(target)}-new@{domain_of(target)}")
    return problem(
        "address-swap",
        f"mailbox {old} and its alias {new} exchange addresses: {old} → {new} → {old} is a cycle",
        at=alias.origin.span("to"),
        also=[Label(mailbox.origin.span(), f"{new}, now an alias of {old}, becomes the mailbox")],
        rule="netcup/N9",
        why=f"an address can not be renamed, so all mail of {old} would be deleted with it, and each address is "
        "released before it is claimed again (netcup/N14)",
        help=f"go through a temporary address: 1. apply with a new mailbox {spare} beside both, and copy the mail; "
        f"2. apply with {old} removed by a tombstone and as an alias of {spare}, and {new} as the mailbox; "
        f"3. copy the mail to {new}, lead {old} to it, and remove {spare}",
    )


def _owner_swaps(moment: Moment) -> Iterator[Diagnostic]:
    waiting: dict[tuple[str, str, str], list[Declaration]] = {}
    # By address, so that which two of several are named does not depend on the order of the files.
    for declaration, live in sorted(moment.meets(Kind.MAILBOX).differing, key=lambda pair: pair[0].resource.key):
        if not isinstance(live.resource, Mailbox) or not isinstance(declaration.resource, Mailbox):
            continue
        was, will = live.resource.owner, declaration.resource.owner
        if was is None or will is None or was == will:
            continue
        others = waiting.get((declaration.provider, will, was))
        if others:
            yield _owners(others.pop(), declaration, was, will)
        else:
            waiting.setdefault((declaration.provider, was, will), []).append(declaration)


def _owners(first: Declaration, second: Declaration, was: str, will: str) -> Diagnostic:
    one, two = address_label(first.resource.key), address_label(second.resource.key)
    return warning(
        "owner-swap",
        f"mailboxes {one} and {two} exchange their owners {will} and {was}; their mail stays with the addresses",
        at=second.origin.span("owner"),
        also=[Label(first.origin.span("owner"), f"{one} goes to {was}")],
        rule="netcup/N15",
        help="if the people keep their mail, leave the owners and exchange aliases instead",
    )
