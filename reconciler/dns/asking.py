"""Finding out what the checks ask: they run, what they missed is looked up, they run again until nothing is missing.

A check is a pure function and can not wait for an answer. So it sees UNKNOWN where an answer is not had yet, the
question is noted, and all that was noted is asked at once.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeAlias, TypeVar

from reconciler.dns.view import Base
from reconciler.model.answers import Answer, Question, Status

#: Asks questions, all at once; what is missing from the answer stays unknown.
Fetch: TypeAlias = Callable[[Collection[Question]], Awaitable[Mapping[Question, Answer]]]
#: Answers what needs nobody to be asked; None where it does.
Local: TypeAlias = Callable[[Question], Answer | None]

#: Times that the checks run at most: the DMARC tree walk and ten SPF lookups in a row need fewer (RFC 9989, RFC 7208).
ROUNDS = 12

Result = TypeVar("Result")


class Ledger:
    """The answers that are had, and the questions that were put and are not answered yet. It is a `Base`."""

    def __init__(self, local: Local, nobody: str = "nobody is asked") -> None:
        """Answer from what is known without asking; `nobody` says why the rest is not known."""
        self.known: dict[Question, Answer] = {}
        self.missing: dict[Question, None] = {}
        self._local = local
        self._unknown = Answer(Status.UNKNOWN, detail=nobody)

    def __call__(self, question: Question) -> Answer:
        """Answer a question, or note it."""
        answer = self.known.get(question)
        if answer is None:
            answer = self._local(question)
            if answer is not None:
                self.known[question] = answer
        if answer is None:
            self.missing[question] = None
            return self._unknown
        return answer


async def find_out(judge: Callable[[Base], Result], local: Local, fetch: Fetch | None, rounds: int = ROUNDS) -> Result:
    """Return what a judgement says once all it asks is known, or can not be.

    Args:
        judge: What is to be judged, over a base of answers; it is called again whenever more is known.
        local: Answers what needs nobody to be asked.
        fetch: Asks the others; None where nobody is to be asked.
        rounds: Times that `judge` is called at most.
    """
    ledger = Ledger(local)
    result = judge(ledger)
    for _ in range(rounds - 1):
        if not ledger.missing or fetch is None:
            break
        asked = tuple(ledger.missing)
        answers = await fetch(asked)
        ledger.missing.clear()
        ledger.known.update({question: answers.get(question, _UNANSWERED) for question in asked})
        result = judge(ledger)
    return result


_UNANSWERED = Answer(Status.UNKNOWN, detail="nobody answered")
