"""Who may send as an alias, and what a catch-all can not be."""

from collections.abc import Collection, Iterator, Mapping

from reconciler.model.closest import closest
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, domain_of, is_catch_all, local_of
from reconciler.model.resources import Alias
from reconciler.model.source import Span


def check_senders(declarations: Mapping[Kind, Mapping[str, Declaration]], *, complete: bool) -> Iterator[Diagnostic]:
    """Find whoever may send as an alias and is no declared mailbox (netcup/N16), and catch-alls that let anybody send.

    Args:
        declarations: By kind and key.
        complete: Whether every file could be read: else a name may stand in the rest.
    """
    for address, declaration in declarations[Kind.ALIAS].items():
        senders = declaration.resource.send_as if isinstance(declaration.resource, Alias) else None
        if not senders:
            continue
        if is_catch_all(address):
            yield _catch_all_sends(address, declaration)
        elif complete:
            for sender in senders:
                if sender not in declarations[Kind.MAILBOX]:
                    yield _unknown_sender(address, sender, declaration, declarations)


def _catch_all_sends(address: str, declaration: Declaration) -> Diagnostic:
    return problem(
        "catch-all-sends",
        f"the catch-all '{address_label(address)}' gives nobody the right to send",
        at=declaration.origin.span("send_as"),
        why="it would be the right to send as every address of the domain that nobody has",
        help="leave `send_as` out, and declare an alias for each address that somebody sends as",
    )


def _unknown_sender(
    address: str, sender: str, declaration: Declaration, declarations: Mapping[Kind, Mapping[str, Declaration]]
) -> Diagnostic:
    mailboxes = declarations[Kind.MAILBOX]
    is_alias = sender in declarations[Kind.ALIAS]
    near = [local_of(each) for each in mailboxes if domain_of(each) == domain_of(sender)]
    meant = None if is_alias else closest(local_of(sender), near)
    return problem(
        "unknown-sender",
        f"the alias '{address_label(address)}' may be sent as by '{address_label(sender)}', which is "
        + ("an alias itself" if is_alias else "no declared mailbox"),
        at=declaration.origin.span("send_as"),
        rule="netcup/N16",
        why="whoever sends logs in, and nobody logs in with anything but a mailbox",
        help=f"did you mean `{address_label(f'{meant}@{domain_of(sender)}')}`?"
        if meant
        else "name a mailbox that is declared under `mailboxes:`",
    )


def catch_all_as_mailbox(mailboxes: Mapping[str, Declaration], domains: Collection[str]) -> Iterator[Diagnostic]:
    """Find mailboxes whose address is that of a catch-all, in the domains that have mailboxes."""
    for address in sorted(f"*@{domain}" for domain in domains):
        if address in mailboxes:
            yield problem(
                "catch-all-misplaced",
                f"'{address_label(address)}' can not be a mailbox: it stands for all addresses that nobody has",
                at=mailboxes[address].origin.span(),
                help=f'lead it to a mailbox: `aliases: {{"{address_label(address)}": info@{domain_of(address)}}}`',
            )


def leads_to_catch_all(address: str, target: str, at: Span) -> Diagnostic:
    """The diagnostic of an alias whose target is a catch-all."""
    return problem(
        "catch-all-misplaced",
        f"the alias '{address_label(address)}' leads to the catch-all '{address_label(target)}', which is no mailbox",
        at=at,
        rule="netcup/N16",
        help="name the mailbox that receives the mail of both",
    )
