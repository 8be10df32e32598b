"""Zones as they were read, answering as their servers would: for zones that no server in the world answers for."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.dns.derive import zone_of
from reconciler.model.answers import NODATA, NXDOMAIN, Answer, Question, Status
from reconciler.model.rrsets import RRset, ZoneContent


class Contents:
    """Answers from the contents of zones. It is a `dns.asking.Local`."""

    def __init__(self, zones: Iterable[ZoneContent]) -> None:
        """Answer for these zones."""
        self._zones = {content.zone: content for content in zones}
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, question: Question) -> Answer | None:
        """Answer a question, CNAMEs not followed.

        Returns:
            None for a name that stands in none of the zones, below a cut (RFC 1034 §4.3.2), or in a zone that was not
            read as a whole and was not seen.
        """
        zone = zone_of(question.name, self._zones)
        if zone is None or _delegated(question, self._zones[zone]):
            return None
        content = self._zones[zone]
        found = content.rrsets.get(question)
        if found is not None:
            return Answer(Status.FOUND, found.values, found.ttl)
        return self._absent(question, content) if content.whole else None

    def _absent(self, question: Question, content: ZoneContent) -> Answer:
        """Answer for an rrset that is not there, unless a wildcard stands in for it."""
        if question.name in self._existing(content.zone):
            return NODATA
        source = self._wildcard(question.name, content.zone)
        if source is None:
            return NXDOMAIN
        found = content.rrsets.get((source, question.type))
        return NODATA if found is None else Answer(Status.FOUND, found.values, found.ttl)

    def _existing(self, zone: str) -> frozenset[str]:
        """Names that are there, those between a record and its zone among them (RFC 8020 §2)."""
        if zone not in self._names:
            self._names[zone] = frozenset(_with_parents(self._zones[zone].rrsets, zone))
        return self._names[zone]

    def _wildcard(self, name: str, zone: str) -> str | None:
        """The wildcard that stands in for a name that is not there (RFC 4592 §3.3.1), where one does."""
        existing = self._existing(zone)
        closest = name.partition(".")[2]
        while closest not in existing and closest != zone:
            closest = closest.partition(".")[2]
        wildcard = f"*.{closest}"
        return wildcard if wildcard in existing else None


def _with_parents(rrsets: Mapping[tuple[str, str], RRset], zone: str) -> Iterator[str]:
    for owner in {owner for owner, _ in rrsets}:
        name = owner
        while name:
            yield name
            if name == zone:
                break
            name = name.partition(".")[2]


def _delegated(question: Question, content: ZoneContent) -> bool:
    """Whether another zone begins at the name or above it, whose servers know better."""
    name = question.name
    while name and name != content.zone:
        if (name, "NS") in content.rrsets and not (name == question.name and question.type == "DS"):
            return True
        name = name.partition(".")[2]
    return False
