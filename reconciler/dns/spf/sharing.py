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

A record has one `redirect=` and one `exp=` at most (RFC 7208 §6), and `redirect=` is not read beside `all`. So an
`exp=` of ours gives way to a foreign one, and our `redirect=x` becomes `include:x` where a foreign `all` or `redirect=`
stands: it permits the same senders. What stands behind `all` is never reached (§5.1): a foreign term there is left
alone, and is no reason to leave out ours.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.dns.spf.terms import STRICTNESS, VERSION, Term, format, parse, term_of  # noqa: A004 - the inverse of parse

_REPLACED = "replaced"  # modifier of a contribution: the foreign `all` that ours stands in for


@dataclass(frozen=True, slots=True)
class _Shared:
    """A record seen as ours and theirs.

    Attributes:
        theirs: Foreign terms in order; the foreign `all` in its place, if it is not hidden by ours.
        all: The foreign `all`, also where ours stands in for it now.
    """

    theirs: tuple[Term, ...]
    all: Term | None

    def has(self, modifier: str) -> bool:
        """Whether a modifier is among the foreign terms."""
        return any(term.modifier and term.name == modifier for term in self.theirs)


def _all_of(terms: Sequence[Term]) -> Term | None:
    return next((term for term in terms if term.name == "all" and not term.modifier), None)


def _shared(existing: str | None, former: str | None) -> _Shared:
    """Tell foreign terms from those that were ours."""
    there = parse(existing or VERSION) or ()
    before = parse(former or VERSION) or ()
    mine = Counter(term.norm for term in before if term.name != _REPLACED)
    replaced = next((term_of(term.text.partition("=")[2]) for term in before if term.name == _REPLACED), None)
    last = _all_of(there)
    theirs: list[Term] = []
    for term in there:
        if not mine[term.norm]:
            theirs.append(term)
            continue
        mine[term.norm] -= 1  # ours stands before an equal term that is foreign
        if term is last and replaced:
            theirs.append(replaced)
    return _Shared(tuple(theirs), _all_of(theirs))


def _live(terms: Sequence[Term]) -> Iterator[Term]:
    """The terms that count: modifiers, and mechanisms up to `all` (RFC 7208 §5.1)."""
    last = _all_of(terms)
    end = len(terms) if last is None else terms.index(last)
    return (term for index, term in enumerate(terms) if term.modifier or index <= end)


def _stricter(ours: Term | None, theirs: Term | None) -> Term | None:
    if ours is None or theirs is None:
        return theirs or ours
    return ours if STRICTNESS[ours.qualifier] > STRICTNESS[theirs.qualifier] else theirs


def _parts(shared: _Shared, ours: str) -> tuple[list[Term], Term | None]:
    """Our terms that no one else has, each once, and the `all` that the record gets."""
    wanted = parse(ours) or ()
    known = {term.norm for term in _live(shared.theirs)}
    added: dict[str, Term] = {}
    for term in wanted:
        fitted = None if term.norm in known else _fitted(term, wanted, shared)
        if fitted is not None and fitted.norm not in known:
            added.setdefault(fitted.norm, fitted)
    mine = None if shared.has("redirect") and not shared.all else _all_of(wanted)
    return list(added.values()), _stricter(mine, shared.all)


def _fitted(term: Term, wanted: Sequence[Term], shared: _Shared) -> Term | None:
    """A term of ours as the shared record can have it; None where it can not, and for `all`, which goes apart."""
    if not term.modifier:
        return None if term.name == "all" else term
    if term.name == "exp" and shared.has("exp"):
        return None
    if term.name == "redirect":
        if _all_of(wanted):
            return None
        if shared.all or shared.has("redirect"):
            return term_of(f"include:{term.text.partition('=')[2]}")
    return term


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
    return existing if _same_terms(existing, merged) and _reached(mechanisms, existing) else merged


def _same_terms(existing: str, merged: str) -> bool:
    """Whether two records differ in the order of terms at most, as where someone put theirs behind ours."""
    one, other = parse(existing) or (), parse(merged) or ()
    return sorted(term.norm for term in one) == sorted(term.norm for term in other)


def _reached(mechanisms: Sequence[Term], existing: str) -> bool:
    """Whether none of these mechanisms stands behind `all`."""
    return {term.norm for term in mechanisms} <= {term.norm for term in _live(parse(existing) or ())}


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
