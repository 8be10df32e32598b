"""SPF records (RFC 7208) as lists of terms: reading, writing, and sharing one with others.

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

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

VERSION = "v=spf1"
#: Qualifiers by the words of the configuration, laxest first.
QUALIFIERS = {"pass": "+", "neutral": "?", "softfail": "~", "fail": "-"}
MAX_LOOKUPS = 10  # RFC 7208 §4.6.4

_STRICTNESS = {sign: rank for rank, sign in enumerate(QUALIFIERS.values())}
_TERM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=/])(.*))?\Z", re.DOTALL)
_ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_REPLACED = "replaced"  # modifier of a contribution: the foreign `all` that ours stands in for


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism or modifier as it is written.

    Attributes:
        text: As written.
        name: Lower case; the whole text where it is neither.
        norm: The form in which two terms are compared: no `+`, names in lower case outside of macros.
        modifier: Whether it is `name=value`.
    """

    text: str
    name: str
    norm: str
    modifier: bool

    @property
    def qualifier(self) -> str:
        """The sign before a mechanism; `+` where none is written."""
        return self.text[0] if self.text[0] in _STRICTNESS else "+"


def _term(text: str) -> Term:
    match = _TERM.match(text)
    if match is None:
        return Term(text, text, text, modifier=False)
    sign, name, separator, rest = match.groups()
    modifier = separator == "="
    name = name.lower()
    value = rest or ""
    value = value if "%" in value else value.lower()
    if name == "ip4" and value.endswith("/32"):
        value = value.removesuffix("/32")
    norm = f"{'' if sign == '+' else sign}{name}{separator or ''}{value}"
    return Term(text, name, norm, modifier)


def parse(text: str) -> tuple[Term, ...] | None:
    """Return the terms of an SPF record, those that no one knows included; None where the text is not one."""
    version, *words = text.split(" ")
    return tuple(_term(word) for word in words if word) if version.lower() == VERSION else None


def format(terms: Iterable[Term | str]) -> str:  # noqa: A001 - the inverse of parse
    """Return the record with these terms."""
    return " ".join((VERSION, *(term if isinstance(term, str) else term.text for term in terms)))


def record(mechanisms: Sequence[str], strictness: str | None) -> str:
    """Return an SPF record of mechanisms and the configuration's word for `all`; each mechanism stands once."""
    unique = {_term(each).norm: each for each in reversed(mechanisms)}
    terms = [unique.pop(norm) for each in mechanisms if (norm := _term(each).norm) in unique]
    return format([*terms, *([f"{QUALIFIERS[strictness]}all"] if strictness else [])])


def lookups(text: str) -> int:
    """Return how many terms of a record make a receiver ask the DNS (RFC 7208 §4.6.4), not following any."""
    return sum(term.name in _ASKING for term in parse(text) or ())


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
    replaced = next((_term(term.text.partition("=")[2]) for term in before if term.name == _REPLACED), None)
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
    return ours if _STRICTNESS[ours.qualifier] > _STRICTNESS[theirs.qualifier] else theirs


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
