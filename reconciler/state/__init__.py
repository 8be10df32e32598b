"""State: what the last runs left, so that a third side can be compared; durable before and after every write.

`docs/state.md` writes the protocol down. Read in this order: `values`, `journal`, `fold`, `snapshot`, `reading`,
`session`, `lease`, `store`; then `backend` and the `places` that implement it. `sealing` is encryption, `kept` and
`history` are what stays, `tending` is what people do to a state as a whole.
"""

from reconciler.state.opening import open_state
from reconciler.state.resolve import resolve_in_flight
from reconciler.state.session import StateSession
from reconciler.state.store import StateStore
from reconciler.state.values import Ended, Intent, Loaded, LockInfo

__all__ = [
    "Ended",
    "Intent",
    "Loaded",
    "LockInfo",
    "StateSession",
    "StateStore",
    "open_state",
    "resolve_in_flight",
]
