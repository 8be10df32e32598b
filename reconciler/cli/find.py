"""Finding what a person means by a key: which kind it is, and what each side knows of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.closest import closest_key
from reconciler.model.desired import Declaration, Desired
from reconciler.model.diagnostic import Diagnostic, Problem, problem
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState, Inventory, Live
from reconciler.model.names import BadName, address_key, domain_key
from reconciler.model.resources import Resource
from reconciler.report.sides_text import Sides


@dataclass(frozen=True, slots=True)
class Found:
    """One resource, as each side knows it."""

    kind: Kind
    key: str
    declaration: Declaration | None
    live: Live | None
    applied: Applied | None
    provider: str

    @property
    def resource(self) -> Resource:
        """The resource: live where it is, else as declared, else as last applied."""
        for side in (self.live, self.declaration, self.applied):
            if side is not None:
                return side.resource
        raise AssertionError("something that is found is on one side at least")

    @property
    def sides(self) -> Sides:
        """Its three sides."""
        return Sides(*(None if each is None else each.resource for each in (self.declaration, self.live, self.applied)))

    @property
    def declared_at(self) -> str | None:
        """Where it is declared."""
        return None if self.declaration is None else str(self.declaration.origin.span())

    @property
    def managed(self) -> bool:
        """Whether it is declared or was left by a run."""
        return self.declaration is not None or self.applied is not None


def find(text: str, desired: Desired, actual: Inventory, applied: AppliedState) -> Found:
    """Return the resource a person names, as `KEY` or `kind:KEY`.

    Raises:
        Problem: `unknown-key` where there is none, `ambiguous-key` where two kinds have one.
    """
    wanted, name = split(text)
    found = [
        each
        for kind in Kind
        if wanted in (None, kind)
        for each in _look(kind, key_of(kind, name), desired, actual, applied)
    ]
    if not found:
        raise Problem(unknown(text, _known(desired, actual, applied)))
    declared = [each for each in found if each.declaration is not None]
    found = declared or found
    if len(found) > 1:
        raise Problem(ambiguous(text, [each.kind for each in found]))
    return found[0]


def split(text: str) -> tuple[Kind | None, str]:
    """Take `kind:KEY` apart; the kind is None where none is named."""
    head, colon, rest = text.partition(":")
    if colon and head in Kind.__members__.values():
        return Kind(head), rest
    return None, text


def ambiguous(text: str, kinds: Iterable[Kind]) -> Diagnostic:
    """More than one kind has this key."""
    names = [f"{kind}:{text}" for kind in kinds]
    return problem("ambiguous-key", f"'{text}' names {len(names)} things", help="write " + " or ".join(names))


def unknown(text: str, known: Iterable[str]) -> Diagnostic:
    """Nothing has this key."""
    near = closest_key(split(text)[1], known)
    way = f"did you mean '{near}'?" if near else "`reconciler state list` names what is managed"
    return problem("unknown-key", f"nothing is known of '{text}'", help=way)


def key_of(kind: Kind, text: str) -> str:
    """Return a text as keys of a kind are compared; one that is no name stays as it is."""
    try:
        if kind in (Kind.MAILBOX, Kind.ALIAS, Kind.MEMBER):
            return address_key(text)
        if kind is Kind.DOMAIN:
            return domain_key(text)
    except BadName:
        pass
    return text


def _look(kind: Kind, key: str, desired: Desired, actual: Inventory, applied: AppliedState) -> Iterator[Found]:
    declaration = desired.of(kind).get(key)
    past = applied.get(kind, key)
    provider = declaration.provider if declaration else past.provider if past else None
    if provider is None:
        provider = next((name for name, each, group in actual.groups() if each is kind and key in group), None)
    if provider is not None:
        yield Found(kind, key, declaration, actual.get(provider, kind, key), past, provider)


def _known(desired: Desired, actual: Inventory, applied: AppliedState) -> Iterator[str]:
    for group in desired.declarations.values():
        yield from group
    for _, _, lives in actual.groups():
        yield from lives
    for _, key in applied.resources:
        yield key
