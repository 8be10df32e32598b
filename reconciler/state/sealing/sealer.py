"""One state's key: made, unlocked, and used."""

import base64
import binascii

from pyrage import DecryptError, IdentityError, decrypt, encrypt, passphrase, x25519

from reconciler.model.desired import EncryptionBlock
from reconciler.secrets.recipients import open_recipient
from reconciler.state.sealing import problems
from reconciler.state.sealing.identities import Damaged, looked_up, unsealed
from reconciler.state.sealing.keys import Keys, keys_data


class Sealer:
    """Seals and opens with one state's own key.

    Attributes:
        keys: The wrapped copies of that key.
    """

    __slots__ = ("_identity", "_recipients", "_where", "keys")

    def __init__(self, keys: Keys, identity: x25519.Identity, where: str) -> None:
        """Hold the key of a state; `where` names the state in messages."""
        self.keys = keys
        self._identity = [identity]
        self._recipients = [identity.to_public()]
        self._where = where

    def seal(self, data: bytes) -> bytes:
        """Return an age file for the state's own key. The same bytes never give the same file twice."""
        return encrypt(data, self._recipients)

    def open(self, data: bytes) -> bytes:
        """Return what `seal` was given.

        Raises:
            Problem: `state-sealed-damaged`, if a single byte is not as it was.
        """
        try:
            return decrypt(data, self._identity)
        except DecryptError as error:
            raise problems.damaged(self._where, str(error)) from None

    def keys_data(self) -> dict[str, object]:
        """Return the wrapped copies as JSON-able data."""
        return keys_data(self.keys)

    def __repr__(self) -> str:
        """Show no key."""
        return f"Sealer({self._where})"


def make(encryption: EncryptionBlock, where: str = "that is new") -> Sealer:
    """Make a new key for those who are configured. Whoever had the old one alone can not open what this one seals.

    Args:
        encryption: For whom.
        where: The state, for messages.

    Raises:
        Problem: `state-key-missing`, if a passphrase can not be had.
    """
    identity = x25519.Identity.generate()
    file = f"{identity}\n".encode()  # a whole key file, for `age -d -i`
    for_recipients = None
    if encryption.recipients:
        for_recipients = _text(encrypt(file, list(map(open_recipient, encryption.recipients))))
    copies = tuple(_text(passphrase.encrypt(file, each)) for each in looked_up(encryption.passphrases))
    return Sealer(Keys(encryption.recipients, for_recipients, copies), identity, where)


def unlock(keys: Keys, encryption: EncryptionBlock | None, where: str) -> Sealer:
    """Open a state's key with whatever this machine has.

    Args:
        keys: The wrapped copies.
        encryption: Where identities and passphrases are.
        where: The state, for messages.

    Raises:
        Problem: `state-encrypted` if no key is configured, `state-key-missing` if one is and can not be had,
            `state-key-refused` if none fits, `state-sealed-damaged` if the copy is not what was wrapped.
    """
    if encryption is None or not (encryption.identities or encryption.passphrases):
        raise problems.encrypted(where)
    try:
        for_recipients = None if keys.for_recipients is None else base64.b64decode(keys.for_recipients)
        for_passphrases = tuple(map(base64.b64decode, keys.for_passphrases))
        file = unsealed(for_recipients, for_passphrases, encryption, f"the state {where}")
        identity = x25519.Identity.from_str(file.decode("ascii").strip())
    except (Damaged, binascii.Error) as error:
        raise problems.damaged(where, f"its wrapped key: {error}") from None
    except (IdentityError, UnicodeDecodeError):
        raise problems.damaged(where, "its wrapped key is none") from None
    return Sealer(keys, identity, where)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
