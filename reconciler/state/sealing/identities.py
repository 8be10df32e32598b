"""The keys of whoever runs the command: age identities and passphrases, looked up when something is to be opened."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from pyrage import DecryptError, IdentityError, decrypt, passphrase, ssh, x25519

from reconciler.model.desired import EncryptionBlock
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.secrets import SecretError, look_up
from reconciler.state.sealing import problems

Identity: TypeAlias = x25519.Identity | ssh.Identity

#: Opens a file with the text of a key; None where it is for somebody else.
Attempt: TypeAlias = Callable[[str], bytes | None]

#: How pyrage says that a file is whole and for somebody else; anything else means damage.
_NOT_FOR_US = "No matching keys found"


class Damaged(Exception):
    """It is for one of our keys, and is not what was sealed."""


def unsealed(
    for_recipients: bytes | None, for_passphrases: Sequence[bytes], encryption: EncryptionBlock, what: str
) -> bytes:
    """Return what age files hold that were made from the same bytes; the first key that fits opens one of them.

    Identities go first, as they cost nothing. One that can not be looked up is of no matter where another fits: not
    every machine has every key.

    Args:
        for_recipients: A file that any identity may open.
        for_passphrases: Files of one passphrase each.
        encryption: Where the keys are.
        what: What is opened, for messages.

    Raises:
        Damaged: If a key fits, and the file is not what was sealed.
        Problem: `state-key-missing` or `state-key-refused`, if no key fits.
    """
    attempts: list[tuple[SecretRef, Attempt]] = []
    if for_recipients is not None:
        attempts += [(each, partial(_by_identity, for_recipients)) for each in encryption.identities]
    if for_passphrases:
        attempts += [(each, partial(_by_passphrase, for_passphrases)) for each in encryption.passphrases]
    missing: list[tuple[SecretRef, SecretError]] = []
    unfit: list[str] = []
    for reference, attempt in attempts:
        try:
            opened = attempt(look_up(reference).reveal())
        except SecretError as error:
            missing.append((reference, error))
        except IdentityError as error:
            missing.append((reference, SecretError(f"{_place(reference)} holds no key that can be used: {error}")))
        else:
            if opened is not None:
                return opened
            unfit.append(_place(reference))
    if missing and not unfit:
        raise problems.key_missing(missing)
    raise problems.key_refused(what, unfit, [str(error) for _, error in missing])


def _by_identity(file: bytes, text: str) -> bytes | None:
    try:
        return decrypt(file, read_identities(text))
    except DecryptError as error:
        if str(error) == _NOT_FOR_US:
            return None
        raise Damaged(str(error)) from None


def _by_passphrase(files: Iterable[bytes], text: str) -> bytes | None:
    for file in files:
        try:
            return passphrase.decrypt(file, text)
        except DecryptError:  # age can not tell a wrong passphrase from damage
            continue
    return None


def looked_up(references: Iterable[SecretRef]) -> list[str]:
    """Return the passphrases that something is to be sealed with.

    Raises:
        Problem: `state-key-missing`, with every one that can not be had: what is sealed must open with each of them.
    """
    found: list[str] = []
    missing: list[tuple[SecretRef, SecretError]] = []
    for reference in references:
        try:
            found.append(look_up(reference).reveal())
        except SecretError as error:
            missing.append((reference, error))
    if missing:
        raise problems.key_missing(missing)
    return found


def read_identities(text: str) -> list[Identity]:
    """Return every identity of a key file: age's own, with comments and several keys, or an SSH private key.

    Raises:
        IdentityError: If there is none, or one of another kind; the message shows nothing of the file.
    """
    if "-----BEGIN AGE " in text or text.startswith("age-encryption.org/"):
        raise IdentityError("it is encrypted itself; let a command print it, such as {command: [age, -d, FILE]}")
    if "-----BEGIN " in text:
        return [ssh.Identity.from_buffer((text + "\n").encode())]
    found = list(_lines(text))
    if not found:
        raise IdentityError("there is no line that begins with AGE-SECRET-KEY-1")
    return found


def _lines(text: str) -> Iterator[Identity]:
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line and not line.startswith("#"):
            if line.upper().startswith("AGE-PLUGIN-"):
                raise IdentityError(f"line {number} is the key of an age plugin, and plugins are not run here")
            try:
                yield x25519.Identity.from_str(line)
            except IdentityError:
                raise IdentityError(f"line {number} is no age identity, or a letter of it is wrong") from None


def _place(reference: SecretRef) -> str:
    """Where a secret is, as far as it may be told: an argument of a command may be a secret itself."""
    match reference.source:
        case SecretSource.ENV:
            return f"the variable {reference.argument[0]}"
        case SecretSource.COMMAND:
            return f"the output of the command '{reference.argument[0]}'"
        case SecretSource.FILE | SecretSource.GENERATE:
            return f"the file {reference.argument[0]}"
