"""Finding out what the checks ask: they run, what they missed is looked up, they run again until nothing is missing.

A check is a pure function and can not wait for an answer. It sees UNKNOWN where an answer is not had yet, the question
is noted, and all that was noted is asked at once.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeAlias, TypeVar

from reconciler.dns.overlay import Asked
from reconciler.dns.view import Base
from reconciler.dns.zonebase import nobody
from reconciler.model.answers import Answer, Question, Status

#: Asks questions, all at once; what is missing from the answer stays unknown, and what it learned beside is welcome.
Fetch: TypeAlias = Callable[[Collection[Question]], Awaitable[Mapping[Question, Answer]]]

#: Times that the checks run at most: ten SPF includes in a row, a CNAME and the DMARC tree walk fit.
ROUNDS = 12

Result = TypeVar("Result")


async def find_out(
    keys: Collection[str],
    make: Callable[[Base], Callable[[str], Result]],
    fetch: Fetch | None,
    rounds: int = ROUNDS,
) -> dict[str, Result]:
    """Return what is said of each key once all that is asked for it is known, or can not be.

    A key is judged again only while something it asked was missing.

    Args:
        keys: What is judged, such as domains.
        make: Makes the judge of a base of answers; called once a round.
        fetch: Asks those who know; None where nobody is to be asked.
        rounds: Times that a key is judged at most.
    """
    if fetch is None:
        judge = make(nobody)
        return {key: judge(key) for key in keys}
    answers: dict[Question, Answer] = {}
    results: dict[str, Result] = {}
    pending: Collection[str] = keys
    for _ in range(rounds):
        questions, pending = _round(pending, make, Asked(answers), results)
        if not questions:
            break
        found = await fetch(sorted(questions))
        answers |= dict.fromkeys(questions, _UNANSWERED) | dict(found)
    return results


def _round(
    keys: Collection[str], make: Callable[[Base], Callable[[str], Result]], asked: Asked, results: dict[str, Result]
) -> tuple[set[Question], list[str]]:
    """Judge each key; return all that was missing, and the keys that missed it."""
    judge = make(asked)
    shared = frozenset(asked.missing)
    questions, again = set(shared), []
    for key in keys:
        asked.missing.clear()
        results[key] = judge(key)
        if asked.missing or shared:
            questions |= asked.missing
            again.append(key)
    return questions, again


_UNANSWERED = Answer(Status.UNKNOWN, detail="nobody answered")
