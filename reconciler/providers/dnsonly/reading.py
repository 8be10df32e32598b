"""Reading a zone by asking its servers, all of them: what one of them does not answer yet, does not stand yet."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from reconciler.model.answers import Answer, Question, Status
from reconciler.model.presentation import within
from reconciler.model.rrsets import RRset, RRsetKey, ZoneContent
from reconciler.providers.reader import ProviderError
from reconciler.resolution.agreement import Agreement
from reconciler.resolution.authorities import Authorities

#: Types that are looked for where nothing else is said, and at a name that is to be a CNAME.
COMMON = ("SOA", "NS", "A", "AAAA", "MX", "TXT", "SRV", "CAA")

#: Types that the servers of a zone may answer differently though the zone is the same.
_PER_SERVER = frozenset({"SOA", "A", "AAAA"})


async def read_zone(authorities: Authorities, zone: str, keys: Sequence[RRsetKey]) -> ZoneContent:
    """Return the rrsets asked for, a CNAME at each of their names, and what stands where a CNAME is asked for.

    Where servers differ, and the serials tell which of them is behind, its answers count: what it does not have yet is
    not published. What is answered by a wildcard does not stand at the name and is left out.

    Raises:
        ProviderError: If a server can not be asked, or servers differ that have the same serial.
    """
    asked = [Question(*key) for key in keys if within(key[0], zone)]
    beside = [Question(name, each) for name, rtype in asked if rtype == "CNAME" for each in COMMON]
    questions = dict.fromkeys((Question(zone, "SOA"), *asked, *beside))
    agreement, answers = await _ask(authorities, zone, questions)
    found = {each: answer for each, answer in answers.items() if answer.status is Status.FOUND}
    for question in await _from_wildcards(authorities, zone, found):
        del found[question]
    rrsets = {(each.name, each.type): _rrset(each, answer) for each, answer in found.items()}
    serials = [serial for serial in agreement.serials.values() if serial is not None]
    return ZoneContent(zone, rrsets, min(serials, default=None), whole=False)


def _rrset(question: Question, answer: Answer) -> RRset:
    assert answer.ttl is not None, "what is found has a TTL"
    return RRset(question.name, question.type, answer.ttl, answer.values)


async def _ask(
    authorities: Authorities, zone: str, questions: Collection[Question]
) -> tuple[Agreement, Mapping[Question, Answer]]:
    agreement = await authorities.everywhere(zone, questions)
    if not agreement.answers:
        raise ProviderError(
            f"the zone {zone} can not be read: {agreement.detail}",
            help="see that it is delegated, or name its servers under `servers`",
            transient=True,
        )
    failed = [each for told in agreement.answers.values() for each in told.values() if not each.known]
    if failed:
        raise ProviderError(
            f"the zone {zone} can not be read: {failed[0].detail}",
            help="all its servers must answer; try again later, or name those that count under `servers`",
            transient=True,
        )
    slowest = agreement.answers[_slowest(agreement)]
    if len(set(agreement.serials.values())) > 1:
        return agreement, slowest
    return agreement, {each: agreement.said(each) or answer for each, answer in slowest.items()}


def _slowest(agreement: Agreement) -> str:
    """The server whose word counts: any where all agree, else the one whose zone is the oldest.

    Some hosts answer for addresses as they see fit, each time another: that is no disagreement.
    """
    serials = agreement.serials
    if len(set(serials.values())) == 1:
        for (name, rtype), told in agreement.differing.items():
            if rtype not in _PER_SERVER:
                said = "; ".join(f"{server}: {_shown(answer)}" for server, answer in told.items())
                raise ProviderError(
                    f"the servers of {agreement.zone} differ on {name} {rtype} with the same serial: {said}",
                    help="see that its secondary servers load the zone from its primary",
                    transient=True,
                )
    return min(agreement.servers, key=lambda server: serials[server] or 0)


def _shown(answer: Answer) -> str:
    return ", ".join(answer.values) or answer.status.value


async def _from_wildcards(authorities: Authorities, zone: str, found: Mapping[Question, Answer]) -> Iterable[Question]:
    """Those questions that a wildcard answered: names below are answered alike (RFC 4592 §2.2.1)."""
    suspects = [each for each in found if each.name != zone and not each.name.startswith("*.")]
    for prefix in ("*.", "*.*."):
        if not suspects:
            break
        below = {each: Question(prefix + each.name, each.type) for each in suspects}
        _, answers = await _ask(authorities, zone, list(below.values()))
        suspects = [each for each in suspects if answers[below[each]] == found[each]]
    return suspects
