"""A document that leaves the machine, such as a saved plan: one age file, directly for those who may read it."""

from pyrage import encrypt, passphrase

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem, problem
from reconciler.secrets.recipients import open_recipient
from reconciler.state.sealing import problems
from reconciler.state.sealing.identities import Damaged, looked_up, unsealed

_ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_BINARY = b"age-encryption.org/"


def is_sealed(data: bytes) -> bool:
    """Whether bytes are an age file, ASCII-armored or not."""
    return data.startswith(_BINARY) or data.lstrip().startswith(_ARMOR)


def seal_document(data: bytes, encryption: EncryptionBlock) -> bytes:
    """Return a document as an ASCII-armored age file.

    It is for all recipients; where there are none, for the first passphrase, as an age file takes no more than one.
    It is armored because it takes the place of a text: it goes through tickets, mails, diffs and viewers as JSON does.

    Raises:
        Problem: `state-key-missing`, if the passphrase can not be had.
    """
    if encryption.recipients:
        return encrypt(data, list(map(open_recipient, encryption.recipients)), armored=True)
    (text,) = looked_up(encryption.passphrases[:1])
    return passphrase.encrypt(data, text, armored=True)


def open_document(data: bytes, encryption: EncryptionBlock | None, name: str) -> bytes:
    """Return a document that was sealed here or with `age` itself.

    Args:
        data: An age file.
        encryption: Where identities and passphrases are.
        name: The document, for messages.

    Raises:
        Problem: `plan-encrypted` if no key is configured, `state-key-missing` if one is and can not be had,
            `state-key-refused` if none fits, `plan-unreadable` if it is not what was sealed.
    """
    if encryption is None or not (encryption.identities or encryption.passphrases):
        raise problems.plan_encrypted(name)
    file = data if data.startswith(_BINARY) else data.strip() + b"\n"
    try:
        return unsealed(file, [file], encryption, f"the plan {name}")
    except Damaged as error:
        raise Problem(
            problem(
                "plan-unreadable",
                f"{name} is not what was sealed: {error}",
                help="make the plan again: reconciler plan --out FILE",
            )
        ) from None
