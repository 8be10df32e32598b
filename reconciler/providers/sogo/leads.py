"""Where aliases lead that none could be made to lead to: nowhere, elsewhere, to each other (netcup/N16, N17)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.names import domain_of
from reconciler.model.resources import Alias, Domain
from reconciler.providers.reader import Oddity


@dataclass(frozen=True)
class _Known:
    """What there is: where each alias leads, mailboxes, and the instance of each domain."""

    aliases: dict[str, tuple[str, ...]]
    boxes: frozenset[str]
    homes: dict[str, str | None]


def astray(lives: Iterable[Live], *, external: bool) -> Iterator[Oddity]:
    """Yield what is odd about each alias, the first of it.

    Args:
        lives: Everything that was listed.
        external: Whether an alias may lead elsewhere.
    """
    known = _known(lives)
    for key, to in sorted(known.aliases.items()):
        said = next((said for target in to if (said := _target(key, target, known, external=external))), None)
        if said is not None:
            yield said


def _known(lives: Iterable[Live]) -> _Known:
    aliases: dict[str, tuple[str, ...]] = {}
    boxes: set[str] = set()
    homes: dict[str, str | None] = {}
    for live in lives:
        match live.resource:
            case Alias() as alias:
                aliases[alias.key] = alias.to
            case Domain() as domain:
                homes[domain.key] = domain.instance
            case resource if resource.kind is Kind.MAILBOX:
                boxes.add(resource.key)
    return _Known(aliases, frozenset(boxes), homes)


def _target(key: str, target: str, known: _Known, *, external: bool) -> Oddity | None:
    if target in known.aliases:
        return _alias(key, target, known)
    home = domain_of(target)
    if target not in known.boxes:
        return _nobody(key, target, hosted=home in known.homes, external=external)
    own, other = known.homes.get(domain_of(key)), known.homes.get(home)
    if own == other:
        return None
    return _not_expressible(key, f"alias {key} of instance {own} leads to {target} of instance {other}")


def _alias(key: str, target: str, known: _Known) -> Oddity:
    if _leads_to(target, key, known.aliases):
        said = f"mail to alias {key} goes round: it leads to {target}, and that leads back"
        return Oddity("groupware-alias-loop", said, "lead one of them to a mailbox", Kind.ALIAS, key)
    said = f"alias {key} leads to {target}, which is an alias itself"
    return _not_expressible(key, said, "declare it with the mailboxes that are behind it")


def _nobody(key: str, target: str, *, hosted: bool, external: bool) -> Oddity | None:
    if hosted:
        said = f"alias {key} leads to {target}, which is not there: mail to it is refused"
        return Oddity("groupware-alias-of-nothing", said, "lead it elsewhere, or delete it", Kind.ALIAS, key)
    if external:
        return None
    said = f"alias {key} leads to {target}, which is elsewhere"
    return _not_expressible(key, said, "set `external_targets: true` at the provider to declare such")


def _not_expressible(key: str, said: str, help_: str | None = None) -> Oddity:
    return Oddity("groupware-not-expressible", said, help_, Kind.ALIAS, key)


def _leads_to(start: str, end: str, aliases: dict[str, tuple[str, ...]]) -> bool:
    """Whether mail to one alias comes to another."""
    seen, todo = {start}, [start]
    while todo:
        for each in aliases[todo.pop()]:
            if each == end:
                return True
            if each in aliases and each not in seen:
                seen.add(each)
                todo.append(each)
    return False
