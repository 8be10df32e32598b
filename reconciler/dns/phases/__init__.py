"""The MX of a domain that receives mail moves in phases: each waits until nobody can hold an older answer.

    lower     the TTL of the MX goes down, so that the switch itself is short
    publish   SPF permits the old host and the new one, DKIM keys of both stand, the MTA-STS policy names both
    switch    the MX moves, once all that was published can be seen by everybody
    contract  what only the old host needs goes, and the TTL goes up again

Nothing here is a step of its own: a phase is what is desired for now. What is held back is desired as it stands, so the
diff finds nothing to do there; a later run finds it ready. What a phase has to know of the past, state remembers
(`model.live.Applied`): when we changed the values of a record, and until when others may hold the former ones.
"""

from reconciler.dns.phases.holding import Staged, hold
from reconciler.dns.phases.lagging import told_lately
from reconciler.dns.phases.scene import Scene, Times, negative_ttl
from reconciler.dns.phases.widening import widen

__all__ = ["Scene", "Staged", "Times", "hold", "negative_ttl", "told_lately", "widen"]
