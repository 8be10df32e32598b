"""Where a mailbox is, and who makes archives of it there."""

from collections.abc import Iterable, Iterator

from reconciler.cli.session import Session
from reconciler.model.closest import closest_key
from reconciler.model.diagnostic import Problem, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label
from reconciler.model.resources import Alias
from reconciler.providers.archive.archivist import Archivist, MakesBackups


async def archivist_of(session: Session, address: str) -> Archivist:
    """Return the archivist of the provider that has a mailbox: where it is declared, or last applied, or else found.

    Raises:
        Problem: `mailbox-not-there`, or `backup-not-possible` where its provider makes none.
        ProviderError: If a provider can not be read.
    """
    for name in dict.fromkeys(_likely(session, address)):
        if await session.readers.mail[name].look_up(Kind.MAILBOX, [address]):
            provider = session.providers[name]
            if provider.capabilities.makes_backups and isinstance(provider, MakesBackups):
                return provider.archivist()
            raise _not_possible(name, address)
    raise _not_there(session, address)


def _likely(session: Session, address: str) -> Iterator[str]:
    """The providers that may have a mailbox, the likeliest first."""
    readers = session.readers.mail
    for known in (
        session.desired.of(Kind.MAILBOX).get(address),
        session.state.load().applied.get(Kind.MAILBOX, address),
    ):
        if known is not None and known.provider in readers:
            yield known.provider
    yield from (name for name, reader in readers.items() if Kind.MAILBOX in reader.capabilities.kinds)


def _not_possible(name: str, address: str) -> Problem:
    return Problem(
        problem(
            "backup-not-possible",
            f"{name} can make no backup of mailbox {address_label(address)}, and restore none",
            why="its mail can not be reached from here",
            help=f"copy its mail by IMAP: reconciler credentials {address}",
        )
    )


def _not_there(session: Session, address: str) -> Problem:
    mailboxes, alias = session.desired.of(Kind.MAILBOX), session.desired.of(Kind.ALIAS).get(address)
    targets = alias.resource.to if alias is not None and isinstance(alias.resource, Alias) else ()
    return Problem(
        problem(
            "mailbox-not-there",
            f"no provider has a mailbox '{address_label(address)}'",
            help=_way(address, targets, mailboxes),
        )
    )


def _way(address: str, targets: tuple[str, ...], mailboxes: Iterable[str]) -> str:
    if targets:
        return f"it is an alias; its mail is in {address_label(targets[0])}"
    if address in mailboxes:
        return "it is declared: `reconciler apply` makes it"
    near = closest_key(address, mailboxes)
    return f"did you mean '{near}'?" if near else "declare it, and have it made with `reconciler apply`"
