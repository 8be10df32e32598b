"""Recording, and what a run does where state can not take it: start nothing more, and let finish what is under way.

A call to a provider that was made is never cancelled, as its outcome would then be unknown. What comes of it is kept by
the session in a local file; where not even that is possible, the next run reads the provider.
"""

from collections.abc import Collection
from typing import NamedTuple

from reconciler.apply.context import ApplyContext
from reconciler.model.diagnostic import Problem
from reconciler.state.values import Ended, Intent


class Promised(NamedTuple):
    """What became of a commit.

    Attributes:
        begun: The intents are durable: their provider may be called.
        ended: The ends are, in state or beside it.
    """

    begun: bool
    ended: bool


async def promise(context: ApplyContext, intents: Collection[Intent], ended: Collection[Ended]) -> Promised:
    """Make intents durable, and with them the ends of operations that touch state alone."""
    session = context.session
    if session.broken is not None:
        return Promised(begun=False, ended=False)
    session.begin(intents)
    if ended:
        session.end(ended)
    try:
        await session.commit()
    except Problem:
        context.stop.set()
    begun = _goes_on(context)
    return Promised(begun, begun or session.kept is not None)


async def record(context: ApplyContext, ended: Collection[Ended]) -> None:
    """Make the ends of writes durable, in state or beside it; where state can not take them, ask the run to stop."""
    session = context.session
    session.end(ended)
    try:
        await session.commit()
    except Problem:
        context.stop.set()
    _goes_on(context)


def _goes_on(context: ApplyContext) -> bool:
    """Whether state can still be written: a session that keeps ends beside it raises nothing."""
    if context.session.broken is None:
        return True
    context.stop.set()
    return False
