"""What whole zones answer, worked out from their rrsets as an authoritative server does (RFC 1034 §4.3.2, RFC 4592).

A zone may be looked at with changes laid on top, without being copied: an rrset counts at its owner and at every name
above it, so that a name exists as long as its count is not zero.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from reconciler.dns.view import Base, Changes
from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent

#: Types at a zone's own name that its host makes and often does not show.
_HOSTS_OWN = frozenset({"SOA", "NS", "DNSKEY", "CDS", "CDNSKEY", "NSEC3PARAM"})

#: Why an answer is not known where nobody is asked.
UNASKED = "nobody was asked"

#: An rrset by owner and type, or None.
_Find = Callable[[RRsetKey], RRset | None]


def nobody(_question: Question) -> Answer:
    """The base where nobody is asked."""
    return Answer(Status.UNKNOWN, detail=UNASKED)


def ancestors(name: str) -> Iterator[str]:
    """The names above a name, nearest first, without the root."""
    rest = name
    while True:
        rest = above(rest)
        if not rest:
            return
        yield rest


def above(name: str) -> str:
    """The name without its first label; empty for a name of one label."""
    at = name.find(".")
    while at > 0 and name[at - 1] == "\\":
        at = name.find(".", at + 1)
    return "" if at < 0 else name[at + 1 :]


def found(rrset: RRset) -> Answer:
    """The answer that an rrset is."""
    return Answer(Status.FOUND, rrset.values, rrset.ttl)


class ZoneBase:
    """A base over zones as read; every other name is asked of another base.

    Asked of the other base are also: what stands below a delegation, what of a zone's own name only its host knows, and
    of a zone that was not read as a whole everything but what was.
    """

    def __init__(self, contents: Mapping[str, ZoneContent], outside: Base = nobody) -> None:
        """Take zones by their keys, and who knows the rest."""
        self._contents = contents
        self._outside = outside
        self._zones: dict[str, _Zone] = {}

    def __call__(self, question: Question) -> Answer:
        """What stands at one name and type, CNAMEs not followed."""
        zone = self.zone_of(question)
        answer = None if zone is None else self._zone(zone).answer(question)
        return self._outside(question) if answer is None else answer

    def zone_of(self, question: Question) -> str | None:
        """The zone that would answer a question: the longest whose name is a suffix of its name."""
        if not self._contents:  # servers are asked for everything
            return None
        name = question.name
        if name in self._contents and question.type != "DS":  # a DS record stands at the parent (RFC 4035 §3.1.4.1)
            return name
        return next((each for each in ancestors(name) if each in self._contents), None)

    def whole(self, question: Question) -> bool:
        """Whether a question is one for a zone that was read as a whole."""
        zone = self.zone_of(question)
        return zone is not None and self._contents[zone].whole

    @property
    def zones(self) -> Sequence[str]:
        """The zones it was given."""
        return tuple(self._contents)

    def changed(self, changes: Changes) -> "ZoneBase":
        """These zones with changes on top; those of zones that are not here are left out."""
        by_zone: dict[str, dict[RRsetKey, RRset | None]] = {}
        for key, after in changes.items():
            zone = self.zone_of(Question(*key))
            if zone is not None:
                by_zone.setdefault(zone, {})[key] = after
        new = ZoneBase(self._contents, self._outside)
        new._zones = {**self._zones, **{zone: self._zone(zone).changed(part) for zone, part in by_zone.items()}}
        return new

    def _zone(self, zone: str) -> "_Zone":
        if zone not in self._zones:
            content = self._contents[zone]
            counts = _counts(content) if content.whole else None
            self._zones[zone] = _Zone(zone, content.rrsets.get, counts)
        return self._zones[zone]


class _Zone:
    """One zone: `counts` is how many rrsets stand at a name and below it, None where not all are known."""

    def __init__(
        self,
        apex: str,
        find: _Find,
        counts: Mapping[str, int] | None,
        more: Mapping[str, int] = MappingProxyType({}),
        new_cuts: frozenset[str] = frozenset(),
    ) -> None:
        self._apex, self._find, self._counts, self._more, self._new_cuts = apex, find, counts, more, new_cuts

    def changed(self, changes: Changes) -> "_Zone":
        below = self._find
        more = dict(self._more)
        cuts = set(self._new_cuts)
        for key, after in changes.items():
            step = (after is not None) - (below(key) is not None)
            for name in _up_to(key[0], self._apex) if step else ():
                more[name] = more.get(name, 0) + step
            if step > 0 and key[1] == "NS" and key[0] != self._apex:
                cuts.add(key[0])
        find = lambda key: changes[key] if key in changes else below(key)  # noqa: E731 - as short as it is
        return _Zone(self._apex, find, self._counts, more, frozenset(cuts))

    def exists(self, name: str) -> bool:
        assert self._counts is not None
        return name == self._apex or self._counts.get(name, 0) + self._more.get(name, 0) > 0

    def answer(self, question: Question) -> Answer | None:
        """The answer, or None where this zone does not have it."""
        if self._counts is None:
            rrset = self._find(question)
            return None if rrset is None else found(rrset)
        name, rtype = question
        if name != self._apex:
            cut = next(
                (each for each in _up_to(name, self._apex)[-2::-1] if self._find((each, "NS")) is not None), None
            )
            if cut is not None and not (cut == name and rtype == "DS"):
                return delegated_anew(name, cut) if cut in self._new_cuts else None
            aliased = self._renamed(name, rtype)
            if aliased is not None:
                return aliased
        return self._stands(name, rtype) if self.exists(name) else self._wild(name, rtype)

    def _stands(self, name: str, rtype: str) -> Answer | None:
        rrset = self._find((name, rtype))
        if rrset is not None:
            return found(rrset)
        return None if name == self._apex and rtype in _HOSTS_OWN else NODATA

    def _wild(self, name: str, rtype: str) -> Answer:
        """The answer for a name that is not there: by the wildcard below its closest encloser, or none."""
        encloser = next(each for each in ancestors(name) if self.exists(each))
        wildcard = f"*.{encloser}"
        if not self.exists(wildcard):
            return NXDOMAIN
        rrset = self._find((wildcard, rtype))
        return NODATA if rrset is None else found(rrset)

    def _renamed(self, name: str, rtype: str) -> Answer | None:
        """The CNAME that a DNAME above makes of a name (RFC 6672 §2.2), as the answer of that type alone."""
        for owner in reversed(_up_to(name, self._apex)[1:]):
            rrset = self._find((owner, "DNAME"))
            if rrset is not None:
                return renamed(name, rtype, rrset)
        return None


def delegated_anew(name: str, zone: str) -> Answer:
    """The answer for a name of a zone that a plan makes: nobody can be asked yet what its servers will say."""
    return Answer(Status.UNKNOWN, detail=f"{name} will stand in the zone {zone}, which is delegated by the plan itself")


def renamed(name: str, rtype: str, dname: RRset) -> Answer:
    """The answer for a name below a DNAME."""
    if rtype != "CNAME":
        return NODATA
    prefix, target = name[: -len(dname.name)], dname.values[0]
    return Answer(Status.FOUND, (prefix + (target if target != "." else ""),), dname.ttl)


def _up_to(name: str, apex: str) -> list[str]:
    """A name and those above it, the apex last; empty where it does not stand in the zone."""
    path = [name]
    for each in ancestors(name):
        if path[-1] == apex:
            break
        path.append(each)
    return path if path[-1] == apex else []


def _counts(content: ZoneContent) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, _ in content.rrsets:
        for each in _up_to(name, content.zone):
            counts[each] = counts.get(each, 0) + 1
    return counts
