"""One SPF record, several owners: merging ours into what is there, and taking it out again.

A name has one SPF record, so everyone who sends for it shares it. What we put into one is remembered as our
contribution, itself written as an SPF record, and is all that we ever take out again.

========================  ==================  ==============  =========================================
`all` that stands there   was it ours?        ours to be      result
========================  ==================  ==============  =========================================
none                      -                   q               q, put in behind the last mechanism
none, but `redirect=`     -                   q               none: with `all`, `redirect` is not read (§6.1)
f                         yes                 q               q, or the foreign one it replaced if stricter
f                         no                  q, stricter     q; f is remembered and comes back when we let go
f                         no                  q, not so       f
f                         either              none            f if it is foreign, none if it was ours
========================  ==================  ==============  =========================================

`fail` is stricter than `softfail`, that than `neutral`, and that than `pass`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.dns.spf.terms import STRICTNESS, VERSION, Term, format, parse, term_of  # noqa: A004 - the inverse of parse

_REPLACED = "replaced"  # modifier of a contribution: the foreign `all` that ours stands in for


@dataclass(frozen=True, slots=True)
class _Shared:
    """A record seen as ours and theirs.

    Attributes:
        theirs: Foreign terms in order; the foreign `all` in its place, if it is not hidden by ours.
        place: Index in `theirs` where our mechanisms go.
        all: The foreign `all`, also where ours stands in for it now.
        mine: Norms of the terms that were ours.
    """

    theirs: tuple[Term, ...]
    all: Term | None
    mine: frozenset[str]


def _all_of(terms: Sequence[Term]) -> Term | None:
    return next((term for term in terms if term.name == "all" and not term.modifier), None)


def _shared(existing: str | None, former: str | None) -> _Shared:
    """Tell foreign terms from those that were ours."""
    there = parse(existing or VERSION) or ()
    before = parse(former or VERSION) or ()
    mine = frozenset(term.norm for term in before if term.name != _REPLACED)
    replaced = next((term_of(term.text.partition("=")[2]) for term in before if term.name == _REPLACED), None)
    last = _all_of(there)
    ours_stands = last is not None and last.norm in mine
    theirs = tuple(
        replaced if term is last and ours_stands and replaced else term
        for term in there
        if term.norm not in mine or (term is last and replaced is not None)
    )
    return _Shared(theirs, _all_of(theirs), mine)


def _stricter(ours: Term | None, theirs: Term | None) -> Term | None:
    if ours is None or theirs is None:
        return theirs or ours
    return ours if STRICTNESS[ours.qualifier] > STRICTNESS[theirs.qualifier] else theirs


def _parts(shared: _Shared, ours: str) -> tuple[list[Term], Term | None]:
    """Our mechanisms that no one else has, and the `all` that the record gets."""
    wanted = parse(ours) or ()
    known = {term.norm for term in shared.theirs}
    added = [term for term in wanted if term.norm not in known and (term.modifier or term.name != "all")]
    mine = (
        None if any(term.norm.startswith("redirect=") for term in shared.theirs) and not shared.all else _all_of(wanted)
    )
    return added, _stricter(mine, shared.all)


def merge(existing: str | None, former: str | None, ours: str) -> str:
    """Return the record that should stand at a name.

    Args:
        existing: The record that stands there, if any.
        former: What of it was our contribution.
        ours: The record we would publish were the name ours alone.
    """
    if existing is None or parse(existing) is None:
        return ours
    shared = _shared(existing, former)
    added, last = _parts(shared, ours)
    place = _place(shared)
    rest = [last if term is shared.all else term for term in shared.theirs[place:]]
    inserted = [last] if last is not None and shared.all is None else []
    mechanisms = [term for term in added if not term.modifier]
    modifiers = [term for term in added if term.modifier]
    merged = format(term for term in (*shared.theirs[:place], *mechanisms, *inserted, *rest, *modifiers) if term)
    return existing if _same_terms(existing, merged) else merged


def _same_terms(existing: str, merged: str) -> bool:
    """Whether two records differ in the order of terms at most, as where someone put theirs behind ours."""
    one, other = parse(existing) or (), parse(merged) or ()
    return sorted(term.norm for term in one) == sorted(term.norm for term in other)


def _place(shared: _Shared) -> int:
    """Where our mechanisms go: before `all`, else behind the last mechanism."""
    if shared.all is not None:
        return shared.theirs.index(shared.all)
    mechanisms = [index for index, term in enumerate(shared.theirs) if not term.modifier]
    return mechanisms[-1] + 1 if mechanisms else 0


def contribution(existing: str | None, former: str | None, ours: str) -> str:
    """Return what of the merged record is ours: our record less the terms that someone else put there."""
    if existing is None or parse(existing) is None:
        return ours
    shared = _shared(existing, former)
    added, last = _parts(shared, ours)
    mine: list[Term | str] = list(added)
    if last is not None and last is not shared.all:
        mine.append(last)
        if shared.all is not None:
            mine.append(f"{_REPLACED}={shared.all.text}")
    return format(mine)


def without(existing: str, former: str | None) -> str | None:
    """Return the record that stays when we let go of our contribution; None where nothing foreign is in it."""
    shared = _shared(existing, former)
    return format(shared.theirs) if shared.theirs else None


def folded(records: Sequence[str]) -> str:
    """Return several SPF records of one name as one: each term once, the strictest `all` last.

    More than one is an error that makes every receiver ignore them all (RFC 7208 §4.5).
    """
    result = records[0]
    for each in records[1:]:
        result = merge(result, None, each)
    return result
