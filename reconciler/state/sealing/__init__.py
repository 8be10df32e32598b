"""Sealing: what is stored can be read by those alone who have a key, and a change to it is noticed.

Each state has a key pair of its own, an age identity. Wrapped copies of it stand beside what it seals: one for all
recipients together, one for each passphrase. So a passphrase, which costs seconds by design, is paid for once a
command, and a page costs no more than an X25519 exchange.
"""

from reconciler.state.sealing.documents import is_sealed, open_document, seal_document
from reconciler.state.sealing.keys import Keys, keys_data, matches, read_keys
from reconciler.state.sealing.sealer import Sealer, make, unlock

__all__ = [
    "Keys",
    "Sealer",
    "is_sealed",
    "keys_data",
    "make",
    "matches",
    "open_document",
    "read_keys",
    "seal_document",
    "unlock",
]
