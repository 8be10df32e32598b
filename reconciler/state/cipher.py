"""What of a state is sealed, and with which key: learned while reading, used while writing.

The rule that holds everywhere: what the configuration says about encryption and what is stored must agree. A state that
should be sealed and is not may have been put there by somebody who wants it so, and is neither read nor written.
"""

from typing import TYPE_CHECKING

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.state import problems
from reconciler.state.codec import Data

if TYPE_CHECKING:
    from reconciler.state.sealing import Keys, Sealer


class Cipher:
    """The keys of one state, unlocked as they are met.

    Attributes:
        plain: Whether anything was read that is not sealed.
        sealed: Whether anything was read that is.
    """

    def __init__(self, encryption: EncryptionBlock | None, where: str) -> None:
        """Know what the configuration says; nothing is looked up before it is needed."""
        self._encryption = encryption
        self._where = where
        self._known: dict[Keys, Sealer] = {}
        self._current: Sealer | None = None
        self.plain = False
        self.sealed = False

    def saw_plain(self) -> None:
        """Note that something stands there in plain text."""
        self.plain = True

    def learn(self, data: Data) -> None:
        """Take the wrapped keys that what follows is sealed with.

        Raises:
            Problem: If none of the configured identities and passphrases opens them.
            KeyError, TypeError, ValueError: If they are not keys.
        """
        from reconciler.state.sealing import read_keys, unlock

        keys = read_keys(data)
        self.sealed = True
        if keys not in self._known:
            self._known[keys] = unlock(keys, self._encryption, self._where)
        self._current = self._known[keys]

    def open(self, sealed: bytes) -> bytes:
        """Return what was sealed with the keys learned last.

        Raises:
            Problem: If it is damaged.
            ValueError: If no keys stand before it.
        """
        if self._current is None:
            raise ValueError("sealed, and no keys stand before it")
        return self._current.open(sealed)

    @property
    def current(self) -> "Sealer | None":
        """The key learned last; None where nothing sealed was read."""
        return self._current

    def agree(self) -> None:
        """Make sure that what was read is as the configuration says.

        Raises:
            Problem: If encryption is configured and something was read that is not sealed.
        """
        if self._encryption is not None and self.plain:
            raise problems.plaintext(self._where)

    def for_writing(self) -> "Sealer | None":
        """Return what seals new entries: the state's own key, a new one for a new state, None for plain text.

        Raises:
            Problem: If the recipients configured are not those the state is sealed for.
        """
        from reconciler.state.sealing import make

        if self._encryption is None:
            return None
        if self._current is None:
            return make(self._encryption)
        due = self.rekey_due()
        if due is not None:
            raise due
        return self._current

    def rekey_due(self) -> Problem | None:
        """Return what stops a run from writing where recipients changed; None where they are those of the state."""
        from reconciler.state.sealing import matches

        if self._encryption is None or self._current is None or matches(self._current.keys, self._encryption):
            return None
        return problems.rekey_due(self._where)
