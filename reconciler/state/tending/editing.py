"""`state mv` and `state rm`: what state calls a thing, and whether it knows it. No provider is asked or changed.

An edit is a value: the ends of a run, made from the state under lock, shown to whoever asks for it, and then added.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.model.diagnostic import Problem
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied
from reconciler.model.names import BadName, address_key
from reconciler.model.resources import Alias, Domain, Member, Resource, Team, make, with_fields
from reconciler.state.session import StateSession
from reconciler.state.tending import change_problems as problems
from reconciler.state.values import Ended, Intent

Known: TypeAlias = tuple[Kind, str]

#: What is written before the name of a provider's block.
PROVIDER = "provider"
_ADDRESSES = (Kind.MAILBOX, Kind.ALIAS, Kind.MEMBER)
_LABELS = (Kind.INSTANCE, Kind.TEAM)


@dataclass(frozen=True, slots=True)
class Change:
    """What one resource is to state before and after an edit.

    Attributes:
        before: As it is known.
        after: As it will be known; None where it is forgotten.
        follows: Whether it only names what moved.
    """

    before: Applied
    after: Applied | None
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes of state alone, in order.

    Attributes:
        changes: What becomes of each resource.
        acknowledged: Steps for a person that are done, under their new names, with the note.
    """

    changes: tuple[Change, ...]
    acknowledged: tuple[tuple[str, str], ...] = ()

    def ends(self) -> Iterator[Ended]:
        """Yield what the journal is told; what is known under another name is forgotten first."""
        for each in self.changes:
            old, new = each.before, each.after
            kind, key = old.resource.kind, old.resource.key
            moved = new is None or (new.provider, new.resource.key) != (old.provider, key)
            if moved:
                yield Ended(Action.FORGET, kind, key, old.provider, gone=True)
            if new is not None:
                said = f"was {kind} {key} at {old.provider}" if moved else ""
                yield Ended(Action.ADOPT, kind, new.resource.key, new.provider, applied=new, message=said)

    def carry_out(self, session: StateSession) -> None:
        """Add it to a run; durable with the next commit."""
        session.end(self.ends())
        for operation, note in self.acknowledged:
            session.acknowledge(operation, note)


def move(session: StateSession, source: str, dest: str, configured: Iterable[str]) -> Edit:
    """Return the edit by which what is known as SOURCE is known as DEST.

    Args:
        session: The state under lock.
        source: `provider:NAME`, or `kind:KEY`; a bare key where one kind alone has it.
        dest: The same; a bare key is of the source's kind.
        configured: The names of the configured providers.

    Raises:
        Problem: If there is no source, there is a destination, they are not of one kind, or a write is in flight.
    """
    if _head(source) == PROVIDER or _head(dest) == PROVIDER:
        if _head(source) != _head(dest):
            raise problems.not_one_thing(source, dest)
        return _rename_provider(session, _rest(source), _rest(dest), tuple(configured))
    kind, key = locate(session, source)
    wanted = _kind(dest)
    if wanted not in (None, kind):
        raise problems.not_one_thing(source, dest)
    return _rename(session, kind, key, _new_key(kind, key, dest if wanted is None else _rest(dest)))


def forget(session: StateSession, keys: Sequence[str]) -> Edit:
    """Return the edit by which resources are no longer known; the providers keep what they have.

    Args:
        session: The state under lock.
        keys: Each `KEY` or `kind:KEY`.

    Raises:
        Problem: If one is not known or protected, or a write to it is in flight.
    """
    found = list(dict.fromkeys(locate(session, each) for each in keys))
    held = {each: session.applied.resources[each] for each in found}
    guarded = [problems.protected(*each, _way_out(*each)) for each in found if held[each].remember.protect]
    if guarded:
        raise Problem(guarded)
    _settled(session, found, "forgetting it")
    return Edit(tuple(Change(applied, None) for applied in held.values()))


def locate(session: StateSession, text: str) -> Known:
    """Return what a person means by `KEY` or `kind:KEY`.

    Raises:
        Problem: `unknown-key` where there is none, `ambiguous-key` where two kinds have one.
    """
    kind = _kind(text)
    name = text if kind is None else _rest(text)
    resources = session.applied.resources
    found = [each for each in resources if kind in (None, each[0]) and each[1] in _spellings(each[0], name)]
    if not found:
        raise problems.unknown_key(text, name, (key for each, key in resources if kind in (None, each)))
    if len(found) > 1:
        raise problems.ambiguous(text, found)
    return found[0]


def _renamed(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _rename_provider(session: StateSession, old: str, new: str, configured: tuple[str, ...]) -> Edit:
    """A block under `providers:` was renamed: everything held at OLD is held at NEW."""
    resources = session.applied.resources
    holders = {each.provider for each in resources.values()}
    if old not in holders:
        raise problems.unknown_holder(old, sorted(holders))
    taken = sum(each.provider == new for each in resources.values())
    if taken:
        raise problems.move_taken(f"{PROVIDER}:{new}", f"{taken:,} resources are held there")
    if new not in configured:
        raise problems.not_configured(new, configured)
    _refuse([each for each in session.in_flight if each.provider in (old, new)], "moving it")
    moved = {place: each for place, each in resources.items() if each.provider == old}
    changes = tuple(Change(each, replace(each, provider=new)) for each in moved.values())
    left = [each for place, each in resources.items() if place not in moved and old in each.left]
    changes += tuple(Change(each, replace(each, left=_renamed(each.left, old, new))) for each in left)
    return Edit(changes, _steps(session, {place: place[1] for place in moved}))


def _rename(session: StateSession, kind: Kind, old: str, new: str) -> Edit:
    """A thing is called otherwise now; what names it follows."""
    resources = session.applied.resources
    rivals = _ADDRESSES if kind in _ADDRESSES else (kind,)
    for rival in rivals:
        if (rival, new) in resources:
            raise problems.move_taken(f"{rival}:{new}", f"a {rival} at {resources[rival, new].provider}")
    held = resources[kind, old]
    renamed = make(kind, new, held.resource.fields())
    changes = [Change(held, replace(held, resource=renamed))]
    for place, each in resources.items():
        followed = _following(each.resource, kind, old, new)
        if followed is not None and place != (kind, old):
            changes.append(Change(each, replace(each, resource=followed), follows=True))
    touched = [(each.before.resource.kind, each.before.resource.key) for each in changes]
    _settled(session, [*touched, *((rival, new) for rival in rivals)], "moving it")
    return Edit(tuple(changes), _steps(session, {(kind, old): new}))


def _following(resource: Resource, kind: Kind, old: str, new: str) -> Resource | None:
    """Return a resource that names what moved, naming it as it is called now; None for one that does not."""
    match resource:
        case Domain(instance=label) if kind is Kind.INSTANCE and label == old:
            return with_fields(resource, {"instance": new})
        case Member(team=label) if kind is Kind.TEAM and label == old:
            return with_fields(resource, {"team": new})
        case Team(master=address) if kind in _ADDRESSES and address == old:
            return with_fields(resource, {"master": new})
        case Alias(to=targets, send_as=senders) if kind in _ADDRESSES and old in (*targets, *(senders or ())):
            named = {"to": targets, "send_as": senders} if senders is not None else {"to": targets}
            return with_fields(resource, {name: _renamed_in(each, old, new) for name, each in named.items()})
    return None


def _renamed_in(addresses: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(sorted({new if each == old else each for each in addresses}))


def _new_key(kind: Kind, old: str, text: str) -> str:
    if kind in _LABELS:
        if not text.strip() or text != text.strip() or ":" in text:
            raise problems.bad_key(text, "a label is a word without a colon")
        return text
    if kind not in _ADDRESSES:
        raise problems.not_renamed(kind, old, text)
    try:
        return address_key(text)
    except BadName as bad:
        raise problems.bad_key(text, str(bad)) from None


def _steps(session: StateSession, moved: dict[Known, str]) -> tuple[tuple[str, str], ...]:
    """Return what a person said is done of what moved, under its new name: to forget the old one clears it."""
    done = session.applied.acknowledged
    return tuple(
        (f"{Action.OPERATOR} {kind} {new}", done[step])
        for (kind, old), new in moved.items()
        if (step := f"{Action.OPERATOR} {kind} {old}") in done
    )


def _settled(session: StateSession, touched: Iterable[Known], what: str) -> None:
    places = set(touched)
    _refuse([each for each in session.in_flight if (each.kind, each.key) in places], what)


def _refuse(flying: Sequence[Intent], what: str) -> None:
    if flying:
        raise problems.in_flight(flying, what)


def _way_out(kind: Kind, key: str) -> str:
    if kind is Kind.RECORD:
        return "take the protection away in the files, run reconciler apply, then forget it"
    return f"declare the {kind} '{key}' with `protect: false`, run reconciler apply, then forget it"


def _head(text: str) -> str:
    return text.partition(":")[0] if ":" in text else ""


def _rest(text: str) -> str:
    return text.partition(":")[2]


def _kind(text: str) -> Kind | None:
    head = _head(text)
    return Kind(head) if head in Kind.__members__.values() else None


def _spellings(kind: Kind, name: str) -> tuple[str, ...]:
    if kind in _ADDRESSES:
        try:
            return name, address_key(name)
        except BadName:
            return (name,)
    return name, name.lower()
