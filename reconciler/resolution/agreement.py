"""What every server of a zone says, side by side, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.answers import Answer, Question


@dataclass(frozen=True, slots=True)
class Agreement:
    """The answers of each authoritative server of a zone.

    Attributes:
        zone: Its name.
        answers: By server, as delegated or configured, then by question; beside what was asked, what was seen of a
            CNAME at the same name. FAILED where a server gave no answer that can be used: a server that says nothing
            does not agree.
        serials: Of each server's SOA; None where it did not tell.
        silent: Servers that could not be reached, or did not reply, each with a sentence: what they say is not known.
        detail: Why there is no server, where there is none: one lower-case sentence.
    """

    zone: str
    answers: Mapping[str, Mapping[Question, Answer]] = field(default_factory=dict)
    serials: Mapping[str, int | None] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""

    @property
    def servers(self) -> tuple[str, ...]:
        """The zone's servers."""
        return tuple(self.answers)

    @property
    def differing(self) -> dict[Question, dict[str, Answer]]:
        """Questions on which servers differ in more than TTLs, or one does not answer, with what each says."""
        asked = {question for told in self.answers.values() for question in told}
        by_question = {
            each: {name: told[each] for name, told in self.answers.items() if each in told} for each in sorted(asked)
        }
        return {each: told for each, told in by_question.items() if not _agree(told)}

    def said(self, question: Question) -> Answer | None:
        """What every server says; None where they differ, one does not answer, or there is none."""
        told = {name: answers[question] for name, answers in self.answers.items() if question in answers}
        if not told or len(told) != len(self.answers) or not _agree(told):
            return None
        return max(told.values(), key=lambda each: each.ttl or 0)


def _agree(told: Mapping[str, Answer]) -> bool:
    """Whether all say the same; TTLs are left out, as a cache before a server counts them down."""
    answers = list(told.values())
    same = {(each.status, each.values) for each in answers}
    return len(same) == 1 and answers[0].known


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What was found out about a zone's servers.

    Attributes:
        zone: Its name.
        servers: Its authoritative servers; empty where they could not be found.
        serial: Of its SOA, the highest that a server tells.
        minimum: Seconds; the SOA's last field.
        negative_ttl: Seconds for which others remember that a name is not there (RFC 2308 §5).
        facts: Troubles by name, `servers-differ`, `servers-silent`, `not-delegated` and `dnssec-broken`, each with a
            sentence; as `dns.checks.base.Subject` takes them.
        detail: Why nothing could be found out, as one lower-case sentence; empty where it could.
    """

    zone: str
    servers: tuple[str, ...] = ()
    serial: int | None = None
    minimum: int | None = None
    negative_ttl: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
