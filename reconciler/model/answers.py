"""What the DNS says: questions and their answers, as values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How a question was answered."""

    FOUND = "found"
    NODATA = "no data"  # the name is there, but has no records of that type (RFC 2308 §2.2)
    NXDOMAIN = "no such name"
    FAILED = "no answer"  # nobody answered, or the answer can not be used
    UNKNOWN = "not looked up"  # nobody was asked


class Question(NamedTuple):
    """An owner name, fully qualified in lower-case A-label form without the closing dot, and an RR type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        status: How it was answered.
        values: RDATA in presentation form (`model.rrsets`), sorted; of the name at the end of `chain`.
        ttl: Seconds; the least on the way.
        chain: Names that CNAMEs led over, the name asked for first; empty where there was no CNAME.
        detail: For FAILED and UNKNOWN: why, as one lower-case sentence.
    """

    status: Status
    values: tuple[str, ...] = ()
    ttl: int | None = None
    chain: tuple[str, ...] = ()
    detail: str = ""

    @property
    def void(self) -> bool:
        """Whether the name has no such data (RFC 7208 §4.6.4 counts these)."""
        return self.status in (Status.NODATA, Status.NXDOMAIN)

    @property
    def known(self) -> bool:
        """Whether the answer tells what is there."""
        return self.status in (Status.FOUND, Status.NODATA, Status.NXDOMAIN)


NODATA = Answer(Status.NODATA)
NXDOMAIN = Answer(Status.NXDOMAIN)
