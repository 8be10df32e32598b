"""The wrapped copies of a state's own key: what stands in the clear beside what it seals."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.desired import EncryptionBlock


@dataclass(frozen=True, slots=True)
class Keys:
    """Wrapped copies of one key. Whoever has them and no key of their own learns the recipients and nothing else.

    Attributes:
        recipients: Whom the first copy is for, as `canonical` writes them.
        for_recipients: An age file for all of them together, in base64; None where there are none.
        for_passphrases: An age file for each passphrase, in base64: scrypt must stand alone in a file.
    """

    recipients: tuple[str, ...]
    for_recipients: str | None
    for_passphrases: tuple[str, ...] = ()


def keys_data(keys: Keys) -> dict[str, object]:
    """Return the copies as JSON-able data."""
    data: dict[str, object] = {}
    if keys.for_recipients is not None:
        data |= {"recipients": list(keys.recipients), "key": keys.for_recipients}
    if keys.for_passphrases:
        data["passphrases"] = list(keys.for_passphrases)
    return data


def read_keys(data: object) -> Keys:
    """Return the copies that `keys_data` wrote.

    Raises:
        ValueError: If the data is anything else.
    """
    if not isinstance(data, Mapping) or not data.keys() <= {"recipients", "key", "passphrases"}:
        raise ValueError("these are no wrapped keys")
    recipients, key, passphrases = data.get("recipients", []), data.get("key"), data.get("passphrases", [])
    copies = _texts(passphrases) if key is None else (_text(key), *_texts(passphrases))
    if not copies or bool(recipients) != (key is not None):
        raise ValueError("a wrapped key is missing")
    for copy in copies:
        base64.b64decode(copy, validate=True)
    return Keys(_texts(recipients), copies[0] if recipients else None, copies[1:] if recipients else copies)


def matches(keys: Keys, encryption: EncryptionBlock) -> bool:
    """Whether the copies are for those who are configured, as far as can be told without opening one.

    Recipients are compared, passphrases counted: that one was changed is not seen.
    """
    same = set(keys.recipients) == set(encryption.recipients)
    return same and len(keys.for_passphrases) == len(encryption.passphrases)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is expected among wrapped keys")  # noqa: TRY004 - bad data, whatever its type
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise ValueError("a list is expected among wrapped keys")  # noqa: TRY004
    return tuple(map(_text, values))
