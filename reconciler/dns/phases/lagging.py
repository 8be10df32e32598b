"""A name server that was seen to be behind: what it said last is waited for as well."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.dns.phases.scene import Times
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.model.resources import Record


def told_lately(records: Iterable[Record], applied: AppliedState, times: Times) -> Iterator[Applied]:
    """Yield records of ours as state is to remember them after a server was seen that does not show them yet.

    Until now it has told others what stood there before, and they may hold that for as long as it lasts: the wait
    begins when the server has caught up. A run that looks then can not tell since when; the one that saw it lag can.

    Args:
        records: As they are to be seen.
        applied: What the last run left.
        times: The time, and how long answers last.
    """
    for record in records:
        past = applied.get(Kind.RECORD, record.key)
        if past is None or not isinstance(past.resource, Record):
            continue
        lasts = max(times.negative.get((past.provider, record.zone or ""), 0), past.resource.ttl or 0)
        until = int(times.now) + lasts
        if until > past.stale_until:
            yield replace(past, stale_until=until)
