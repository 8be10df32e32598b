"""Whom something is encrypted for: age recipients as they are written, https://age-encryption.org/v1."""

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pyrage import ssh, x25519

    Recipient: TypeAlias = x25519.Recipient | ssh.Recipient

#: What every recipient looks like to an editor; the rest is checked on reading.
RECIPIENT_PATTERN = r"^([aA][gG][eE]1[a-zA-Z0-9]+|ssh-(ed25519|rsa) [A-Za-z0-9+/=]+( .*)?)$(?!\n)"

_PRIVATE = re.compile(r"AGE-SECRET-KEY-|AGE-PLUGIN-|PRIVATE KEY", re.IGNORECASE)
_PLUGIN = re.compile(r"age1[a-z0-9._+-]+1[a-z0-9]+\Z")
_SSH = ("ssh-ed25519 ", "ssh-rsa ")
_WRITE = "write one that begins with age1, as `age-keygen -y KEYFILE` prints it, or an SSH public key"


def canonical(text: str) -> str:
    """Return a recipient as it is kept and compared: in lower case, or an SSH key without its comment.

    A comment is left out because it names somebody, and recipients stand in the clear.

    Raises:
        ValueError: If it is none; what is wrong and, behind a semicolon, what to do. A private key is not repeated.
    """
    if _PRIVATE.search(text):
        raise ValueError(
            "a private key stands where a public one is expected; write its public key, as `age-keygen -y KEYFILE` "
            "prints it, and make a new pair: whoever reads this file has the old one"
        )
    if text.startswith(_SSH):
        text = " ".join(text.split()[:2])
        open_recipient(text)
        return text
    return str(open_recipient(text))


def open_recipient(text: str) -> "Recipient":
    """Return a recipient to encrypt for.

    Raises:
        ValueError: As `canonical` does.
    """
    from pyrage import RecipientError, ssh, x25519

    try:
        return ssh.Recipient.from_str(text) if text.startswith(_SSH) else x25519.Recipient.from_str(text)
    except RecipientError:
        if _PLUGIN.match(text):
            raise ValueError(f"it is the key of an age plugin, and plugins are not run here; {_WRITE}") from None
        raise ValueError(f"it is no age recipient, or a letter of it is wrong; {_WRITE}") from None
