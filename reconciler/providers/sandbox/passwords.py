"""Passwords as the platform keeps them: salted hashes, checked and never given back."""

import hashlib
import hmac
import os

_SALT = 16  # bytes
# An emulator has no attacker to slow down, and a hundred thousand mailboxes are created in seconds.
_ROUNDS = 2


def hashed(password: str) -> bytes:
    """Return salt and hash of a password."""
    salt = os.urandom(_SALT)
    return salt + hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)


def matches(stored: bytes | None, password: str) -> bool:
    """Whether a password is the one that was hashed."""
    if stored is None:
        return False
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), stored[:_SALT], _ROUNDS)
    return hmac.compare_digest(stored[_SALT:], made)
