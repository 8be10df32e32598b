"""Passwords as they are kept: a hash with its scheme in front, in a form that Dovecot, SOGo and PostfixAdmin all read.

A login that is switched off has `!` in front of that, as `passwd -l` does: nothing fits it any more, and taking the
sign away brings the same password back.
"""

import asyncio
from functools import partial

from reconciler.model.secrets import Secret

LOCKED = "!"
#: Bytes of a password that bcrypt looks at; it would let any longer one pass by its beginning.
LONGEST = 72
_BCRYPT_ROUNDS, _ARGON2_ROUNDS = 12, 3


class BadPassword(ValueError):
    """A password that can not be kept; the message does not repeat it."""


class Hasher:
    """Makes hashes of one scheme.

    Args:
        scheme: `blf-crypt` or `argon2id`.
        rounds: Its cost; None for what is usual.
    """

    def __init__(self, scheme: str, rounds: int | None) -> None:
        """Load nothing yet."""
        self._make = partial(_blf_crypt, rounds or _BCRYPT_ROUNDS) if scheme == "blf-crypt" else partial(
            _argon2id, rounds or _ARGON2_ROUNDS
        )  # fmt: skip

    async def hashed(self, password: Secret | None) -> str:
        """Return the hash of a password, with its scheme; made beside the event loop, as it takes long on purpose.

        Raises:
            BadPassword: If it is empty, too long, or no text that can be typed.
        """
        text = password.reveal() if password is not None else ""
        if not text:
            raise BadPassword("a password is needed")
        if "\0" in text:
            raise BadPassword("a password can not hold a zero byte")
        return await asyncio.to_thread(self._make, text.encode())


def _blf_crypt(rounds: int, password: bytes) -> str:
    import bcrypt

    if len(password) > LONGEST:
        raise BadPassword(f"a password has at most {LONGEST} bytes with blf-crypt")
    return "{BLF-CRYPT}" + bcrypt.hashpw(password, bcrypt.gensalt(rounds)).decode()


def _argon2id(rounds: int, password: bytes) -> str:
    import argon2

    return "{ARGON2ID}" + argon2.PasswordHasher(time_cost=rounds).hash(password)
