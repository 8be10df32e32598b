"""State in a place that knows objects: one small head under compare-and-swap, and parts that are written once.

Read in this order: `protocol` (what such a place must offer), `head` (the document), `parts`, `state` (the backend).
"""

from reconciler.state.places.register.protocol import Held, Moved, Register, Uncertain
from reconciler.state.places.register.state import RegisterState

__all__ = ["Held", "Moved", "Register", "RegisterState", "Uncertain"]
