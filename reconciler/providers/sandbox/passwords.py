"""Passwords as the platform keeps them: salted hashes, checked and never given back.

One HMAC each, not a slow hash: these passwords guard an emulator's mailboxes, an emulator has no attacker to slow down,
and a hundred thousand mailboxes are created in seconds.
"""

import hmac
import os

_SALT = 16  # bytes


def hashed(password: str) -> bytes:
    """Return salt and hash of a password."""
    salt = os.urandom(_SALT)
    return salt + hmac.digest(salt, password.encode(), "sha256")


def matches(stored: bytes | None, password: str) -> bool:
    """Whether a password is the one that was hashed."""
    if stored is None:
        return False
    made = hmac.digest(stored[:_SALT], password.encode(), "sha256")
    return hmac.compare_digest(stored[_SALT:], made)
