"""The DNS as it will be: planned changes laid on top of what is known of it, CNAMEs followed.

Over zones that were read as a whole the overlay is exact. Over answers of servers it is as exact as questions allow:
whether a name is there itself or is answered by a wildcard is told by asking for the names below it (RFC 4592 §2.2).
"""

from collections.abc import Collection, Iterator, Mapping

from reconciler.dns.view import Base, Changes
from reconciler.dns.zonebase import ZoneBase, above, ancestors, delegated_anew, found, renamed
from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status

MAX_CNAMES = 8  # that are followed
#: Types that tell that a name goes on existing when an rrset of it goes.
_COMMON = ("A", "AAAA", "MX", "TXT", "CNAME", "NS", "SRV", "CAA", "TLSA")


class Asked:
    """A base of answers that are known; it notes the questions it could not answer."""

    def __init__(self, answers: Mapping[Question, Answer]) -> None:
        """Take what is known; the mapping may grow meanwhile."""
        self._answers = answers
        self.missing: set[Question] = set()

    def __call__(self, question: Question) -> Answer:
        """Answer from what is known, or with UNKNOWN."""
        answer = self._answers.get(question)
        if answer is None:
            self.missing.add(question)
            return Answer(Status.UNKNOWN, detail=f"{question.name} {question.type} was not looked up yet")
        return answer


class Overlay:
    """A view of a base with changes on top."""

    def __init__(self, base: Base, changes: Changes | None = None, zones: Collection[str] = ()) -> None:
        """Lay changes on a base.

        Args:
            base: What is there.
            changes: What the plan makes of it.
            zones: Names of zones that are known to be there; each saves a question about the zone's own name.
        """
        changes = changes or {}
        exact = isinstance(base, ZoneBase)
        self._whole = base.changed(changes) if isinstance(base, ZoneBase) else None
        self._zones = frozenset(zones) | frozenset(base.zones if isinstance(base, ZoneBase) else ())
        loose = {key: after for key, after in changes.items() if not (exact and self._answers_whole(Question(*key)))}
        self._layer = _Layer(base, loose, self._zones)

    def ask(self, name: str, rtype: str) -> Answer:
        """Return the answer, CNAMEs followed.

        Where there were CNAMEs, the answer's `chain` has every name on the way, the last of which has the values.
        """
        chain: list[str] = [name]
        ttl: int | None = None
        while True:
            answer = self._at(Question(chain[-1], rtype))
            if answer.status is not Status.NODATA or rtype == "CNAME":
                return _ended(answer, chain, ttl)
            alias = self._at(Question(chain[-1], "CNAME"))
            if not alias.known:
                return _ended(alias, chain, ttl)
            if alias.status is not Status.FOUND:
                return _ended(answer, chain, ttl)
            ttl = _least(ttl, alias.ttl)
            target = alias.values[0].removesuffix(".")
            if target in chain:
                return _stuck(f"the CNAMEs that start at {name} lead in a circle", chain, ttl)
            chain.append(target)
            if len(chain) > MAX_CNAMES + 1:
                return _stuck(f"more than {MAX_CNAMES} CNAMEs start at {name}", chain, ttl)

    def _answers_whole(self, question: Question) -> bool:
        return self._whole is not None and self._whole.whole(question)

    def _at(self, question: Question) -> Answer:
        """What stands at one name and type."""
        if self._whole is not None and self._answers_whole(question):
            return self._whole(question)
        return self._layer.at(question)


def _ended(answer: Answer, chain: list[str], ttl: int | None) -> Answer:
    if len(chain) == 1:
        return answer
    return Answer(answer.status, answer.values, _least(ttl, answer.ttl), tuple(chain), answer.detail)


def _stuck(detail: str, chain: list[str], ttl: int | None) -> Answer:
    return Answer(Status.FAILED, ttl=ttl, chain=tuple(chain), detail=detail)


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)


class _Layer:
    """Changes over a base of which only answers are known."""

    def __init__(self, base: Base, changes: Changes, zones: frozenset[str]) -> None:
        self._base, self._changes, self._zones = base, changes, zones
        self._made = {name for key, after in changes.items() if after is not None for name in _lineage(key[0])}
        self._wild = {above(name) for key in changes for name in _lineage(key[0]) if name.startswith("*.")}
        self._renamed = {name for (name, rtype), after in changes.items() if rtype == "DNAME" and after is not None}
        self._cut = {
            name
            for (name, rtype), after in changes.items()
            if rtype == "NS" and after is not None and name not in zones and base(Question(name, "NS")).void
        }

    def at(self, question: Question) -> Answer:
        name, rtype = question
        if not self._changes:
            return self._base(question)
        above_it = self._above(name, rtype)
        if above_it is not None:
            return above_it
        after = self._changes.get(question)
        if after is not None:
            return found(after)
        if name in self._made:
            return self._beside(question)
        if question in self._changes:
            return self._gone(question)
        return self._untouched(question)

    def _above(self, name: str, rtype: str) -> Answer | None:
        """What a planned delegation or DNAME above a name makes of it."""
        for each in ancestors(name) if self._renamed or self._cut else ():
            if each in self._renamed:
                dname = self._changes[each, "DNAME"]
                assert dname is not None
                return renamed(name, rtype, dname)
            if each in self._cut:
                return delegated_anew(name, each)
        return None

    def _beside(self, question: Question) -> Answer:
        """What else stands at a name that has planned records, or has some below it."""
        if question in self._changes or self._changes.get((question.name, "CNAME")) is not None:
            return NODATA  # a CNAME hides what stood beside it
        answer = self._base(question)
        if answer.status is Status.NXDOMAIN:
            return NODATA
        if answer.status is Status.FOUND and not self._stands(question.name, question.type):
            return NODATA  # a wildcard answered it, which ends where a name is there (RFC 4592 §2.2.1)
        return answer

    def _gone(self, question: Question) -> Answer:
        """What is left where an rrset goes and nothing planned stands: other types, else what a wildcard says."""
        name, rtype = question
        if name in self._zones:
            return NODATA
        others = [Question(name, each) for each in _COMMON if (name, each) not in self._changes]
        answers = [self._base(each) for each in others]
        if any(each.status is Status.FOUND for each in answers):
            return NODATA
        encloser = above(name)
        if name.startswith("*.") or not encloser:
            return NXDOMAIN
        return self.at(Question(f"*.{encloser}", rtype))

    def _untouched(self, question: Question) -> Answer:
        """A name without planned records: another closest encloser or another wildcard may answer for it now."""
        name, rtype = question
        answer = self._base(question)
        touched = next((each for each in ancestors(name) if each in self._made or each in self._wild), None)
        if touched is None or not answer.known or name in self._zones:
            return answer
        if touched not in self._wild and (answer.status is Status.NXDOMAIN or self._stands(touched, rtype)):
            return answer
        if self._stands(name, rtype):
            return answer
        encloser = next(each for each in ancestors(name) if each == touched or self._stands(each, rtype))
        if encloser != touched:
            return answer
        wildcard = Question(f"*.{encloser}", rtype)
        planned = wildcard in self._changes or wildcard.name in self._made
        return self.at(wildcard) if planned or self._stands(encloser, rtype) else NXDOMAIN

    def _stands(self, name: str, rtype: str) -> bool:
        """Whether a name is there itself, as far as the base tells; what is not known counts as there.

        Were it not, what answers for it would answer for every name below it alike.
        """
        if name in self._zones:
            return True
        answer = self._base(Question(name, rtype))
        if answer.status is Status.NXDOMAIN:
            return False
        if not answer.known:
            return True
        return any(_differs(answer, self._base(Question(f"{below}{name}", rtype))) for below in ("*.", "*.*."))


def _differs(one: Answer, other: Answer) -> bool:
    return not other.known or (one.status, one.values, one.ttl) != (other.status, other.values, other.ttl)


def _lineage(name: str) -> Iterator[str]:
    yield name
    yield from ancestors(name)
