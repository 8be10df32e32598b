"""How the DNS looks at one moment: now, or once a plan has been carried out. Checks see nothing else of it."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from reconciler.model.answers import Answer, Question
from reconciler.model.rrsets import RRset, RRsetKey

#: Tells what stands at one name and type, CNAMEs not followed. It may answer UNKNOWN and note the question: whoever
#: drives the checks then finds the answer out and runs them again, so that a check is a pure function.
Base: TypeAlias = Callable[[Question], Answer]
#: What a plan changes: the rrset as it will be, or None where it goes.
Changes: TypeAlias = Mapping[RRsetKey, RRset | None]


class View(Protocol):
    """The DNS as a receiver of mail would see it."""

    def ask(self, name: str, rtype: str) -> Answer:
        """Return the answer, CNAMEs followed (RFC 1034 §3.6.2, at most eight)."""
        ...
